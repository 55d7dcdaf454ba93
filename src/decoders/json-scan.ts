import { ByteBuffer } from './byte-buffer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Longest value that is kept of one key. */
const VALUE_CAP = 1024 * 1024;
const KEY_CAP = 128;

/**
 * Reads a few top-level members of one JSON object without holding or parsing the rest: for documents over the
 * cap (images, embeddings), for cut ones, and for requests, of which only `model` and the like matter.
 * Right for any split. The last of repeated keys wins, as in JSON.parse.
 */
export class TopLevelScanner {
  readonly #wanted: ReadonlySet<string>;
  readonly #found = new Map<string, string>();
  readonly #key = new ByteBuffer(KEY_CAP);
  readonly #value = new ByteBuffer(VALUE_CAP);
  #depth = 0;
  #inString = false;
  #escaped = false;
  #expectKey = false;
  #readingKey = false;
  #keeping: string | null = null;

  constructor(wanted: readonly string[]) {
    this.#wanted = new Set(wanted);
  }

  push(chunk: Uint8Array): void {
    let index = 0;
    while (index < chunk.length) {
      if (this.#inString) {
        index = this.#string(chunk, index);
        continue;
      }
      this.#structure(chunk[index] ?? 0);
      index += 1;
    }
  }

  /** The members that were read whole, as an object without prototype. */
  result(): Record<string, unknown> {
    const result: Record<string, unknown> = Object.create(null);
    for (const [key, text] of this.#found) {
      try {
        result[key] = JSON.parse(text);
      } catch {
        // Not JSON after all: unknown.
      }
    }
    return result;
  }

  /** Passes over string bytes up to and including the closing quote; returns the next index. */
  #string(chunk: Uint8Array, from: number): number {
    let index = from;
    if (this.#escaped) {
      this.#escaped = false;
      index += 1;
    }
    while (index < chunk.length) {
      const byte = chunk[index];
      if (byte === QUOTE) {
        this.#keep(chunk.subarray(from, index + 1));
        if (this.#readingKey) this.#key.push(chunk.subarray(from, index));
        this.#readingKey = false;
        this.#inString = false;
        return index + 1;
      }
      index += byte === BACKSLASH ? 2 : 1;
    }
    this.#escaped = index > chunk.length;
    this.#keep(chunk.subarray(from));
    if (this.#readingKey) this.#key.push(chunk.subarray(from));
    return chunk.length;
  }

  #structure(byte: number): void {
    if (byte === QUOTE) {
      this.#inString = true;
      this.#readingKey = this.#depth === 1 && this.#expectKey;
      if (this.#readingKey) this.#key.clear();
      this.#keep(SINGLE[QUOTE] ?? EMPTY);
      return;
    }
    if (byte === 0x7b || byte === 0x5b) {
      this.#depth += 1;
      // At the top an array has no keys: nothing is ever read from it.
      if (this.#depth === 1) this.#expectKey = byte === 0x7b;
    }
    if (byte === 0x7d || byte === 0x5d) this.#depth -= 1;
    if (this.#depth === 1 && byte === COLON && this.#expectKey) {
      this.#expectKey = false;
      this.#start();
      return;
    }
    const closes = this.#depth === 0 && byte === 0x7d;
    if (closes || (this.#depth === 1 && byte === COMMA)) {
      this.#finish();
      this.#expectKey = !closes;
      return;
    }
    this.#keep(SINGLE[byte] ?? EMPTY);
  }

  #start(): void {
    const key = this.#key.truncated ? '' : this.#key.view().toString('utf8');
    this.#keeping = this.#wanted.has(key) ? key : null;
    this.#value.clear();
  }

  #finish(): void {
    if (this.#keeping === null) return;
    if (!this.#value.truncated) this.#found.set(this.#keeping, this.#value.view().toString('utf8'));
    this.#keeping = null;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#keeping !== null) this.#value.push(bytes);
  }
}

const EMPTY = new Uint8Array();
const SINGLE = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
