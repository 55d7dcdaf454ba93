/**
 * One pass over a JSON body that finds where to cut it: at messages, tools, parts and long strings. It knows no
 * provider, only the names under which all of them send a conversation, and takes any bytes: what is no JSON after all
 * is cut somewhere, and nothing is lost.
 */
import type { BlockKind } from '../../core/blocks.ts';
import { endsEscaped } from '../../core/json-strings.ts';
import { mediaIn } from './media.ts';
import { Pieces } from './pieces.ts';
import { type FoundMessage, Spoken } from './spoken.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Bytes of numbers, `true`, `false`, `null` and blanks. */
const BARE = new Uint8Array(256);
for (const byte of Buffer.from('0123456789+-.eEtrufalsn \t\r\n')) BARE[byte] = 1;

/** A string with so many bytes is a block of its own: what stands around it may then move without it. */
const LONG = 512;
/** A body that is not worth being cut: each block costs a row. */
export const SMALL = 2048;
/** Deeper, only brackets are counted. */
const MAX_DEPTH = 64;
/** Conversations are searched in objects within objects so deep: DashScope's `input`, Gemini CLI's `request`. */
const PATH_DEPTH = 3;

/** What a container is to us. */
const FRAME = { path: 1, messages: 2, message: 3, region: 4, inside: 5 } as const;

/** Where conversations stand. The order is that of the conversation where a body has several. */
export const MESSAGE_LISTS = ['chat_history', 'messages', 'contents', 'input', 'prompt', 'message'] as const;
const LISTS = new Map<string, number>(MESSAGE_LISTS.map((name, place) => [name, place]));
/** `message` and `prompt` are texts; a list under these names is none of messages. */
const TEXTS = new Set(['input', 'prompt', 'message']);

const REGIONS = new Map<string, BlockKind>([
  ['system', 'system'],
  ['instructions', 'system'],
  ['systemInstruction', 'system'],
  ['system_instruction', 'system'],
  ['preamble', 'system'],
  ['tools', 'tools'],
  ['functions', 'tools'],
  ['toolConfig', 'tools'],
  ['documents', 'document'],
]);

/** What clients move from turn to turn. */
const MOVED = new Set(['cache_control', 'cachePoint']);

/**
 * Per depth: what the container is, whether it is an object, where its last comma and its beginning stand. Of the one
 * scan that runs: made for each, they would cost more than the scan of a short body.
 */
const frames = new Uint8Array(MAX_DEPTH + 1);
const objects = new Uint8Array(MAX_DEPTH + 1);
const commas = new Int32Array(MAX_DEPTH + 1);
const starts = new Int32Array(MAX_DEPTH + 1);

export class JsonBody {
  readonly pieces: Pieces;
  readonly spoken: Spoken;
  readonly #bytes: Buffer;
  readonly #isRequest: boolean;
  #depth = 0;
  #expectKey = false;
  /** Of the member that is being read, where that matters. */
  #key: string | null = null;
  #kind: BlockKind = 'glue';
  /** Depth of the message, or of the region. 0 = outside. */
  #unitDepth = 0;
  #message: FoundMessage | null = null;
  #isOdd = false;
  /** A string with so many bytes is a block of its own. */
  readonly #long: number;

  constructor(bytes: Buffer, isRequest: boolean) {
    this.#bytes = bytes;
    this.#isRequest = isRequest;
    if (!isRequest) this.#kind = 'message';
    const isSmall = bytes.length < SMALL;
    this.#long = isSmall ? Infinity : LONG;
    this.pieces = new Pieces(bytes, this.#kind, isSmall);
    this.spoken = new Spoken(bytes);
  }

  scan(): void {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = 0;
    while (at < length) {
      switch (bytes[at]) {
        case QUOTE:
          at = this.#string(at);
          break;
        case COMMA:
          this.#comma(at);
          break;
        case COLON:
          this.#expectKey = false;
          break;
        case OPEN_OBJECT:
          this.#open(at, true);
          break;
        case OPEN_LIST:
          this.#open(at, false);
          break;
        case CLOSE_OBJECT:
        case CLOSE_LIST:
          this.#close(at);
          break;
        default:
          if (BARE[bytes[at] ?? 0] === 0) this.#isOdd = true;
      }
      at += 1;
    }
    this.#endUnit(length);
  }

  /** As far as one pass can tell, it is one JSON document: what stands outside of strings looks like it, and all is closed. */
  get isRegular(): boolean {
    return !this.#isOdd && this.#depth === 0;
  }

  get #place(): number {
    return this.#message?.place ?? -1;
  }

  /** @returns the place of the closing quote, or the last byte. */
  #string(quote: number): number {
    const start = quote + 1;
    const end = stringEnd(this.#bytes, start);
    if (this.#expectKey) this.#name(start, end);
    else this.#value(start, end);
    return end;
  }

  #name(start: number, end: number): void {
    this.#key = null;
    const frame = this.#frame;
    if (frame === FRAME.path) {
      this.#key = nameAt(this.#bytes, start, end);
      this.pieces.soft(start - 1, this.#kind, -1);
      return;
    }
    if (this.#unitDepth === 0) return;
    // `role`, `content` of a message; `cache_control` anywhere in it.
    const key = nameAt(this.#bytes, start, end);
    if (frame === FRAME.message) this.#key = key;
    if (key !== null && MOVED.has(key)) this.#moved(start - 1, key);
  }

  #moved(at: number, key: string): void {
    const depth = this.#depth;
    const comma = commas[depth] ?? -1;
    // An element that holds nothing else goes as a whole.
    if (key === 'cachePoint' && comma < 0 && depth > 1 && objects[depth - 1] === 0) {
      const before = commas[depth - 1] ?? -1;
      this.spoken.leaveOut(before >= 0 ? before : (starts[depth] ?? at), depth - 1, before >= 0);
      return;
    }
    this.spoken.leaveOut(comma >= 0 ? comma : at, depth, comma >= 0);
  }

  #value(start: number, end: number): void {
    const frame = this.#frame;
    if (this.#key !== null) {
      if (frame === FRAME.message && this.#message !== null) this.#ofMessage(this.#key, start, end);
      else if (frame === FRAME.path) this.#memberText(this.#key, start, end);
    }
    if (end - start >= this.#long) this.#ownPiece(start, end);
  }

  /** `"content": "Hello"` is the same message as one with a list of a single text. */
  #ofMessage(key: string, start: number, end: number): void {
    if (key === 'role' && end - start <= 32) this.#message?.says(this.#bytes.toString('latin1', start, end));
    else if (key === 'content') this.spoken.wrapText(start - 1, end + 1);
  }

  /** `"system": "You are ..."`, `"input": "Hello"`. */
  #memberText(key: string, start: number, end: number): void {
    if (!this.#isRequest) return;
    const region = REGIONS.get(key);
    const list = TEXTS.has(key) ? LISTS.get(key) : undefined;
    if (region === undefined && list === undefined) return;
    if (list !== undefined) this.spoken.newList(list);
    this.#beginUnit(start - 1, region ?? 'message', list ?? -1);
    if (end - start >= this.#long) this.#ownPiece(start, end);
    this.#endUnit(end + 1);
    this.#key = null;
  }

  #ownPiece(start: number, end: number): void {
    if (start < this.pieces.openedAt) return;
    const media = mediaIn(this.#bytes, start, end);
    const from = media?.start ?? start;
    const kind = media?.kind ?? (this.#kind === 'message' || this.#kind === 'glue' ? 'text' : this.#kind);
    const first = this.pieces.own({ start: from, end, kind, message: this.#place, whole: media !== null }, this.#kind);
    if (this.#unitDepth > 0) this.spoken.hashed(from, end, this.pieces.list, first);
  }

  #comma(at: number): void {
    const depth = this.#depth;
    if (depth > MAX_DEPTH) return;
    this.spoken.memberEnds(at, depth, true);
    commas[depth] = at;
    const isObject = objects[depth] === 1;
    this.#expectKey = isObject;
    if (isObject) this.#key = null;
    this.pieces.comma(at + 1, this.#kind, this.#place);
  }

  #open(at: number, isObject: boolean): void {
    this.#depth += 1;
    const depth = this.#depth;
    if (depth > MAX_DEPTH) {
      this.#expectKey = false;
      return;
    }
    frames[depth] = this.#frameOf(at, isObject);
    objects[depth] = Number(isObject);
    commas[depth] = -1;
    starts[depth] = at;
    this.#expectKey = isObject;
    this.#key = null;
  }

  #frameOf(at: number, isObject: boolean): number {
    const parent = this.#depth === 1 ? 0 : frames[this.#depth - 1];
    if (parent === FRAME.messages) return isObject ? this.#beginUnit(at, 'message', this.#list) : FRAME.inside;
    if (parent === FRAME.path && this.#key !== null && this.#isRequest) return this.#member(this.#key, at, isObject);
    if (parent === 0 || parent === FRAME.path) return this.#pathOf(isObject);
    // A part of a message, one tool of many.
    if (isObject && objects[this.#depth - 1] === 0) this.pieces.soft(at, this.#kind, this.#place);
    return FRAME.inside;
  }

  #pathOf(isObject: boolean): number {
    return isObject && this.#depth <= PATH_DEPTH ? FRAME.path : FRAME.inside;
  }

  /** Of the list that is being read. */
  #list = -1;

  #member(key: string, at: number, isObject: boolean): number {
    const region = REGIONS.get(key);
    if (region !== undefined) {
      this.#beginUnit(at, region, -1);
      return FRAME.region;
    }
    const list = LISTS.get(key);
    if (list !== undefined && !isObject) {
      this.#list = list;
      this.spoken.newList(list);
      return FRAME.messages;
    }
    // Gemini takes one content without a list.
    if (list !== undefined && key === 'contents') return this.#beginUnit(at, 'message', list);
    return this.#pathOf(isObject);
  }

  #beginUnit(at: number, kind: BlockKind, list: number): number {
    if (kind === 'message') {
      this.#message = this.spoken.beginMessage(at, list);
      this.pieces.soft(at, kind, this.#message.place);
    } else {
      this.spoken.beginRegion(at, kind);
      this.pieces.soft(at, kind, -1);
    }
    this.#kind = kind;
    this.#unitDepth = Math.max(this.#depth, 1);
    this.pieces.enter(at, kind, this.#place);
    return FRAME.message;
  }

  #close(at: number): void {
    const depth = this.#depth;
    if (depth === 0) return;
    this.#depth -= 1;
    if (depth > MAX_DEPTH) return;
    this.spoken.memberEnds(at, depth, false);
    const frame = frames[depth];
    if (depth === this.#unitDepth && (frame === FRAME.message || frame === FRAME.region)) {
      const isRegion = frame === FRAME.region;
      this.#endUnit(at + 1);
      if (isRegion) this.pieces.end(at + 1, 'glue');
    } else if (frame === FRAME.messages) this.pieces.end(at, 'glue');
    this.#expectKey = false;
    this.#key = null;
  }

  #endUnit(at: number): void {
    if (this.#unitDepth === 0) return;
    this.spoken.end(at);
    this.#unitDepth = 0;
    this.#message = null;
    this.#kind = this.#isRequest ? 'glue' : 'message';
  }

  get #frame(): number {
    return this.#depth > MAX_DEPTH ? FRAME.inside : (frames[this.#depth] ?? 0);
  }
}

/** All names that mean something, by their first byte and their length; no two share these. */
const NAMES: (Name | null)[] = Array.from({ length: 128 * 32 }, () => null);
for (const text of [...LISTS.keys(), ...REGIONS.keys(), ...MOVED, 'role', 'content']) {
  NAMES[text.charCodeAt(0) * 32 + text.length] = { text, bytes: Buffer.from(text) };
}

interface Name {
  text: string;
  bytes: Uint8Array;
}

/** The name between `start` and `end`, if it means something. */
function nameAt(bytes: Buffer, start: number, end: number): string | null {
  const length = end - start;
  const first = bytes[start] ?? 0xff;
  const name = length < 32 && first < 128 ? NAMES[first * 32 + length] : null;
  if (name === null || name === undefined) return null;
  for (let index = 1; index < length; index += 1) if (bytes[start + index] !== name.bytes[index]) return null;
  return name.text;
}

/** Bytes looked at one by one before the native search, which is dear to begin and fast from then on. */
const NEAR = 40;

/** The place of the quote that closes the string, or the end of the bytes. @param from behind the opening quote */
export function stringEnd(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let at = from;
  for (;;) {
    const near = Math.min(at + NEAR, length);
    while (at < near) {
      const byte = bytes[at];
      if (byte === QUOTE) return at;
      at += byte === BACKSLASH ? 2 : 1;
    }
    if (at >= length) return length;
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return length;
    if (!endsEscaped(bytes, at, quote)) return quote;
    at = quote + 1;
  }
}
