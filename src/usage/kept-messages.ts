import { ByteBuffer } from '../decoders/byte-buffer.ts';
import { Arrivals } from './arrivals.ts';
import type { MeteredBody } from './metered.ts';

const LF = Buffer.from('\n');
const LINE_BREAKS = /[\r\n]+/g;

/**
 * The messages of a WebSocket that belong to one answer, as a text of one JSON value a line. Sound is left out, and
 * what is too long: the text is then not the whole.
 */
export class KeptMessages {
  readonly #bytes: ByteBuffer;
  readonly #arrivals = new Arrivals();
  #wireBytes = 0;
  #leftOut = false;

  constructor(mostBytes: number) {
    this.#bytes = new ByteBuffer(mostBytes);
  }

  get wireBytes(): number {
    return this.#wireBytes;
  }

  /** Bytes that are held. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Of each message: bytes before it, and its time; one after the other. */
  get arrivals(): readonly number[] {
    return this.#arrivals.pairs;
  }

  /** @param text JSON: a line break can stand between two of its tokens only. */
  push(text: string, wireBytes: number, at: number): void {
    this.#wireBytes += wireBytes;
    if (this.#bytes.truncated) return;
    const line = Buffer.from(text.includes('\n') ? text.trim().replaceAll(LINE_BREAKS, ' ') : text);
    const { length } = this.#bytes;
    this.#arrivals.add(length === 0 ? 0 : length + LF.length, at);
    if (length > 0) this.#bytes.push(LF);
    this.#bytes.push(line);
  }

  leaveOut(wireBytes: number): void {
    this.#wireBytes += wireBytes;
    this.#leftOut = true;
  }

  capture(): MeteredBody {
    const truncated = this.#leftOut || this.#bytes.truncated;
    const wireBytes = this.#wireBytes;
    if (this.#bytes.length === 0) return { text: wireBytes === 0 ? '' : null, bytes: null, wireBytes, truncated };
    const bytes = this.#bytes.view();
    return { text: bytes.toString('utf8'), bytes, wireBytes, truncated };
  }
}
