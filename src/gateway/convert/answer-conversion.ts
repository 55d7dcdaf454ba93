import { isObject, valueAt, type JsonObject } from '../../providers/families/json.ts';
import { errorOfBody, statedError } from '../../providers/families/errors.ts';
import { AnswerCollector } from './answer.ts';
import type { AnswerContext, AskedAnswer, StreamReader, StreamWriter } from './answer-format.ts';
import { EventStreamReader } from './event-stream.ts';
import { exactText, parseExact } from './exact-json.ts';
import { FORMATS_BY_NAME } from './formats.ts';
import type { AnswerError, AnswerEvent, Format } from './model.ts';
import { type Note, Notes } from './notes.ts';
import { RestoredTools } from './restored-tools.ts';
import type { ToolNames } from './tool-names.ts';

/** Of a whole answer, and of one event of a stream. */
const MAX_BYTES = 64 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

export interface AnswerConversionOptions {
  /** The target's format. */
  from: Format;
  /** The client's format. */
  to: Format;
  asked: AskedAnswer;
  /** Of the client's request. */
  repeated: JsonObject;
  names: ToolNames;
  /** Milliseconds since the epoch. */
  wall: () => number;
}

/** What the client gets for the body of the target's answer. */
export interface AnswerBody {
  /** Final from the beginning for a stream, else with the end: some targets say in a 200 what went wrong. */
  readonly status: number;
  /** True: nothing comes before the end, and the head is to wait for it. */
  readonly isWhole: boolean;
  readonly contentType: string;
  /** What the client gets now; may be empty. */
  push(chunk: Uint8Array): Buffer;
  /** @param whole the target's answer came to its proper end; after a cut the client gets no end either. */
  end(whole: boolean): Buffer;
  /** So far. */
  notes(): readonly Note[];
}

export class AnswerConversion {
  readonly #options: AnswerConversionOptions;

  constructor(options: AnswerConversionOptions) {
    this.#options = options;
  }

  /**
   * Whatever the target sends: the client gets a stream if it asked for one, a document if not, and errors in its own
   * format.
   * @param contentType of the answer, whose content coding is off.
   */
  begin(status: number, contentType: string): AnswerBody {
    const notes = new Notes();
    const now = Math.floor(this.#options.wall() / 1000);
    const { asked, repeated } = this.#options;
    const parts: AnswerParts = { ...this.#options, notes, context: { asked, repeated, now, notes } };
    if (status < 200 || status > 299) return new ErrorBody(status, parts);
    return new ConvertedBody(status, /^\s*text\/event-stream\b/i.test(contentType), parts);
  }
}

/** An error in the words of a format. */
function errorBody(format: Format, error: AnswerError): Buffer {
  return Buffer.from(exactText(FORMATS_BY_NAME[format].writeError(error)));
}

interface AnswerParts extends AnswerConversionOptions {
  notes: Notes;
  context: AnswerContext;
}

/** Copies, up to a limit. */
class Held {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** False = too long. */
  push(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES) this.#chunks.length = 0;
    else this.#chunks.push(Buffer.from(chunk));
    return this.#bytes <= MAX_BYTES;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

class ErrorBody implements AnswerBody {
  readonly status: number;
  readonly isWhole = true;
  readonly contentType = 'application/json';
  readonly #parts: AnswerParts;
  readonly #held = new Held();

  constructor(status: number, parts: AnswerParts) {
    this.status = status;
    this.#parts = parts;
  }

  push(chunk: Uint8Array): Buffer {
    this.#held.push(chunk);
    return NOTHING;
  }

  end(): Buffer {
    const text = this.#held.text();
    const { type, message } = errorOfBody(parsed(text), this.status);
    const said = message === '' ? text.trim().slice(0, 2000) : message;
    return errorBody(this.#parts.to, { status: this.status, type, message: said });
  }

  notes(): readonly Note[] {
    return this.#parts.notes.list();
  }
}

function parsed(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}

const CUT: AnswerError = { status: 502, type: 'api_error', message: 'the answer was cut off' };
const NO_ANSWER: AnswerError = { status: 502, type: 'api_error', message: 'the target’s answer is not in its format' };
const TOO_LONG: AnswerError = { status: 502, type: 'api_error', message: 'the target’s answer is too long' };

/** Every whole answer has it. */
const MARKS: Readonly<Record<Format, string>> = {
  'anthropic-messages': 'content',
  'openai-chat': 'choices',
  'openai-responses': 'output',
};

/** An answer that succeeded: pieces from a stream or a document, written as a stream or a document. */
class ConvertedBody implements AnswerBody {
  status: number;
  readonly isWhole: boolean;
  readonly contentType: string;
  readonly #parts: AnswerParts;
  readonly #tools: RestoredTools;
  readonly #source: EventSource | DocumentSource;
  readonly #writer: StreamWriter;
  #phase: 'waiting' | 'begun' | 'over' = 'waiting';

  constructor(status: number, isStream: boolean, parts: AnswerParts) {
    this.status = status;
    this.#parts = parts;
    this.#tools = new RestoredTools(parts.names);
    const format = FORMATS_BY_NAME[parts.from];
    this.#source = isStream ? new EventSource(format.streamReader(parts.notes)) : new DocumentSource(parts);
    const { stream } = parts.asked;
    this.isWhole = !stream;
    this.contentType = stream ? 'text/event-stream; charset=utf-8' : 'application/json';
    this.#writer = stream ? FORMATS_BY_NAME[parts.to].streamWriter(parts.context) : new DocumentWriter(parts);
  }

  push(chunk: Uint8Array): Buffer {
    return this.#writeAll(() => this.#source.push(chunk));
  }

  end(whole: boolean): Buffer {
    const last = this.#writeAll(() => this.#source.end(whole));
    // A document that was never written is none: the client is told why.
    return this.isWhole && this.#phase !== 'over' ? this.#write([{ kind: 'error', error: CUT }]) : last;
  }

  notes(): readonly Note[] {
    return this.#parts.notes.list();
  }

  /** What cannot be read or written, e.g. for its depth, must not leave the client waiting. */
  #writeAll(read: () => Iterable<AnswerEvent>): Buffer {
    try {
      return this.#write(read());
    } catch {
      return this.#write([{ kind: 'error', error: NO_ANSWER }]);
    }
  }

  #write(events: Iterable<AnswerEvent>): Buffer {
    const out: string[] = [];
    for (const event of events) {
      // Nothing follows an end or an error.
      if (this.#phase === 'over') break;
      if (event.kind === 'start' && this.#phase !== 'waiting') continue;
      out.push(this.#beginningOf(event));
      for (const restored of this.#tools.restore(event)) out.push(this.#writer.write(restored));
      this.#note(event);
    }
    const text = out.join('');
    return text === '' ? NOTHING : Buffer.from(text);
  }

  /** Some servers say nothing of an answer before its first words. */
  #beginningOf({ kind }: AnswerEvent): string {
    if (this.#phase !== 'waiting' || kind === 'start' || kind === 'ping' || kind === 'error') return '';
    this.#phase = 'begun';
    const model = this.#parts.asked.model ?? '';
    return this.#writer.write({ kind: 'start', id: '', model, created: null, usage: null });
  }

  #note(event: AnswerEvent): void {
    if (event.kind === 'start') this.#phase = 'begun';
    if (event.kind === 'end' || event.kind === 'error') this.#phase = 'over';
    if (event.kind !== 'error' || !this.isWhole) return;
    const { status } = event.error;
    this.status = status >= 400 && status <= 599 ? status : 502;
  }
}

class EventSource {
  readonly #reader: StreamReader;
  readonly #events: EventStreamReader;
  #found: AnswerEvent[] = [];

  constructor(reader: StreamReader) {
    this.#reader = reader;
    this.#events = new EventStreamReader({
      onEvent: (data, event) => this.#read(data, event),
      onComment: () => this.#found.push({ kind: 'ping' }),
      onOversized: () => this.#found.push({ kind: 'error', error: TOO_LONG }),
      maxLength: MAX_BYTES,
    });
  }

  push(chunk: Uint8Array): AnswerEvent[] {
    this.#events.push(chunk);
    return this.#taken();
  }

  end(whole: boolean): AnswerEvent[] {
    if (!whole) return [];
    this.#events.end();
    this.#found.push(...this.#reader.end());
    return this.#taken();
  }

  #read(data: string, event: string): void {
    if (data.trim() === '[DONE]') {
      this.#found.push(...this.#reader.done());
      return;
    }
    const message = parsed(data);
    if (isObject(message)) this.#found.push(...this.#reader.read(message, event));
  }

  #taken(): AnswerEvent[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}

class DocumentSource {
  readonly #parts: AnswerParts;
  readonly #held = new Held();
  #fits = true;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  push(chunk: Uint8Array): AnswerEvent[] {
    this.#fits &&= this.#held.push(chunk);
    return [];
  }

  end(whole: boolean): Iterable<AnswerEvent> {
    const { from, notes } = this.#parts;
    if (!whole) return [{ kind: 'error', error: CUT }];
    if (!this.#fits) return [{ kind: 'error', error: TOO_LONG }];
    const body = parsed(this.#held.text());
    if (!isObject(body)) return [{ kind: 'error', error: NO_ANSWER }];
    // Some say in a 200 what went wrong.
    const error = statedError(body);
    if (error !== null) return [{ kind: 'error', error: { status: 502, ...error } }];
    if (!Array.isArray(valueAt(body, MARKS[from]))) return [{ kind: 'error', error: NO_ANSWER }];
    return FORMATS_BY_NAME[from].readWhole(body, notes);
  }
}

/** The document is written with the end. */
class DocumentWriter implements StreamWriter {
  readonly #parts: AnswerParts;
  readonly #collector = new AnswerCollector();

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  write(event: AnswerEvent): string {
    const { to, context } = this.#parts;
    this.#collector.add(event);
    if (event.kind === 'error') return exactText(FORMATS_BY_NAME[to].writeError(event.error));
    if (event.kind !== 'end') return '';
    return exactText(FORMATS_BY_NAME[to].writeWhole(this.#collector.answer(), context));
  }
}
