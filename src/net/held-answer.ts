/** What makes an answer whole for its client, kept back until its call is on record (durability = "strict"). */
import type { IncomingMessage } from 'node:http';

/** The part of it that node:http would send by itself; chunks and connections end when `end` is called. */
export class HeldAnswer {
  /** Its end is that of its head: this must not be sent ahead. */
  readonly isHeadAlone: boolean;
  /** The last byte of a body that has a length, once it has come. */
  last: Buffer | null = null;
  #left: number;

  /** @param length of the body as its head says it; null = the end says it. */
  constructor(method: string, status: number, length: number | null) {
    this.isHeadAlone = method === 'HEAD' || status === 204 || status === 304 || length === 0;
    this.#left = length ?? Infinity;
  }

  /** @returns what may be sent now. */
  push(chunk: Buffer): Buffer {
    this.#left -= chunk.length;
    if (this.#left > 0 || this.last !== null) return chunk;
    this.last = chunk.subarray(-1);
    return chunk.subarray(0, -1);
  }
}

/** @param edit of the body: with one, its length is not told. */
export function lengthOf(incoming: IncomingMessage, edit: unknown): number | null {
  const stated = incoming.headers['content-length'];
  return edit !== null || stated === undefined ? null : Number(stated);
}
