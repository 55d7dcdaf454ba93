import * as zlib from 'node:zlib';
import { ByteBuffer } from './byte-buffer.ts';
import {
  BrotliStage,
  DeflateStage,
  GzipStage,
  isCutShort,
  ZstdStage,
  type Stage,
  type StageOutput,
} from './content-stages.ts';

/** `unsupported`: a coding we do not know. `corrupt`: not what it says. `too_large`: over the output bounds. */
export type DecodeProblem = 'unsupported' | 'corrupt' | 'too_large';

export interface ContentDecoderOptions {
  /** Codings in the order of the header (`gzip, br` = gzip first); see {@link parseContentEncoding}. */
  codings: readonly string[];
  /** True for event streams: output comes while input does. False: small bodies are decoded at the end, in one go. */
  incremental: boolean;
  maxOutput: number;
  /** @param at the time of the input that this output came from. */
  onBytes(bytes: Uint8Array, at: number): void;
}

/** A body this small is decoded by one synchronous call, five times cheaper than a stream. */
const SYNC_INPUT = 1024 * 1024;
const SYNC_OUTPUT = 16 * 1024 * 1024;
/** Text compresses 3 to 30 times; past the free part, more than this is a bomb. */
const MAX_RATIO = 250;
const RATIO_FREE_OUTPUT = 4 * 1024 * 1024;
const MAX_CODINGS = 4;

/** The codings of a Content-Encoding header, lower case, without `identity`. */
export function parseContentEncoding(value: string | null): string[] {
  if (value === null) return [];
  return value
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

/** Takes the content coding off a body, bounded. Cut input yields what can be decoded of it. */
export class ContentDecoder {
  readonly #options: ContentDecoderOptions;
  /** Held back for the synchronous path; null once the stages run. */
  #held: ByteBuffer | null;
  #chain: StageChain | null = null;
  #problem: DecodeProblem | null = null;
  #isCut = false;
  #lastAt = 0;

  constructor(options: ContentDecoderOptions) {
    this.#options = options;
    this.#held = options.incremental ? null : new ByteBuffer(SYNC_INPUT);
    const known = options.codings.every((coding) => STAGES.has(coding));
    if (!known || options.codings.length > MAX_CODINGS) this.#problem = 'unsupported';
  }

  get problem(): DecodeProblem | null {
    return this.#problem ?? this.#chain?.problem ?? null;
  }

  /** The body stopped before the end that its coding has: what came out is not all. To be asked after the end. */
  get isCut(): boolean {
    return this.#isCut || this.#chain?.isCut === true;
  }

  push(chunk: Uint8Array, at: number): void {
    this.#lastAt = at;
    if (this.problem !== null) return;
    if (this.#held !== null && this.#held.length + chunk.length <= SYNC_INPUT) {
      this.#held.push(chunk);
      return;
    }
    this.#stages().write(Buffer.from(chunk), at);
  }

  /** Resolves when all output was handed over; not a promise when it already was. */
  end(): void | Promise<void> {
    if (this.problem === 'unsupported') return;
    if (this.#held !== null && this.#chain === null) {
      const input = this.#held.view();
      if (input.length === 0) return;
      const output = decodeAll(input, this.#options);
      if (output !== null) {
        this.#isCut = output.isCut;
        if (output.bytes.length > 0) this.#options.onBytes(output.bytes, this.#lastAt);
        return;
      }
    }
    return this.#stages().end();
  }

  #stages(): StageChain {
    if (this.#chain === null) {
      this.#chain = new StageChain(this.#options);
      if (this.#held !== null) this.#chain.write(Buffer.from(this.#held.view()), this.#lastAt);
      this.#held = null;
    }
    return this.#chain;
  }
}

interface Decoded {
  bytes: Buffer;
  isCut: boolean;
}

/** Null when it cannot be done in one go: too large, corrupt somewhere, or a coding without a synchronous call. */
function decodeAll(input: Buffer, { codings, maxOutput }: ContentDecoderOptions): Decoded | null {
  const maxOutputLength = Math.min(SYNC_OUTPUT, maxOutput);
  let bytes = input;
  let isCut = false;
  try {
    for (const coding of codings.toReversed()) {
      const decode = SYNC.get(coding);
      if (decode === undefined) return null;
      const one = decodeOne(decode, bytes, maxOutputLength);
      bytes = one.bytes;
      isCut ||= one.isCut;
    }
  } catch {
    return null; // the stages give what can be had
  }
  return bytes.length > Math.max(RATIO_FREE_OUTPUT, input.length * MAX_RATIO) ? null : { bytes, isCut };
}

/** Of a cut input what it holds. @throws whatever zlib says of another that is not what it should be */
function decodeOne({ run, flush }: SyncDecode, bytes: Buffer, maxOutputLength: number): Decoded {
  try {
    return { bytes: run(bytes, { maxOutputLength }), isCut: false };
  } catch (error) {
    if (!isCutShort(error)) throw error;
    return { bytes: run(bytes, { maxOutputLength, finishFlush: flush }), isCut: true };
  }
}

interface SyncDecode {
  run: (bytes: Buffer, options: { maxOutputLength: number; finishFlush?: number }) => Buffer;
  /** At the end of a cut input: what it holds instead of an error. */
  flush: number;
}

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
const GUNZIP: SyncDecode = { run: zlib.gunzipSync, flush: Z_SYNC_FLUSH };
const INFLATE: SyncDecode = {
  run: (bytes, options) =>
    DeflateStage.isWrapped(bytes) ? zlib.inflateSync(bytes, options) : zlib.inflateRawSync(bytes, options),
  flush: Z_SYNC_FLUSH,
};

const SYNC = new Map<string, SyncDecode>([
  ['gzip', GUNZIP],
  ['x-gzip', GUNZIP],
  ['br', { run: zlib.brotliDecompressSync, flush: BROTLI_OPERATION_FLUSH }],
  ['deflate', INFLATE],
]);

const STAGES = new Map<string, (output: StageOutput) => Stage>([
  ['gzip', (output) => new GzipStage(output)],
  ['x-gzip', (output) => new GzipStage(output)],
  ['br', (output) => new BrotliStage(output)],
  ['deflate', (output) => new DeflateStage(output)],
  ['zstd', (output) => new ZstdStage(output)],
]);

/** The stages of stacked codings, one feeding the next, with the bounds on what comes out. */
class StageChain {
  readonly #first: Stage;
  readonly #stages: Stage[] = [];
  readonly #options: ContentDecoderOptions;
  readonly #done: Promise<void>;
  #resolve: () => void = () => {};
  #input = 0;
  #output = 0;
  problem: DecodeProblem | null = null;
  isCut = false;

  constructor(options: ContentDecoderOptions) {
    this.#options = options;
    this.#done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    let output: StageOutput = {
      data: (bytes, at) => this.#emit(bytes, at),
      end: () => this.#resolve(),
      cut: () => this.#cut(),
      fail: () => this.#fail('corrupt'),
    };
    for (const coding of options.codings) {
      const create = STAGES.get(coding);
      if (create === undefined) continue;
      const stage = create(output);
      this.#stages.push(stage);
      output = this.#into(stage);
    }
    const last = this.#stages.at(-1);
    if (last === undefined) throw new RangeError('no codings to decode');
    this.#first = last;
  }

  write(bytes: Buffer, at: number): void {
    if (this.problem !== null) return;
    this.#input += bytes.length;
    this.#first.write(bytes, at);
  }

  end(): Promise<void> {
    if (this.problem === null) this.#first.end();
    return this.#done;
  }

  #into(stage: Stage): StageOutput {
    return {
      data: (bytes, at) => {
        this.#count(bytes.length);
        if (this.problem === null) stage.write(bytes, at);
      },
      end: () => stage.end(),
      cut: () => this.#cut(),
      fail: () => this.#fail('corrupt'),
    };
  }

  #emit(bytes: Uint8Array, at: number): void {
    this.#count(bytes.length);
    if (this.problem === null) this.#options.onBytes(bytes, at);
  }

  #count(bytes: number): void {
    this.#output += bytes;
    const bomb = this.#output > RATIO_FREE_OUTPUT && this.#output > this.#input * MAX_RATIO;
    if (bomb || this.#output > this.#options.maxOutput) this.#fail('too_large');
  }

  #cut(): void {
    this.isCut = true;
  }

  #fail(problem: DecodeProblem): void {
    if (this.problem !== null) return;
    this.problem = problem;
    for (const stage of this.#stages) stage.stop();
    this.#resolve();
  }
}
