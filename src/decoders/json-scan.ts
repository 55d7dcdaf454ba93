import { closingQuote, endsEscaped } from '../core/json-strings.ts';
import { ByteBuffer } from './byte-buffer.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

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

  /** @param wanted names of members; shared by all scanners of a kind. */
  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted;
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
    let search = from;
    if (this.#escaped) {
      this.#escaped = false;
      search += 1;
    }
    const quote = closingQuote(chunk, search);
    if (quote >= 0) {
      if (this.#keeping !== null) this.#value.push(chunk.subarray(from, quote + 1));
      if (this.#readingKey) this.#key.push(chunk.subarray(from, quote));
      this.#readingKey = false;
      this.#inString = false;
      return quote + 1;
    }
    this.#escaped = endsEscaped(chunk, search, chunk.length);
    if (this.#keeping !== null) this.#value.push(chunk.subarray(from));
    if (this.#readingKey) this.#key.push(chunk.subarray(from));
    return chunk.length;
  }

  #structure(byte: number): void {
    if (byte === QUOTE) this.#openString();
    else if (this.#depth === 1 && byte === COLON && this.#expectKey) this.#start();
    else if (this.#depth === 1 && (byte === COMMA || byte === CLOSE_OBJECT)) this.#finish(byte === COMMA);
    else if (this.#keeping !== null) this.#value.push(SINGLE[byte] ?? EMPTY);
    this.#nest(byte);
  }

  #openString(): void {
    this.#inString = true;
    this.#readingKey = this.#depth === 1 && this.#expectKey;
    if (this.#readingKey) this.#key.clear();
    if (this.#keeping !== null) this.#value.push(SINGLE[QUOTE] ?? EMPTY);
  }

  #nest(byte: number): void {
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      this.#depth += 1;
      // At the top a list has no keys: nothing is ever read from it.
      if (this.#depth === 1) this.#expectKey = byte === OPEN_OBJECT;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      this.#depth -= 1;
    }
  }

  #start(): void {
    this.#expectKey = false;
    const key = this.#key.truncated ? '' : this.#key.view().toString('utf8');
    this.#keeping = this.#wanted.has(key) ? key : null;
    this.#value.clear();
  }

  #finish(expectKey: boolean): void {
    this.#expectKey = expectKey;
    if (this.#keeping === null) return;
    if (!this.#value.truncated) this.#found.set(this.#keeping, this.#value.view().toString('utf8'));
    this.#keeping = null;
  }
}

const EMPTY = new Uint8Array();
const SINGLE = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
