/** Where the members of one JSON object stand, byte for byte, without parsing or holding the object. */
import { closingQuote, endsEscaped } from '../core/json-strings.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Longer names and values are passed over. */
const NAME_CAP = 128;
const VALUE_CAP = 16 * 1024;
/** Nobody nests a call deeper; a hostile body must not cost memory. */
const MAX_DEPTH = 1000;

/** Bytes of numbers and of `true`, `false`, `null`, `NaN`. */
const LITERAL = tableOf('+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
const SPACES = tableOf(' \n\r\t');
/** What needs no look below the top level. */
const INNER = tableOf('+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz \n\r\t,:');

/** Offsets in bytes from the first byte of the document. */
export interface Member {
  /** Of the opening quote of its name. */
  nameAt: number;
  /** The value is at [start, end). */
  start: number;
  end: number;
  /** Of the comma before it; null = it is the first. */
  commaBefore: number | null;
  /** The value as it stands; null = longer than 16 kB. */
  text: string | null;
}

export interface ScannedObject {
  /** Of the closing brace. */
  closeAt: number;
  empty: boolean;
  /** The wanted ones by name, in order. A name may stand there more than once. */
  members: ReadonlyMap<string, readonly Member[]>;
}

type State = 'start' | 'first-name' | 'name' | 'colon' | 'value' | 'literal' | 'inside' | 'comma' | 'done' | 'doubt';

/**
 * Reads one JSON object, right for any split. Strict at its top level and about brackets: what two parsers could read
 * in two ways (comments, trailing commas, single quotes, a second document) is in doubt.
 */
export class ObjectScanner {
  readonly #wanted: ReadonlySet<string> | null;
  readonly #members = new Map<string, Member[]>();
  /** Closing brackets that are awaited. */
  readonly #open: number[] = [];
  #state: State = 'start';
  #offset = 0;
  #inString = false;
  #escaped = false;
  #count = 0;
  #closeAt = 0;
  #name: Kept = new Kept(NAME_CAP);
  #value: Kept = new Kept(VALUE_CAP);
  #member: { nameAt: number; start: number; commaBefore: number | null } = { nameAt: 0, start: 0, commaBefore: null };
  #comma: number | null = null;

  /** @param wanted names of members; null = all. */
  constructor(wanted: ReadonlySet<string> | null) {
    this.#wanted = wanted;
  }

  push(chunk: Uint8Array): void {
    let index = 0;
    while (index < chunk.length && this.#state !== 'doubt') {
      if (this.#inString) {
        index = this.#string(chunk, index);
      } else {
        // Long lists of numbers are passed over here, without a call for each byte.
        if (this.#state === 'inside') while (INNER[chunk[index] ?? 0] === 1) index += 1;
        if (index === chunk.length) break;
        this.#structure(chunk[index] ?? 0, chunk, index);
        index += 1;
      }
    }
    this.#name.next(chunk);
    this.#value.next(chunk);
    this.#offset += chunk.length;
  }

  /** Null = this is not one whole JSON object beyond doubt. */
  result(): ScannedObject | null {
    if (this.#state !== 'done') return null;
    return { closeAt: this.#closeAt, empty: this.#count === 0, members: this.#members };
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
      this.#inString = false;
      this.#stringEnd(chunk, quote);
      return quote + 1;
    }
    this.#escaped = endsEscaped(chunk, search, chunk.length);
    return chunk.length;
  }

  #stringEnd(chunk: Uint8Array, quote: number): void {
    if (this.#state === 'name') {
      this.#name.end(chunk, quote + 1);
      this.#state = 'colon';
    } else if (this.#state === 'value') this.#endValue(chunk, quote + 1);
  }

  #structure(byte: number, chunk: Uint8Array, index: number): void {
    if (this.#state === 'inside') this.#inside(byte, chunk, index);
    else if (this.#state === 'literal') {
      if (LITERAL[byte] === 1) return;
      this.#endValue(chunk, index);
      this.#structure(byte, chunk, index);
    } else if (SPACES[byte] !== 1) this.#token(byte, index);
  }

  #token(byte: number, index: number): void {
    switch (this.#state) {
      case 'start':
        this.#begin(byte, this.#offset + index);
        break;
      case 'first-name':
      case 'name':
        this.#beginName(byte, index);
        break;
      case 'colon':
        this.#state = byte === COLON ? 'value' : 'doubt';
        break;
      case 'value':
        this.#beginValue(byte, index);
        break;
      case 'comma':
        this.#afterValue(byte, this.#offset + index);
        break;
      default:
        this.#state = 'doubt';
    }
  }

  #begin(byte: number, at: number): void {
    if (byte === OPEN_OBJECT) this.#state = 'first-name';
    else if (at > 2 || byte !== BYTE_ORDER_MARK[at]) this.#state = 'doubt';
  }

  #beginName(byte: number, index: number): void {
    const at = this.#offset + index;
    if (byte === QUOTE) {
      this.#state = 'name';
      this.#inString = true;
      this.#member = { nameAt: at, start: 0, commaBefore: this.#comma };
      this.#name.begin(index);
    } else if (byte === CLOSE_OBJECT && this.#state === 'first-name') this.#close(at);
    else this.#state = 'doubt';
  }

  #afterValue(byte: number, at: number): void {
    if (byte === COMMA) {
      this.#comma = at;
      this.#state = 'name';
    } else if (byte === CLOSE_OBJECT) this.#close(at);
    else this.#state = 'doubt';
  }

  #close(at: number): void {
    this.#closeAt = at;
    this.#state = 'done';
  }

  #beginValue(byte: number, index: number): void {
    this.#member.start = this.#offset + index;
    if (this.#isWanted()) this.#value.begin(index);
    if (byte === QUOTE) this.#inString = true;
    else if (LITERAL[byte] === 1) this.#state = 'literal';
    else if (isOpening(byte)) {
      this.#open.push(closingOf(byte));
      this.#state = 'inside';
    } else this.#state = 'doubt';
  }

  #inside(byte: number, chunk: Uint8Array, index: number): void {
    if (INNER[byte] === 1) return;
    if (byte === QUOTE) this.#inString = true;
    else if (isOpening(byte) && this.#open.length < MAX_DEPTH) this.#open.push(closingOf(byte));
    else if (this.#open.pop() !== byte) this.#state = 'doubt';
    else if (this.#open.length === 0) this.#endValue(chunk, index + 1);
  }

  #endValue(chunk: Uint8Array, end: number): void {
    this.#state = 'comma';
    this.#count += 1;
    if (!this.#value.running) return;
    const text = this.#value.end(chunk, end);
    const name = this.#decodedName();
    if (name === null) return;
    const found = this.#members.get(name) ?? [];
    found.push({ ...this.#member, end: this.#offset + end, text });
    this.#members.set(name, found);
  }

  #isWanted(): boolean {
    const name = this.#decodedName();
    return name !== null && (this.#wanted?.has(name) ?? true);
  }

  #decodedName(): string | null {
    const { text } = this.#name;
    if (text === null || !text.includes('\\')) return text === null ? null : text.slice(1, -1);
    try {
      return JSON.parse(text) as string;
    } catch {
      return null;
    }
  }
}

/** Bytes between two places of a stream of chunks, up to a cap. */
class Kept {
  readonly #cap: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #from = -1;
  text: string | null = null;

  constructor(cap: number) {
    this.#cap = cap;
  }

  get running(): boolean {
    return this.#from >= 0;
  }

  begin(index: number): void {
    this.#parts = [];
    this.#bytes = 0;
    this.#from = index;
  }

  /** The chunk is over. */
  next(chunk: Uint8Array): void {
    if (!this.running) return;
    this.#take(chunk, chunk.length);
    this.#from = 0;
  }

  /** Null = longer than the cap. */
  end(chunk: Uint8Array, to: number): string | null {
    this.#take(chunk, to);
    this.#from = -1;
    this.text = this.#bytes > this.#cap ? null : Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    return this.text;
  }

  #take(chunk: Uint8Array, to: number): void {
    this.#bytes += to - this.#from;
    if (this.#bytes <= this.#cap) this.#parts.push(chunk.subarray(this.#from, to));
    else this.#parts = [];
  }
}

function isOpening(byte: number): boolean {
  return byte === OPEN_OBJECT || byte === OPEN_LIST;
}

function closingOf(open: number): number {
  return open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters, 'latin1')) table[byte] = 1;
  return table;
}
