/** What a request says: its messages, its system prompt, its tools, and a fingerprint of each. */
import type { BlockKind } from '../../core/blocks.ts';
import { hashOf, type Piece } from './pieces.ts';

const TEXT_BEFORE = Buffer.from('[{"type":"text","text":');
const TEXT_BEHIND = Buffer.from('}]');

/** Bytes of the body: first, and the one after the last. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

/** What a fingerprint reads instead of the bytes from `start` to `end`. */
interface Edit {
  start: number;
  end: number;
  by: Uint8Array | null;
}

export class FoundMessage {
  /** Among all that were found, in the order of the body. */
  readonly place: number;
  /** Index in MESSAGE_LISTS. */
  readonly list: number;
  /** Of the lists under that name, the how manieth. */
  readonly edition: number;
  readonly start: number;
  end = 0;
  role: string | null = null;
  fingerprint = '';

  constructor(place: number, list: number, edition: number, start: number) {
    this.place = place;
    this.list = list;
    this.edition = edition;
    this.start = start;
  }

  says(role: string): void {
    this.role = role;
  }
}

/** Something that ends with a member or an element at `depth`. */
interface LeftOut {
  start: number;
  depth: number;
  /** The comma before it goes with it; else the one behind. */
  withComma: boolean;
}

export class Spoken {
  readonly messages: FoundMessage[] = [];
  /** Messages, system prompt and tools, in the order of the body. */
  readonly slices: Slice[] = [];
  readonly #bytes: Buffer;
  readonly #regions = new Map<BlockKind, string>();
  readonly #edits: Edit[] = [];
  readonly #editions: number[] = [];
  #start = 0;
  #kind: BlockKind = 'glue';
  #leftOut: LeftOut | null = null;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get system(): string | null {
    return this.#regions.get('system') ?? null;
  }

  get tools(): string | null {
    return this.#regions.get('tools') ?? null;
  }

  /** The last of repeated members wins, as in JSON.parse. */
  newList(list: number): void {
    this.#editions[list] = this.#editionOf(list) + 1;
  }

  isLast({ list, edition }: FoundMessage): boolean {
    return edition === this.#editionOf(list);
  }

  #editionOf(list: number): number {
    return this.#editions[list] ?? 0;
  }

  beginMessage(at: number, list: number): FoundMessage {
    const message = new FoundMessage(this.messages.length, list, this.#editionOf(list), at);
    this.messages.push(message);
    this.#begin(at, 'message');
    return message;
  }

  beginRegion(at: number, kind: BlockKind): void {
    this.#begin(at, kind);
  }

  /** From `start` to the end of the member (or element) that is being read at `depth`. */
  leaveOut(start: number, depth: number, withComma: boolean): void {
    this.#leftOut ??= { start, depth, withComma };
  }

  memberEnds(at: number, depth: number, isComma: boolean): void {
    const out = this.#leftOut;
    if (out === null || depth > out.depth) return;
    this.#leftOut = null;
    while ((this.#edits.at(-1)?.start ?? -1) >= out.start) this.#edits.pop();
    this.#edits.push({ start: out.start, end: isComma && !out.withComma ? at + 1 : at, by: null });
  }

  wrapText(start: number, end: number): void {
    if (end > this.#bytes.length) return;
    this.#edits.push({ start, end: start, by: TEXT_BEFORE }, { start: end, end, by: TEXT_BEHIND });
  }

  /** Long strings are hashed already. */
  hashed(start: number, end: number, pieces: readonly Piece[], first: number): void {
    const hashes = pieces
      .slice(first)
      .map(({ hash }) => hash)
      .join('');
    const edit = { start, end, by: Buffer.from(`\0${hashes}`, 'latin1') };
    // The end of the text that it stands in was noted before it.
    const last = this.#edits.at(-1);
    if (last !== undefined && last.start > start) this.#edits.splice(-1, 0, edit);
    else this.#edits.push(edit);
  }

  end(at: number): void {
    this.#leftOut = null;
    this.slices.push({ start: this.#start, end: Math.min(at, this.#bytes.length) });
    const fingerprint = this.#fingerprint(Math.min(at, this.#bytes.length));
    if (this.#kind !== 'message') {
      const before = this.#regions.get(this.#kind);
      const all = before === undefined ? fingerprint : hashOf(Buffer.from(before + fingerprint, 'latin1'));
      this.#regions.set(this.#kind, all);
      return;
    }
    const message = this.messages.at(-1);
    if (message === undefined) return;
    message.end = at;
    message.fingerprint = fingerprint;
  }

  #begin(at: number, kind: BlockKind): void {
    this.#start = at;
    this.#kind = kind;
    this.#edits.length = 0;
    this.#leftOut = null;
  }

  #fingerprint(end: number): string {
    const bytes = this.#bytes;
    if (this.#edits.length === 0) return hashOf(bytes.subarray(this.#start, end));
    scratch = scratch.length >= this.#most(end) ? scratch : Buffer.allocUnsafe(2 * this.#most(end));
    let at = this.#start;
    let length = 0;
    for (const edit of this.#edits) {
      if (edit.start > at) length += bytes.copy(scratch, length, at, edit.start);
      if (edit.by !== null) {
        scratch.set(edit.by, length);
        length += edit.by.length;
      }
      at = Math.max(at, edit.end);
    }
    if (end > at) length += bytes.copy(scratch, length, at, end);
    return hashOf(scratch.subarray(0, length));
  }

  /** Bytes that a fingerprint reads. */
  #most(end: number): number {
    let most = end - this.#start;
    for (const { by } of this.#edits) most += by === null ? 0 : by.length;
    return most;
  }
}

/** What is hashed, put together: one call of the hash is a third of the cost of a hash with updates. */
let scratch = Buffer.allocUnsafe(16 * 1024);
