import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { ByteBuffer } from './byte-buffer.ts';

/** `encoding`: a compressed message cannot be read. `malformed`: these are no gRPC frames; nothing more is read. */
export type GrpcProblem = 'encoding' | 'malformed';

export interface GrpcOptions {
  /** @param message the protobuf bytes, decompressed; valid during the call only. */
  onMessage(message: Uint8Array): void;
  /** A message longer than `maxLength`, compressed or not, was left out. */
  onOversized(): void;
  onProblem(problem: GrpcProblem): void;
  /** Header `grpc-encoding`, lower case; null when absent. */
  encoding: string | null;
  /** Bytes of one message. */
  maxLength: number;
  /** Bytes that all compressed messages together may become. */
  maxOutput: number;
}

/** Compressed flag (0 or 1; bit 7 marks the trailers of gRPC-Web), then the length, big-endian. */
const PREFIX = 5;
const TRAILERS = 0x80;

/**
 * The length-prefixed messages of gRPC and gRPC-Web bodies, right for any split of the bytes. Never throws for what
 * the bytes hold; holds at most one message. Format: grpc.io, PROTOCOL-HTTP2.md.
 */
export class GrpcDecoder {
  readonly #options: GrpcOptions;
  readonly #message: ByteBuffer;
  readonly #prefix: number[] = [];
  #wanted = 0;
  #skip = 0;
  #room: number;
  #opaque = false;

  constructor(options: GrpcOptions) {
    this.#options = options;
    this.#message = new ByteBuffer(options.maxLength);
    this.#room = options.maxOutput;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#opaque;) at = this.#step(chunk, at);
  }

  /** The bytes so far end inside a message. */
  get insideMessage(): boolean {
    return !this.#opaque && (this.#prefix.length > 0 || this.#skip > 0);
  }

  #step(chunk: Uint8Array, at: number): number {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, chunk.length - at);
      this.#skip -= skipped;
      return at + skipped;
    }
    if (this.#prefix.length < PREFIX) {
      this.#prefix.push(chunk[at] ?? 0);
      if (this.#prefix.length === PREFIX) this.#begin();
      return at + 1;
    }
    const end = Math.min(chunk.length, at + this.#wanted - this.#message.length);
    this.#message.push(chunk.subarray(at, end));
    if (this.#message.length === this.#wanted) this.#finish();
    return end;
  }

  #begin(): void {
    const [flags = 0, ...length] = this.#prefix;
    this.#wanted = length.reduce((sum, byte) => sum * 256 + byte, 0);
    if ((flags & ~(TRAILERS | 1)) !== 0) {
      this.#opaque = true;
      this.#options.onProblem('malformed');
    } else if (this.#wanted > this.#options.maxLength) {
      this.#skip = this.#wanted;
      this.#prefix.length = 0;
      this.#options.onOversized();
    } else if (this.#wanted === 0) {
      this.#finish();
    }
  }

  #finish(): void {
    const flags = this.#prefix[0] ?? 0;
    this.#prefix.length = 0;
    const bytes = this.#message.view();
    if ((flags & TRAILERS) === 0) this.#deliver(bytes, (flags & 1) === 1);
    this.#message.clear();
  }

  #deliver(bytes: Uint8Array, compressed: boolean): void {
    if (!compressed) {
      this.#options.onMessage(bytes);
      return;
    }
    const limit = Math.min(this.#options.maxLength, this.#room);
    const plain = decompress(bytes, this.#options.encoding, limit);
    if (plain === 'oversized') this.#options.onOversized();
    else if (plain === null) this.#options.onProblem('encoding');
    else {
      this.#room -= plain.length;
      this.#options.onMessage(plain);
    }
  }
}

const CODINGS: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

function decompress(bytes: Uint8Array, encoding: string | null, limit: number): Uint8Array | 'oversized' | null {
  if (encoding === null || !Object.hasOwn(CODINGS, encoding) || limit === 0) return limit === 0 ? 'oversized' : null;
  try {
    return CODINGS[encoding]?.(bytes, { maxOutputLength: limit }) ?? null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ERR_BUFFER_TOO_LARGE' ? 'oversized' : null;
  }
}
