import { ByteBuffer } from './byte-buffer.ts';
import type { MessageSink } from './message-sink.ts';

const LINE_FEED = 10;

/** One JSON text a line (application/x-ndjson, stream+json, JSONL files). Empty lines are keep-alives. */
export class NdjsonDecoder {
  readonly #sink: MessageSink;
  readonly #line: ByteBuffer;
  #oversized = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
    this.#line = new ByteBuffer(sink.maxLength);
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      this.#flush();
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
  }

  /** @param whole false after a cut: the last line may be half of one. */
  end(whole: boolean): void {
    if (whole) this.#flush();
  }

  #add(part: Uint8Array): void {
    if (this.#oversized) return;
    if (this.#line.length + part.length > this.#sink.maxLength) this.#oversized = true;
    else this.#line.push(part);
  }

  #flush(): void {
    if (this.#oversized) this.#sink.onOversized();
    else {
      const text = this.#line.view().toString('utf8').trim();
      if (text !== '') this.#sink.onMessage(text);
    }
    this.#oversized = false;
    this.#line.clear();
  }
}
