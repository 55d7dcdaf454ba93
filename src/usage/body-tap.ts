import { ContentDecoder, parseContentEncoding, type DecodeProblem } from '../decoders/content-encoding.ts';

export interface BodyTapOptions {
  /** Content-Encoding header. */
  encoding: string | null;
  /** Output is wanted while input comes. */
  incremental: boolean;
  maxOutput: number;
  /** Decoded bytes, valid during the call. */
  onBytes(bytes: Uint8Array, at: number): void;
}

/** One body on its way from the wire to its reader: counts it and takes its content coding off. */
export class BodyTap {
  readonly #onBytes: (bytes: Uint8Array, at: number) => void;
  readonly #decoder: ContentDecoder | null;
  #wireBytes = 0;
  #broken = false;

  constructor(options: BodyTapOptions) {
    const codings = parseContentEncoding(options.encoding);
    this.#onBytes = (bytes, at) => options.onBytes(bytes, at);
    this.#decoder = codings.length === 0 ? null : new ContentDecoder({ ...options, codings });
  }

  /** Bytes that the body had on the wire, those of gaps included. */
  get wireBytes(): number {
    return this.#wireBytes;
  }

  get problem(): DecodeProblem | null {
    return this.#decoder?.problem ?? null;
  }

  /** It stopped before the end that its content coding has. To be asked after the end. */
  get isCut(): boolean {
    return this.#decoder?.isCut === true;
  }

  push(chunk: Uint8Array, at: number): void {
    this.#wireBytes += chunk.length;
    if (this.#decoder === null) this.#onBytes(chunk, at);
    else if (!this.#broken) this.#decoder.push(chunk, at);
  }

  /** `bytes` of the body were not captured. What is compressed cannot be read beyond that point. */
  gap(bytes: number): void {
    this.#wireBytes += bytes;
    this.#broken = true;
  }

  /** A promise only when a decoding stream must drain. */
  end(): void | Promise<void> {
    return this.#decoder?.end();
  }
}
