/** Pieces of a body while it is scanned: where it is cut, and what each piece is. */
import { hash } from 'node:crypto';
import type { BlockKind } from '../../core/blocks.ts';

/** Small neighbours share a block until it has this many bytes. What decides stands on the left of the cut, always. */
const CLOSE = 512;
/** At the end of the conversation or the tools less is enough: what follows differs from call to call. */
const CLOSE_AT_END = 128;
/** Nothing but pictures is longer: a long text that grows at its end keeps its first pieces. */
export const PIECE = 16 * 1024;
/** How far a cut in a long text moves to the left for a blank. */
const BLANK_REACH = 256;

export interface Piece {
  start: number;
  end: number;
  kind: BlockKind;
  /** The first of those that it is a part of; -1 = of none. */
  message: number;
  /** Of several. */
  isMixed: boolean;
  hash: string;
}

/** The first 16 bytes of SHA-256, hex: 2^64 different blocks before two that collide are to be expected. */
export function hashOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, 32);
}

interface Own {
  start: number;
  end: number;
  kind: BlockKind;
  message: number;
  /** A file: in one piece, however long. */
  whole: boolean;
}

export class Pieces {
  readonly list: Piece[] = [];
  readonly #bytes: Buffer;
  #start = 0;
  #kind: BlockKind;
  #message = -1;
  #isMixed = false;
  #least = CLOSE;

  /** @param inOne never to be cut */
  constructor(bytes: Buffer, kind: BlockKind, inOne = false) {
    this.#bytes = bytes;
    this.#kind = kind;
    if (inOne) this.#least = Infinity;
  }

  /** Where the piece that is open begins. */
  get openedAt(): number {
    return this.#start;
  }

  /** What the bytes from here on are. A piece that holds a message beside a little else is of the message. */
  enter(at: number, kind: BlockKind, message: number): void {
    if (at !== this.#start && this.#kind !== 'glue') {
      this.#isMixed ||= message !== this.#message;
      return;
    }
    this.#kind = kind;
    this.#message = message;
  }

  /** A place that is good for a cut. */
  soft(at: number, kind: BlockKind, message: number): void {
    if (at - this.#start >= this.#least) this.#close(at, kind, message);
  }

  /** The end of the conversation, of the tools, of the system prompt. */
  end(at: number, kind: BlockKind): void {
    if (at - this.#start >= Math.max(CLOSE_AT_END, this.#least - CLOSE)) this.#close(at, kind, -1);
  }

  /** Any comma: cut there only what has become too long. */
  comma(at: number, kind: BlockKind, message: number): void {
    if (at - this.#start >= PIECE) this.#close(at, kind, message);
  }

  /** A piece (or several, if it is long) of its own; `next` = what follows it. @returns the index of the first of them */
  own({ start, end, kind, message, whole }: Own, next: BlockKind): number {
    this.#close(start, kind, message);
    const first = this.list.length;
    if (whole) this.#add(start, end, kind, message);
    else for (let at = start; at < end; at = this.#textPiece(at, end, kind, message));
    this.#start = end;
    this.#kind = next;
    this.#message = message;
    return first;
  }

  /** Nothing follows. */
  finish(): readonly Piece[] {
    this.#close(this.#bytes.length, 'glue', -1);
    return this.list;
  }

  #close(at: number, kind: BlockKind, message: number): void {
    for (let start = this.#start; start < at; start += PIECE * 4) {
      this.#add(start, Math.min(at, start + PIECE * 4), this.#kind, this.#message, this.#isMixed);
    }
    this.#start = at;
    this.#kind = kind;
    this.#message = message;
    this.#isMixed = false;
  }

  #textPiece(start: number, end: number, kind: BlockKind, message: number): number {
    const cut = end - start <= PIECE ? end : textCut(this.#bytes, start + PIECE);
    this.#add(start, cut, kind, message);
    return cut;
  }

  #add(start: number, end: number, kind: BlockKind, message: number, isMixed = false): void {
    if (start === end) return;
    this.list.push({ start, end, kind, message, isMixed, hash: hashOf(this.#bytes.subarray(start, end)) });
  }
}

const SPACE = 0x20;
const BACKSLASH = 0x5c;

/** Behind a blank if one is near; never inside a character, and hardly ever inside an escape. */
export function textCut(bytes: Buffer, at: number): number {
  const blank = bytes.lastIndexOf(SPACE, at - 1);
  if (blank >= at - BLANK_REACH) return blank + 1;
  for (let back = 0; back < 12; back += 1) {
    const byte = bytes[at - back] ?? 0;
    if ((byte & 0xc0) !== 0x80 && !bytes.subarray(at - back - 6, at - back).includes(BACKSLASH)) return at - back;
  }
  return at;
}
