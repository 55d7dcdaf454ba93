import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { zstdWindow } from '../core/zstd-window.ts';

export interface StageOutput {
  data(bytes: Uint8Array, at: number): void;
  end(): void;
  /** The input stopped before its end; what it held was given. `end` follows. */
  cut(): void;
  /** The input is not what it says; nothing follows. */
  fail(): void;
}

/** One content coding, incrementally. `write` keeps what it is given. */
export interface Stage {
  write(bytes: Uint8Array, at: number): void;
  end(): void;
  stop(): void;
}

/** A node:zlib stream. Works in the thread pool: output comes later, in order. */
class ZlibStage implements Stage {
  readonly #stream: Transform & zlib.Zlib;
  readonly #output: StageOutput;
  #isBegun = false;
  /** Times of the inputs that are not consumed yet. */
  readonly #times: number[] = [];
  #lastAt = 0;

  constructor(stream: Transform & zlib.Zlib, output: StageOutput) {
    this.#stream = stream;
    this.#output = output;
    stream.on('data', (bytes: Buffer) => output.data(bytes, this.#times[0] ?? this.#lastAt));
    stream.once('end', () => output.end());
    stream.once('error', (error) => {
      if (!isCutShort(error)) return output.fail();
      output.cut();
      output.end();
    });
  }

  write(bytes: Uint8Array, at: number): void {
    if (this.#stream.destroyed) return;
    this.#isBegun ||= bytes.length > 0;
    this.#lastAt = at;
    this.#times.push(at);
    this.#stream.write(bytes, () => this.#times.shift());
  }

  end(): void {
    if (this.#isBegun) {
      // First all that it holds: of an input that is cut, the last piece would go down with the error.
      this.#stream.flush(() => this.#stream.end());
      return;
    }
    this.stop();
    this.#output.end();
  }

  stop(): void {
    this.#stream.destroy();
  }
}

/** What zlib and brotli say at the end of an input that is not at its end. */
export function isCutShort(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
}

export class GzipStage extends ZlibStage {
  constructor(output: StageOutput) {
    super(zlib.createGunzip(), output);
  }
}

export class BrotliStage extends ZlibStage {
  constructor(output: StageOutput) {
    super(zlib.createBrotliDecompress(), output);
  }
}

/** `deflate` means zlib-wrapped by the standard and raw at some servers: the first byte tells. */
export class DeflateStage implements Stage {
  readonly #output: StageOutput;
  #stage: ZlibStage | null = null;

  constructor(output: StageOutput) {
    this.#output = output;
  }

  /** A raw stream never begins like this: it would be a stored block with non-zero padding. */
  static isWrapped(bytes: Uint8Array): boolean {
    return ((bytes[0] ?? 0) & 0x0f) === 8;
  }

  write(bytes: Uint8Array, at: number): void {
    if (bytes.length === 0) return;
    this.#stage ??= new ZlibStage(
      DeflateStage.isWrapped(bytes) ? zlib.createInflate() : zlib.createInflateRaw(),
      this.#output,
    );
    this.#stage.write(bytes, at);
  }

  end(): void {
    if (this.#stage === null) this.#output.end();
    else this.#stage.end();
  }

  stop(): void {
    this.#stage?.stop();
  }
}

/** RFC 9659: a zstd content coding must not need a larger window. fzstd allocates what the frame asks for. */
const MAX_WINDOW = 8 * 1024 * 1024;
const FRAME_HEADER = 18;

/**
 * zstd by fzstd on every Node version: node:zlib has it only from 22.15 on, and one path that is tested
 * everywhere is worth more than the speed of a coding that providers hardly use.
 */
export class ZstdStage implements Stage {
  readonly #output: StageOutput;
  readonly #decoder: Decompress;
  #header: Buffer | null = Buffer.alloc(0);
  #at = 0;
  #stopped = false;

  constructor(output: StageOutput) {
    this.#output = output;
    // fzstd reuses its window: what it hands out must be copied before the next push.
    this.#decoder = new Decompress((bytes) => {
      if (!this.#stopped && bytes.length > 0) output.data(Buffer.from(bytes), this.#at);
    });
  }

  write(bytes: Uint8Array, at: number): void {
    if (this.#stopped) return;
    this.#at = at;
    if (this.#header === null) {
      this.#push(bytes);
      return;
    }
    this.#header = Buffer.concat([this.#header, bytes]);
    if (this.#header.length >= FRAME_HEADER) this.#begin();
  }

  end(): void {
    if (this.#stopped) return;
    if (this.#header !== null && this.#header.length > 0) this.#begin();
    if (this.#stopped) return;
    try {
      this.#decoder.push(Buffer.alloc(0), true);
    } catch {
      this.#output.cut();
    }
    this.#output.end();
  }

  stop(): void {
    this.#stopped = true;
  }

  #begin(): void {
    const first = this.#header ?? Buffer.alloc(0);
    this.#header = null;
    if (zstdWindow(first) > MAX_WINDOW) this.#fail();
    else this.#push(first);
  }

  #push(bytes: Uint8Array): void {
    try {
      this.#decoder.push(bytes);
    } catch {
      this.#fail();
    }
  }

  #fail(): void {
    this.#stopped = true;
    this.#output.fail();
  }
}
