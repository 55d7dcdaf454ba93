import { StringDecoder } from 'node:string_decoder';
import { createParser, type EventSourceParser, type ParseError } from 'eventsource-parser';

export interface SseOptions {
  /** @param event the `event:` field; undefined when absent. */
  onEvent(data: string, event: string | undefined): void;
  /** An event longer than `maxLength` was left out. */
  onOversized(): void;
  /** This is no event stream: nothing more is read of it. */
  onMalformed(): void;
  /** UTF-16 units of one event. */
  maxLength: number;
}

const BYTE_ORDER_MARK = '\uFEFF';

/** The parser makes an Error of each line that is no field (15 µs): text that is no event stream must not cost seconds. */
const MAX_UNKNOWN_FIELDS = 1000;

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
  #afterCarriageReturn = false;
  /** Inside an event over the limit. */
  #skipping = false;
  #afterLineFeed = false;
  #unknownFields = 0;
  #malformed = false;

  constructor(options: SseOptions) {
    this.#options = options;
    this.#parser = createParser({
      onEvent: (message) => options.onEvent(message.data, message.event),
      onError: (error) => this.#onError(error),
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
    let rest = this.#withLineFeeds(text);
    if (this.#first && rest !== '') {
      this.#first = false;
      if (rest.startsWith(BYTE_ORDER_MARK)) rest = rest.slice(1);
    }
    if (this.#skipping) {
      const end = this.#endOfSkipped(rest);
      if (end < 0) return;
      this.#skipping = false;
      rest = rest.slice(end);
    }
    if (rest === '' || this.#malformed) return;
    try {
      this.#parser.feed(rest);
    } catch (error) {
      if (!this.#malformed) throw error;
      this.#options.onMalformed();
      return;
    }
    if (!this.#exceeded) return;
    this.#exceeded = false;
    this.#parser.reset();
    this.#options.onOversized();
    this.#skipping = true;
    this.#afterLineFeed = rest.endsWith('\n');
  }

  #onError(error: ParseError): void {
    if (error.type === 'max-buffer-size-exceeded') this.#exceeded = true;
    if (error.type !== 'unknown-field') return;
    this.#unknownFields += 1;
    if (this.#unknownFields <= MAX_UNKNOWN_FIELDS) return;
    this.#malformed = true;
    throw error; // the only way out of the parser's loop
  }

  /**
   * CR and CRLF as LF. The parser knows all three, but looks for the next LF again at every CR: 2.6 s for a megabyte
   * of lines that end in CR alone.
   */
  #withLineFeeds(text: string): string {
    let rest = text;
    if (this.#afterCarriageReturn && rest !== '') {
      this.#afterCarriageReturn = false;
      if (rest.startsWith('\n')) rest = rest.slice(1);
    }
    if (!rest.includes('\r')) return rest;
    this.#afterCarriageReturn = rest.endsWith('\r');
    return rest.replaceAll(/\r\n?/g, '\n');
  }

  /** Index behind the empty line that ends an event, or -1. */
  #endOfSkipped(text: string): number {
    if (this.#afterLineFeed && text.startsWith('\n')) return 1;
    const end = text.indexOf('\n\n');
    if (end < 0 && text !== '') this.#afterLineFeed = text.endsWith('\n');
    return end < 0 ? -1 : end + 2;
  }
}
