import { crc32 } from 'node:zlib';
import { ByteBuffer } from './byte-buffer.ts';

/** A header's value by its wire type: booleans, integers (64 bits and times in ms as bigint), bytes, texts, UUIDs as text. */
export type EventStreamHeader = boolean | number | bigint | string | Uint8Array;

/** One frame of `application/vnd.amazon.eventstream`. */
export interface EventStreamMessage {
  headers: ReadonlyMap<string, EventStreamHeader>;
  /** Valid during the call only. */
  payload: Uint8Array;
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

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#frame = new ByteBuffer(Math.max(options.maxLength, SHORTEST));
  }

  push(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#opaque) rest = this.#step(rest);
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

  /** What is left of the chunk after the next step. */
  #step(chunk: Uint8Array): Uint8Array {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, chunk.length);
      this.#skip -= skipped;
      return chunk.subarray(skipped);
    }
    // A frame that is whole in the chunk is read where it is.
    if (this.#frame.length === 0 && chunk.length >= PRELUDE) {
      const total = this.#begin(chunk);
      if (total === 0) return this.#searching ? chunk.subarray(1) : chunk;
      if (total <= chunk.length && this.#skip === 0) {
        this.#read(chunk.subarray(0, total));
        this.#total = 0;
        return chunk.subarray(total);
      }
      if (this.#skip > 0) return chunk;
    }
    return this.#collect(chunk);
  }

  #collect(chunk: Uint8Array): Uint8Array {
    const wanted = (this.#total === 0 ? PRELUDE : this.#total) - this.#frame.length;
    this.#frame.push(chunk.subarray(0, wanted));
    const rest = chunk.subarray(Math.min(wanted, chunk.length));
    if (chunk.length < wanted) return rest;
    if (this.#total > 0) {
      this.#read(this.#frame.view());
      this.#reset();
    } else if (this.#begin(this.#frame.view()) === 0) {
      this.#shift();
    } else if (this.#skip > 0) {
      this.#skip -= PRELUDE;
      this.#frame.clear();
    }
    return rest;
  }

  /** Reads a prelude: the frame's length, or 0 when it is none. */
  #begin(bytes: Uint8Array): number {
    const total = uint32(bytes, 0);
    const headers = uint32(bytes, 4);
    const plausible = total >= SHORTEST && headers <= Math.min(total - SHORTEST, MOST_HEADER_BYTES);
    // While a frame is searched for, most places are no prelude by their lengths alone.
    const right = (plausible || !this.#searching) && crc32(bytes.subarray(0, 8)) === uint32(bytes, 8);
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

  #read(frame: Uint8Array): void {
    const end = frame.length - CHECKSUM;
    if (crc32(frame.subarray(0, end)) !== uint32(frame, end)) {
      this.#fail('crc');
      return;
    }
    const payload = PRELUDE + uint32(frame, 4);
    const headers = readHeaders(frame.subarray(PRELUDE, payload));
    if (headers === null) this.#fail('malformed');
    else this.#options.onMessage({ headers, payload: frame.subarray(payload, end) });
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
  return crc32(bytes.subarray(0, 8)) === uint32(bytes, 8) && uint32(bytes, 0) >= SHORTEST;
}

/** Headers of one frame, or null when they do not add up. */
function readHeaders(bytes: Uint8Array): Map<string, EventStreamHeader> | null {
  const headers = new Map<string, EventStreamHeader>();
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const read = READERS[bytes[nameEnd] ?? UNKNOWN_TYPE];
    const value = read?.(bytes, nameEnd + 1);
    if (value === undefined || value.end > bytes.length) return null;
    headers.set(text(bytes.subarray(at + 1, nameEnd)), value.value);
    at = value.end;
  }
  return headers;
}

const UNKNOWN_TYPE = 255;

type ReadValue = (bytes: Uint8Array, at: number) => { value: EventStreamHeader; end: number } | undefined;

/** By the type's number. */
const READERS: readonly ReadValue[] = [
  (_, at) => ({ value: true, end: at }),
  (_, at) => ({ value: false, end: at }),
  integer(1, (view, at) => view.getInt8(at)),
  integer(2, (view, at) => view.getInt16(at)),
  integer(4, (view, at) => view.getInt32(at)),
  integer(8, (view, at) => view.getBigInt64(at)),
  (bytes, at) => sized(bytes, at, (part) => Uint8Array.from(part)),
  (bytes, at) => sized(bytes, at, text),
  integer(8, (view, at) => view.getBigInt64(at)),
  (bytes, at) => {
    const hex = Buffer.from(bytes.subarray(at, at + 16)).toString('hex');
    return { value: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), end: at + 16 };
  },
];

function integer(length: number, read: (view: DataView, at: number) => number | bigint): ReadValue {
  return (bytes, at) => {
    if (at + length > bytes.length) return undefined;
    return { value: read(new DataView(bytes.buffer, bytes.byteOffset), at), end: at + length };
  };
}

/** Behind a length of two bytes. */
function sized(bytes: Uint8Array, at: number, read: (part: Uint8Array) => EventStreamHeader): ReturnType<ReadValue> {
  const end = at + 2 + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  return end > bytes.length ? undefined : { value: read(bytes.subarray(at + 2, end)), end };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
