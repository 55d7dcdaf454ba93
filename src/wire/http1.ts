import { isControl, isToken, readFraming, type Anomaly, type Framing, type Role } from './http1-head.ts';

export type { Anomaly, Framing, Role } from './http1-head.ts';

/** Heads beyond this are not read (real ones stay below 16 kB; some gateways send 30 kB of cookies and tokens). */
export const MAX_HEAD_BYTES = 64 * 1024;
const MAX_METHOD_BYTES = 64;
/** 12 hex digits are 256 TiB, and exact in a double. */
const MAX_CHUNK_SIZE_DIGITS = 12;
const MAX_CHUNK_EXTENSION_BYTES = 4096;
const MAX_TRAILER_BYTES = 64 * 1024;

/** What the parser found, in wire order. Slices point into what was fed: copy what must outlive the call. */
export interface MessageHandler {
  /** The raw head, its empty line included. Interim 1xx heads are passed over; 101 is told. */
  head(head: Buffer, framing: Framing): void;
  /** Body bytes without the transfer coding. */
  body(bytes: Buffer): void;
  /** The message is whole, trailers included. */
  end(): void;
}

const State = {
  head: 0,
  length: 1,
  untilClose: 2,
  chunkSize: 3,
  chunkExtension: 4,
  chunkSizeLf: 5,
  chunkData: 6,
  chunkEndCr: 7,
  chunkEndLf: 8,
  trailer: 9,
  trailerLf: 10,
  opaque: 11,
} as const;
type State = (typeof State)[keyof typeof State];

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const SEMICOLON = 0x3b;
const HEAD_END = Buffer.from('\r\n\r\n');

/** Value of a hex digit, -1 for every other byte. */
const HEX = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/**
 * Follows the messages of one direction of an HTTP/1 connection while their bytes stream by, cut anywhere.
 * It changes nothing and keeps nothing but a head that is not yet whole. The first anomaly is final.
 */
export class MessageParser {
  readonly #role: Role;
  readonly #handler: MessageHandler;
  readonly #watch: readonly string[];
  #anomaly: Anomaly | null = null;
  #state: State = State.head;
  #ended = false;
  /** Body or chunk bytes still to come. */
  #left = 0;
  /** Of the chunk-size, extension or trailer line that is being read. */
  #lineBytes = 0;
  #trailerBytes = 0;
  /** A head that is not whole yet, and the empty lines before it; `#heldBytes` of the buffer count. */
  #held: Buffer | null = null;
  #heldBytes = 0;
  #headEnd = 0;
  #method = '';

  /** @param watch lower-case prefixes of header names: `Framing.watched` tells of them. */
  constructor(role: Role, handler: MessageHandler, watch: readonly string[] = []) {
    this.#role = role;
    this.#handler = handler;
    this.#watch = watch;
  }

  /** Set = what came since cannot be framed beyond doubt. */
  get anomaly(): Anomaly | null {
    return this.#anomaly;
  }

  /** After a 101, or a 2xx that answers CONNECT: what follows is not HTTP. */
  get opaque(): boolean {
    return this.#state === State.opaque;
  }

  /** Inside a message, from the first byte of its head on (empty lines before it do not count). */
  get begun(): boolean {
    if (this.#state !== State.head) return true;
    return this.#held !== null && skipEmptyLines(this.#held, 0, this.#heldBytes) < this.#heldBytes;
  }

  /** The raw bytes taken so far of a head that is not whole, with the empty lines before it. */
  get held(): Buffer | null {
    return this.#held?.subarray(0, this.#heldBytes) ?? null;
  }

  /** Index behind the last head, in the chunk in which it ended. */
  get headEnd(): number {
    return this.#headEnd;
  }

  /** Response role: the method of the request that the next response answers. */
  expect(method: string): void {
    this.#method = method;
  }

  /**
   * Takes bytes from index `from` on and returns the index behind the last byte taken: the end of the chunk, or of the
   * message that ended in it. Stops for good at an anomaly, and behind the head that makes the connection opaque.
   */
  execute(chunk: Buffer, from = 0): number {
    let at = from;
    this.#ended = false;
    while (at < chunk.length && !this.#ended && this.#anomaly === null && this.#state !== State.opaque) {
      at = this.#step(chunk, at);
    }
    return at;
  }

  /** The connection has ended: ends a body that runs until then, and nothing else. */
  finish(): void {
    if (this.#state === State.untilClose && this.#anomaly === null) this.#end();
  }

  #step(chunk: Buffer, at: number): number {
    switch (this.#state) {
      case State.head:
        return this.#held === null ? this.#wholeHead(chunk, at) : this.#splitHeadBytes(chunk, at);
      case State.length:
      case State.untilClose:
      case State.chunkData:
        return this.#data(chunk, at);
      case State.chunkSize:
        return this.#chunkSize(chunk, at);
      case State.chunkExtension:
        return this.#chunkExtension(chunk, at);
      case State.trailer:
        return this.#trailer(chunk, at);
      case State.opaque:
        return at;
      default:
        return this.#lineBreak(chunk, at);
    }
  }

  /** The usual case: the head begins and ends in this chunk. */
  #wholeHead(chunk: Buffer, at: number): number {
    const start = this.#role === 'request' ? skipEmptyLines(chunk, at, chunk.length) : at;
    const end = chunk.indexOf(HEAD_END, start);
    if (end < 0) return this.#hold(chunk, at);
    this.#headEnd = end + HEAD_END.length;
    this.#readHead(chunk, start, this.#headEnd);
    return this.#headEnd;
  }

  #hold(chunk: Buffer, at: number): number {
    const length = chunk.length - at;
    this.#held ??= Buffer.allocUnsafeSlow(Math.max(4096, length));
    if (this.#held.length < this.#heldBytes + length) {
      const grown = Buffer.allocUnsafeSlow(2 * (this.#heldBytes + length));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    chunk.copy(this.#held, this.#heldBytes, at);
    const before = this.#heldBytes;
    this.#heldBytes += length;
    this.#judgePartial(this.#held, before);
    return chunk.length;
  }

  /** A head that can never become whole must not be held: whoever sent it waits for an answer. */
  #judgePartial(held: Buffer, before: number): void {
    if (this.#heldBytes > MAX_HEAD_BYTES) this.#anomaly = 'head_too_long';
    for (let index = before; index < this.#heldBytes; index++) {
      const byte = held[index] as number;
      const broken = byte === LF ? held[index - 1] !== CR : byte !== CR && isControl(byte);
      if (broken) this.#anomaly ??= 'bare_cr_or_lf';
    }
    if (this.#role === 'request' && !beginsLikeRequest(held, this.#heldBytes)) this.#anomaly ??= 'start_line';
  }

  #splitHeadBytes(chunk: Buffer, at: number): number {
    const before = this.#heldBytes;
    this.#hold(chunk, at);
    const held = this.held as Buffer;
    const start = this.#role === 'request' ? skipEmptyLines(held, 0, held.length) : 0;
    const found = held.indexOf(HEAD_END, Math.max(start, before - HEAD_END.length + 1));
    if (found < 0) return chunk.length;
    const end = found + HEAD_END.length;
    // Whatever was amiss behind the head is for the body to judge.
    this.#anomaly = null;
    this.#headEnd = at + end - before;
    this.#held = null;
    this.#heldBytes = 0;
    this.#readHead(held, start, end);
    return this.#headEnd;
  }

  #readHead(bytes: Buffer, start: number, end: number): void {
    const framing = readFraming(bytes, start, end, this.#role, this.#watch);
    this.#anomaly = end - start > MAX_HEAD_BYTES ? 'head_too_long' : framing.anomaly;
    if (this.#anomaly !== null) return;
    if (framing.status >= 100 && framing.status < 200 && framing.status !== 101) return;
    this.#state = this.#bodyState(framing);
    this.#left = framing.chunked ? 0 : framing.contentLength;
    this.#lineBytes = 0;
    this.#handler.head(bytes.subarray(start, end), framing);
    if (this.#state === State.head) this.#end();
  }

  /** RFC 9112 6.3. `State.head` = no body. */
  #bodyState({ status, chunked, contentLength }: Framing): State {
    const isResponse = this.#role === 'response';
    if (isResponse && this.#switchesProtocol(status)) return State.opaque;
    if (isResponse && (this.#method === 'HEAD' || status === 204 || status === 304)) return State.head;
    if (chunked) return State.chunkSize;
    if (contentLength > 0) return State.length;
    return contentLength < 0 && isResponse ? State.untilClose : State.head;
  }

  #switchesProtocol(status: number): boolean {
    return status === 101 || (this.#method === 'CONNECT' && status >= 200 && status < 300);
  }

  #data(chunk: Buffer, at: number): number {
    const end = this.#state === State.untilClose ? chunk.length : Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    this.#handler.body(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    if (this.#left === 0 && this.#state === State.length) this.#end();
    else if (this.#left === 0 && this.#state === State.chunkData) this.#state = State.chunkEndCr;
    return end;
  }

  #chunkSize(chunk: Buffer, at: number): number {
    for (let index = at; index < chunk.length; index++) {
      const byte = chunk[index] as number;
      const digit = HEX[byte] as number;
      if (digit >= 0 && this.#lineBytes < MAX_CHUNK_SIZE_DIGITS) {
        this.#lineBytes++;
        this.#left = this.#left * 16 + digit;
        continue;
      }
      if (this.#lineBytes > 0 && byte === CR) this.#state = State.chunkSizeLf;
      else if (this.#lineBytes > 0 && byte === SEMICOLON) this.#beginLine(State.chunkExtension);
      else this.#anomaly = 'chunk_size';
      return index + 1;
    }
    return chunk.length;
  }

  #chunkExtension(chunk: Buffer, at: number): number {
    for (let index = at; index < chunk.length; index++) {
      const byte = chunk[index] as number;
      if (byte === CR) {
        this.#state = State.chunkSizeLf;
        return index + 1;
      }
      if (isControl(byte) || ++this.#lineBytes > MAX_CHUNK_EXTENSION_BYTES) {
        this.#anomaly = 'chunk_extension';
        return index + 1;
      }
    }
    return chunk.length;
  }

  #trailer(chunk: Buffer, at: number): number {
    for (let index = at; index < chunk.length; index++) {
      const byte = chunk[index] as number;
      if (byte === CR) {
        this.#state = State.trailerLf;
        return index + 1;
      }
      const folded = this.#lineBytes === 0 && (byte === SPACE || byte === TAB);
      this.#lineBytes++;
      if (folded || isControl(byte) || ++this.#trailerBytes > MAX_TRAILER_BYTES) {
        this.#anomaly = 'trailer';
        return index + 1;
      }
    }
    return chunk.length;
  }

  /** The single CR or LF that must come next. */
  #lineBreak(chunk: Buffer, at: number): number {
    const byte = chunk[at];
    if (this.#state === State.chunkEndCr) this.#expectByte(byte === CR, 'chunk_end', State.chunkEndLf);
    else if (this.#state === State.chunkEndLf) this.#expectByte(byte === LF, 'chunk_end', State.chunkSize);
    else if (this.#state === State.trailerLf) {
      const last = this.#lineBytes === 0;
      this.#expectByte(byte === LF, 'trailer', State.trailer);
      if (last && this.#anomaly === null) this.#end();
    } else {
      this.#trailerBytes = 0;
      this.#expectByte(byte === LF, 'chunk_size', this.#left === 0 ? State.trailer : State.chunkData);
    }
    return at + 1;
  }

  #expectByte(asExpected: boolean, otherwise: Anomaly, next: State): void {
    if (asExpected) this.#beginLine(next);
    else this.#anomaly = otherwise;
  }

  #beginLine(state: State): void {
    this.#state = state;
    this.#lineBytes = 0;
  }

  #end(): void {
    this.#state = State.head;
    this.#ended = true;
    this.#handler.end();
  }
}

/** RFC 9112 2.2: empty lines before a request are passed over. */
function skipEmptyLines(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === CR && (at + 1 === to || bytes[at + 1] === LF)) at = Math.min(to, at + 2);
  return at;
}

function beginsLikeRequest(bytes: Buffer, to: number): boolean {
  const start = skipEmptyLines(bytes, 0, to);
  for (let index = start; index < to; index++) {
    const byte = bytes[index] as number;
    if (byte === SPACE && index > start) return true;
    if (index - start > MAX_METHOD_BYTES || !isToken(byte)) return false;
  }
  return true;
}
