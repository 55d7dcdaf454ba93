import { crc32 } from 'node:zlib';
import { ByteBuffer } from './byte-buffer.ts';

/** A header's value by its wire type: booleans, integers (64 bits and times in ms as bigint), bytes, texts, UUIDs as text. */
export type EventStreamHeader = boolean | number | bigint | string | Uint8Array;

/** One frame of `application/vnd.amazon.eventstream`. */
export interface EventStreamMessage {
  headers: ReadonlyMap<string, EventStreamHeader>;
  /** Valid during the call only. */
  payload: Buffer;
}

/** `crc`: a checksum is wrong. `malformed`: the checksums are right and the frame is none. */
export type EventStreamProblem = 'crc' | 'malformed';

export interface EventStreamOptions {
  onMessage(message: EventStreamMessage): void;
  /** A frame longer than `maxLength` was left out. */
  onOversized(): void;
  /** What follows is not read: nothing of it can be trusted. Called at most once. */
  onProblem(problem: EventStreamProblem): void;
  /** Bytes of one frame. AWS sends at most 24 MiB. */
  maxLength: number;
}

/** Total length, length of the headers, checksum of both. */
export const PRELUDE = 12;
const CHECKSUM = 4;
const SHORTEST = PRELUDE + CHECKSUM;
const MOST_HEADER_BYTES = 128 * 1024;
const MOST_REMEMBERED = 1024;

/**
 * Frames of AWS's event streams, right for any split of the bytes. Both checksums are verified; a wrong one ends the
 * reading, since lengths that lie would invent messages. Never throws for what the bytes hold; holds at most one frame.
 * Format: smithy.io/2.0/aws/amazon-eventstream.html.
 */
export class EventStreamDecoder {
  readonly #options: EventStreamOptions;
  readonly #frame: ByteBuffer;
  /** Bytes of the frame being collected; 0 before its prelude is whole. */
  #total = 0;
  /** Bytes of an oversized frame still to come. */
  #skip = 0;
  #searching = false;
  #opaque = false;
  #lastHeaders: { bytes: Buffer; headers: ReadonlyMap<string, EventStreamHeader> } | null = null;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#frame = new ByteBuffer(Math.max(options.maxLength, SHORTEST));
  }

  push(chunk: Uint8Array): void {
    const bytes = bufferOf(chunk);
    for (let at = 0; at < bytes.length && !this.#opaque;) at = this.#step(bytes, at);
  }

  /** Bytes are missing here: the next frame is looked for by its prelude's checksum. */
  gap(): void {
    this.#reset();
    this.#skip = 0;
    this.#searching = true;
  }

  /** The bytes so far end inside a frame. */
  get insideFrame(): boolean {
    return !this.#opaque && (this.#frame.length > 0 || this.#skip > 0);
  }

  /** Index behind what the next step has taken. */
  #step(bytes: Buffer, at: number): number {
    const rest = bytes.length - at;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, rest);
      this.#skip -= skipped;
      return at + skipped;
    }
    // A frame that is whole in the chunk is read where it is.
    if (this.#frame.length === 0 && rest >= PRELUDE) {
      const total = this.#begin(bytes, at);
      if (total === 0) return this.#searching ? at + 1 : bytes.length;
      if (this.#skip > 0) return at;
      if (total <= rest) {
        this.#total = 0;
        this.#read(bytes, at, at + total);
        return at + total;
      }
    }
    return this.#collect(bytes, at);
  }

  #collect(bytes: Buffer, at: number): number {
    const wanted = (this.#total === 0 ? PRELUDE : this.#total) - this.#frame.length;
    const end = Math.min(at + wanted, bytes.length);
    this.#frame.push(bytes.subarray(at, end));
    if (end - at < wanted) return end;
    const frame = this.#frame.view();
    if (this.#total > 0) {
      this.#read(frame, 0, frame.length);
      this.#reset();
    } else if (this.#begin(frame, 0) === 0) {
      this.#shift();
    } else if (this.#skip > 0) {
      this.#skip -= PRELUDE;
      this.#frame.clear();
    }
    return end;
  }

  /** Reads a prelude: the frame's length, or 0 when it is none. */
  #begin(bytes: Buffer, at: number): number {
    const total = bytes.readUInt32BE(at);
    const headers = bytes.readUInt32BE(at + 4);
    const plausible = total >= SHORTEST && headers <= Math.min(total - SHORTEST, MOST_HEADER_BYTES);
    // While a frame is searched for, most places are no prelude by their lengths alone.
    const right = (plausible || !this.#searching) && preludeSum(bytes, at) === bytes.readUInt32BE(at + 8);
    if (!plausible || !right) {
      if (!this.#searching) this.#fail(right ? 'malformed' : 'crc');
      return 0;
    }
    this.#searching = false;
    if (total > this.#options.maxLength) {
      this.#skip = total;
      this.#options.onOversized();
    } else {
      this.#total = total;
    }
    return total;
  }

  /** The collected prelude is none: it may begin one byte later. */
  #shift(): void {
    if (this.#opaque) return;
    const later = Uint8Array.from(this.#frame.view().subarray(1));
    this.#frame.clear();
    this.#frame.push(later);
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const sum = end - CHECKSUM;
    if (crc32(bytes.subarray(start, sum)) !== bytes.readUInt32BE(sum)) {
      this.#fail('crc');
      return;
    }
    const first = start + PRELUDE;
    const payload = first + bytes.readUInt32BE(start + 4);
    const headers = this.#headers(bytes, first, payload);
    if (headers === null) this.#fail('malformed');
    else this.#options.onMessage({ headers, payload: bytes.subarray(payload, sum) });
  }

  /** Event after event has the same headers: they are read once. */
  #headers(bytes: Buffer, start: number, end: number): ReadonlyMap<string, EventStreamHeader> | null {
    const last = this.#lastHeaders;
    if (last !== null && bytes.compare(last.bytes, 0, last.bytes.length, start, end) === 0) return last.headers;
    const block = Buffer.from(bytes.subarray(start, end));
    const headers = readHeaders(block);
    this.#lastHeaders = headers === null || block.length > MOST_REMEMBERED ? null : { bytes: block, headers };
    return headers;
  }

  #fail(problem: EventStreamProblem): void {
    this.#opaque = true;
    this.#reset();
    this.#options.onProblem(problem);
  }

  #reset(): void {
    this.#frame.clear();
    this.#total = 0;
  }
}

/** Whether a body of at least {@link PRELUDE} bytes begins as an event stream: the checksum leaves no doubt. */
export function isEventStream(bytes: Uint8Array): boolean {
  const start = bufferOf(bytes);
  return preludeSum(start, 0) === start.readUInt32BE(8) && start.readUInt32BE(0) >= SHORTEST;
}

/** Headers of one frame, or null when they do not add up. The bytes are kept. */
function readHeaders(bytes: Buffer): Map<string, EventStreamHeader> | null {
  const headers = new Map<string, EventStreamHeader>();
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const read = READERS[bytes[nameEnd] ?? UNKNOWN_TYPE];
    const value = read?.(bytes, nameEnd + 1);
    if (value === undefined || value.end > bytes.length) return null;
    headers.set(bytes.toString('utf8', at + 1, nameEnd), value.value);
    at = value.end;
  }
  return headers;
}

const UNKNOWN_TYPE = 255;

type ReadValue = (bytes: Buffer, at: number) => { value: EventStreamHeader; end: number } | undefined;

/** By the type's number. */
const READERS: readonly ReadValue[] = [
  (_, at) => ({ value: true, end: at }),
  (_, at) => ({ value: false, end: at }),
  integer(1, (bytes, at) => bytes.readInt8(at)),
  integer(2, (bytes, at) => bytes.readInt16BE(at)),
  integer(4, (bytes, at) => bytes.readInt32BE(at)),
  integer(8, (bytes, at) => bytes.readBigInt64BE(at)),
  (bytes, at) => sized(bytes, at, (start, end) => Uint8Array.from(bytes.subarray(start, end))),
  (bytes, at) => sized(bytes, at, (start, end) => bytes.toString('utf8', start, end)),
  integer(8, (bytes, at) => bytes.readBigInt64BE(at)),
  (bytes, at) => {
    const hex = bytes.toString('hex', at, at + 16);
    return { value: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), end: at + 16 };
  },
];

function integer(length: number, read: (bytes: Buffer, at: number) => number | bigint): ReadValue {
  return (bytes, at) => {
    if (at + length > bytes.length) return undefined;
    return { value: read(bytes, at), end: at + length };
  };
}

/** Behind a length of two bytes. */
function sized(
  bytes: Buffer,
  at: number,
  read: (start: number, end: number) => EventStreamHeader,
): ReturnType<ReadValue> {
  const end = at + 2 + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  return end > bytes.length ? undefined : { value: read(at + 2, end), end };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** CRC-32 of one byte, of the reflected polynomial of IEEE 802.3. */
const CRC_OF_BYTE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb8_8320 : 0);
  return crc;
});

/** CRC-32 of eight bytes: a call of zlib's costs more than these. */
function preludeSum(bytes: Buffer, at: number): number {
  let crc = -1;
  for (let index = at; index < at + 8; index += 1) {
    crc = (crc >>> 8) ^ (CRC_OF_BYTE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
