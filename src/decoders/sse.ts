import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser } from 'eventsource-parser';

export interface SseOptions {
  /** @param event the `event:` field; undefined when absent. */
  onEvent(data: string, event: string | undefined): void;
  /** An event longer than `maxLength` was left out. */
  onOversized(): void;
  /** UTF-16 units of one event. */
  maxLength: number;
}

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Server-sent events, right for any split of the bytes (also inside a UTF-8 sequence or a CRLF).
 * eventsource-parser stops for good at its length limit; a meter goes on with the next event.
 */
export class SseDecoder {
  readonly #options: SseOptions;
  readonly #utf8 = new StringDecoder('utf8');
  readonly #parser: EventSourceParser;
  #first = true;
  #exceeded = false;
  #skip: EventEndFinder | null = null;

  constructor(options: SseOptions) {
    this.#options = options;
    this.#parser = createParser({
      onEvent: (message) => options.onEvent(message.data, message.event),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') this.#exceeded = true;
      },
      maxBufferSize: options.maxLength,
    });
  }

  push(chunk: Uint8Array): void {
    // StringDecoder takes any view at run time; its type asks for a Buffer.
    this.#feed(this.#utf8.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  }

  /**
   * @param whole the stream ended properly: an event without its closing empty line counts (seen at several
   *   providers). After a cut it does not: it may be half of one.
   */
  end(whole: boolean): void {
    if (!whole) return;
    this.#feed(`${this.#utf8.end()}\n\n`);
  }

  #feed(text: string): void {
    let rest = text;
    if (this.#first && rest !== '') {
      this.#first = false;
      if (rest.startsWith(BYTE_ORDER_MARK)) rest = rest.slice(1);
    }
    if (this.#skip !== null) {
      const end = this.#skip.find(rest);
      if (end < 0) return;
      this.#skip = null;
      rest = rest.slice(end);
    }
    if (rest === '') return;
    this.#parser.feed(rest);
    if (!this.#exceeded) return;
    this.#exceeded = false;
    this.#parser.reset();
    this.#options.onOversized();
    this.#skip = new EventEndFinder(rest);
  }
}

/** Finds the empty line that ends an event, across any split. */
class EventEndFinder {
  #lineEnds = 0;
  #afterCarriageReturn = false;

  constructor(seen: string) {
    this.find(seen.slice(-3));
  }

  /** Index after the empty line, or -1. */
  find(text: string): number {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code === 10 && this.#afterCarriageReturn) {
        this.#afterCarriageReturn = false; // second half of CRLF
        if (this.#lineEnds >= 2) return index + 1;
        continue;
      }
      if (this.#lineEnds >= 2) return index;
      this.#afterCarriageReturn = code === 13;
      this.#lineEnds = code === 10 || code === 13 ? this.#lineEnds + 1 : 0;
      if (this.#lineEnds >= 2 && code === 10) return index + 1;
    }
    return -1;
  }
}
