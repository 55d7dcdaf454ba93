import { ByteBuffer } from './byte-buffer.ts';
import type { MessageSink } from './message-sink.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The elements of one JSON array, each as soon as it is whole (Gemini streams without `alt=sse`).
 * Elements that are not objects or arrays are passed over: no stream has them.
 */
export class JsonArrayDecoder {
  readonly #sink: MessageSink;
  readonly #element: ByteBuffer;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #oversized = false;
  #closed = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
    this.#element = new ByteBuffer(sink.maxLength);
  }

  /** The array has ended. */
  get closed(): boolean {
    return this.#closed;
  }

  push(chunk: Uint8Array): void {
    let start = this.#depth >= 2 ? 0 : -1;
    for (let index = 0; index < chunk.length && !this.#closed; index += 1) {
      const byte = chunk[index] ?? 0;
      if (this.#inString) {
        this.#stringByte(byte);
        continue;
      }
      const step = this.#structureByte(byte);
      if (step > 0 && this.#depth === 2) start = index;
      if (step < 0 && this.#depth === 1) {
        this.#add(chunk.subarray(start, index + 1));
        this.#flush();
        start = -1;
      }
    }
    if (start >= 0) this.#add(chunk.subarray(start));
  }

  /** What the byte does to the depth. */
  #structureByte(byte: number): number {
    if (byte === QUOTE) this.#inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      this.#depth += 1;
      return 1;
    } else if (byte === 0x7d || byte === 0x5d) {
      this.#depth -= 1;
      this.#closed = this.#depth <= 0;
      return -1;
    }
    return 0;
  }

  #stringByte(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #add(part: Uint8Array): void {
    if (this.#element.length + part.length > this.#sink.maxLength) this.#oversized = true;
    if (!this.#oversized) this.#element.push(part);
  }

  #flush(): void {
    if (this.#oversized) this.#sink.onOversized();
    else this.#sink.onMessage(this.#element.view().toString('utf8'));
    this.#oversized = false;
    this.#element.clear();
  }
}
