/**
 * Server-sent events of a target, right for any split of the bytes. Comments are told as well: they are how servers say
 * that they are still there.
 */
import { StringDecoder } from 'node:string_decoder';

export interface EventStreamOptions {
  /** @param event the `event:` field, `` when absent. */
  onEvent(data: string, event: string): void;
  onComment(): void;
  /** An event is longer than `maxLength`: nothing more is read. */
  onOversized(): void;
  /** UTF-16 units of one event. */
  maxLength: number;
}

const BYTE_ORDER_MARK = '\uFEFF';
const LINE_END = /[\r\n]/g;

export class EventStreamReader {
  readonly #options: EventStreamOptions;
  readonly #utf8 = new StringDecoder('utf8');
  /** Pieces of the line that is not whole yet. */
  #line: string[] = [];
  #data: string[] = [];
  #event = '';
  #length = 0;
  #afterCarriageReturn = false;
  #first = true;
  #oversized = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    this.#feed(this.#utf8.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  }

  /** The stream is over: a last event without its empty line counts. */
  end(): void {
    this.#feed(`${this.#utf8.end()}\n\n`);
  }

  #feed(text: string): void {
    let at = this.#afterCarriageReturn && text.startsWith('\n') ? 1 : 0;
    if (text !== '') this.#afterCarriageReturn = false;
    while (at < text.length && !this.#oversized) {
      const end = endOfLine(text, at);
      this.#take(text.slice(at, end));
      if (end === text.length) return;
      const isPair = text.startsWith('\r\n', end);
      this.#afterCarriageReturn = !isPair && text[end] === '\r' && end + 1 === text.length;
      at = end + (isPair ? 2 : 1);
      if (!this.#oversized) this.#endLine();
    }
  }

  #take(text: string): void {
    this.#line.push(text);
    this.#length += text.length;
    if (this.#length <= this.#options.maxLength) return;
    this.#oversized = true;
    this.#line = [];
    this.#data = [];
    this.#options.onOversized();
  }

  #endLine(): void {
    let line = this.#line.length === 1 ? (this.#line[0] ?? '') : this.#line.join('');
    this.#line = [];
    if (this.#first && line.startsWith(BYTE_ORDER_MARK)) line = line.slice(1);
    this.#first = false;
    if (line === '') this.#dispatch();
    else if (line.startsWith(':')) this.#options.onComment();
    else this.#field(line);
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const rest = colon < 0 ? '' : line.slice(colon + 1);
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = [];
    this.#event = '';
    this.#length = 0;
    if (data.length > 0) this.#options.onEvent(data.join('\n'), event);
  }
}

/** Index of the next line end, or the text's length. */
function endOfLine(text: string, from: number): number {
  LINE_END.lastIndex = from;
  return LINE_END.exec(text)?.index ?? text.length;
}

/** @param event `` = none. */
export function eventText(event: string, data: string): string {
  return event === '' ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}

export const COMMENT = ': ping\n\n';
