import { TopLevelScanner } from '../decoders/json-scan.ts';
import { statedError, type StatedError } from '../providers/families/errors.ts';
import { geminiLive } from '../providers/families/gemini-live.ts';
import { isObject, objectAt, stringAt, valueAt, type JsonObject } from '../providers/families/json.ts';
import { openaiResponses } from '../providers/families/openai-responses.ts';
import { parseJson } from '../decoders/parse-json.ts';
import { OpenAnswer, type Asked, type SocketAnswer } from './socket-answer.ts';

export interface SocketReaderOptions {
  /** Called as each answer ends, in that order. */
  onAnswer(answer: SocketAnswer): void;
  /** Model that the URL names, or null. */
  model: string | null;
  /** Bytes of one message; longer ones are not read. */
  messageLength: number;
  /** Characters of assembled output of one answer. */
  assembledLength: number;
}

/** Members of the client's messages; all else in them (audio, history) is passed over. */
const WANTED: ReadonlySet<string> = new Set(['type', 'model', 'generate', 'response', 'setup']);
/** A client's message without any of these asks for nothing. */
const ASKS = /"(?:response\.create|setup)"/;
/** Events that are large and say no more than that there is content. */
const AUDIO =
  /^\s*\{(?:"(?:event_id|response_id|item_id)":\s*"[^"]*",\s*)*"type":\s*"response\.(?:output_)?audio\.delta"/;

/** Answers at once. A client that asks for more without end holds no memory. */
const MOST_OPEN = 32;
const MOST_ASKED = 32;
const MOST_ITEMS = 256;
const MOST_CLOSED = 64;

/**
 * Reads the messages of one WebSocket: OpenAI's Realtime and Responses APIs (and xAI's, Azure's), and Gemini Live. One
 * answer per response: each states its own counts, which nothing repeats. Never throws for what the messages hold.
 */
export class SocketReader {
  readonly #options: SocketReaderOptions;
  readonly #asked: Asked[] = [];
  /** By response id, oldest first. Gemini's turns have none. */
  readonly #open = new Map<string, OpenAnswer>();
  /** Response of an item. */
  readonly #items = new Map<string, string>();
  readonly #closed = new Set<string>();
  #requestModel: string | null;
  #sessionModel: string | null = null;
  #transcriber: string | null = null;
  #isSession = false;

  constructor(options: SocketReaderOptions) {
    this.#options = options;
    this.#requestModel = options.model;
  }

  clientMessage(data: string | Uint8Array, at: number): void {
    const text = this.#textOf(data);
    if (text === null || !ASKS.test(text)) return;
    const scanner = new TopLevelScanner(WANTED);
    scanner.push(Buffer.from(text));
    const message = scanner.result();
    const setup = objectAt(message, 'setup');
    if (setup !== null) {
      this.#requestModel = withoutPath(stringAt(setup, 'model')) ?? this.#requestModel;
    } else if (stringAt(message, 'type') === 'response.create' && this.#asked.length < MOST_ASKED) {
      const response = objectAt(message, 'response');
      this.#asked.push({
        model: stringAt(message, 'model') ?? stringAt(response, 'model') ?? this.#requestModel,
        isWarmUp: (valueAt(message, 'generate') ?? valueAt(response, 'generate')) === false,
        at,
      });
    }
  }

  serverMessage(data: string | Uint8Array, at: number): void {
    const text = this.#textOf(data);
    if (text === null) return;
    if (AUDIO.test(text.slice(0, 400))) {
      const [answer] = [...this.#open.values()].slice(-1);
      if (answer !== undefined) {
        answer.reading.at = at;
        answer.reading.content();
      }
      return;
    }
    const message = parseJson(text);
    if (!isObject(message)) return;
    const type = stringAt(message, 'type');
    if (type !== null) this.#event(type, message, at);
    else if (geminiLive.recognises(message)) this.#turn(message, at);
  }

  /** The socket is closed: what is open was cut. */
  end(at: number): void {
    for (const id of this.#open.keys()) this.#close(id, false, at);
  }

  // --- OpenAI ---

  #event(type: string, message: JsonObject, at: number): void {
    if (type.startsWith('response.')) this.#responseEvent(message, at);
    else if (type === 'session.created' || type === 'session.updated') this.#session(message);
    else if (type === 'conversation.item.input_audio_transcription.completed') this.#transcribed(message, at);
    else if (type === 'error') this.#failed(message, at);
  }

  #responseEvent(message: JsonObject, at: number): void {
    const id = this.#responseOf(message);
    if (id === null || this.#closed.has(id)) return;
    const answer = this.#open.get(id) ?? this.#begin(id, at);
    const item = stringAt(objectAt(message, 'item'), 'id');
    if (item !== null) remember(this.#items, item, id);
    answer.read(message, at);
    if (answer.reading.finished) this.#close(id, true, at);
  }

  /** Deltas of the Responses API name no response, but an item of it. */
  #responseOf(message: JsonObject): string | null {
    const stated = stringAt(objectAt(message, 'response'), 'id') ?? stringAt(message, 'response_id');
    if (stated !== null) return stated;
    const item = stringAt(message, 'item_id') ?? stringAt(objectAt(message, 'item'), 'id');
    const known = item === null ? undefined : this.#items.get(item);
    return known ?? [...this.#open.keys()].at(-1) ?? null;
  }

  #begin(id: string, at: number): OpenAnswer {
    const oldest = this.#open.size >= MOST_OPEN ? this.#open.keys().next().value : undefined;
    if (oldest !== undefined) this.#close(oldest, false, at);
    const asked = this.#asked.shift() ?? { model: this.#requestModel, isWarmUp: false, at };
    const answer = new OpenAnswer(openaiResponses, this.#options.assembledLength, asked);
    this.#open.set(id, answer);
    return answer;
  }

  #session(message: JsonObject): void {
    const session = objectAt(message, 'session');
    this.#isSession = true;
    this.#sessionModel = stringAt(session, 'model') ?? this.#sessionModel;
    const input = objectAt(objectAt(session, 'audio'), 'input');
    const transcription = objectAt(input, 'transcription') ?? objectAt(session, 'input_audio_transcription');
    this.#transcriber = stringAt(transcription, 'model') ?? this.#transcriber;
  }

  /** Billed beside the responses, at the price of the model that transcribes. */
  #transcribed(message: JsonObject, at: number): void {
    if (objectAt(message, 'usage') === null) return;
    const asked = { model: this.#transcriber, isWarmUp: false, at };
    const answer = new OpenAnswer(openaiResponses, this.#options.assembledLength, asked);
    answer.read({ usage: message['usage'], text: message['transcript'] }, at);
    const closed = answer.close(true, null, at);
    const response_id = stringAt(message, 'item_id');
    this.#options.onAnswer({ ...closed, kind: 'transcription', isInference: false, response_id });
  }

  /** An error while something is generated, or instead of it. */
  #failed(message: JsonObject, at: number): void {
    if (this.#isSession) {
      // Realtime: about some message of the client, perhaps one that asked. A response that fails says so itself.
      this.#asked.length = 0;
      return;
    }
    const error = statedError(message) ?? flatError(message);
    const open = [...this.#open.keys()].at(-1);
    if (open !== undefined) {
      const answer = this.#open.get(open);
      if (answer !== undefined) answer.reading.error = error;
    } else if (this.#asked.length > 0) {
      const answer = this.#begin('', at);
      answer.reading.error = error;
      this.#close('', true, at);
      this.#closed.delete('');
    }
  }

  // --- Gemini Live ---

  /** A turn ends with its usage; what follows belongs to the next. */
  #turn(message: JsonObject, at: number): void {
    if (objectAt(message, 'setupComplete') !== null) return;
    const isNew = !this.#open.has(TURN);
    // The mere end of a turn begins none.
    if (isNew && objectAt(message, 'usageMetadata') === null && !hasContent(message)) return;
    const asked = { model: this.#requestModel, isWarmUp: false, at };
    const answer = this.#open.get(TURN) ?? new OpenAnswer(geminiLive, this.#options.assembledLength, asked);
    this.#open.set(TURN, answer);
    answer.read(message, at);
    if (answer.reading.finished) this.#close(TURN, true, at);
  }

  #close(id: string, whole: boolean, at: number): void {
    const answer = this.#open.get(id);
    this.#open.delete(id);
    if (id !== TURN) {
      this.#closed.add(id);
      const [first] = this.#closed;
      if (this.#closed.size > MOST_CLOSED && first !== undefined) this.#closed.delete(first);
    }
    if (answer !== undefined) this.#options.onAnswer(answer.close(whole, this.#sessionModel, at));
  }

  /** Gemini's messages are JSON in binary frames. Null for sound, and for what is too long. */
  #textOf(data: string | Uint8Array): string | null {
    if (data.length > this.#options.messageLength) return null;
    if (typeof data === 'string') return data;
    const isJson = data.find((byte) => byte > 0x20) === OPEN_BRACE;
    return isJson ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8') : null;
  }
}

const OPEN_BRACE = 0x7b;
/** No response id begins with a blank. */
const TURN = ' turn';

function hasContent(message: JsonObject): boolean {
  const content = objectAt(message, 'serverContent');
  const generated = objectAt(content, 'modelTurn') ?? objectAt(content, 'outputTranscription');
  return generated !== null || objectAt(message, 'toolCall') !== null;
}

/** `models/…`, `publishers/google/models/…`, `projects/…/models/…`. */
function withoutPath(model: string | null): string | null {
  return model === null ? null : model.slice(model.lastIndexOf('/') + 1) || null;
}

/** Responses: `{type: "error", code, message}`. */
function flatError(message: JsonObject): StatedError {
  return { type: stringAt(message, 'code') ?? 'error', message: stringAt(message, 'message') ?? '' };
}

function remember(map: Map<string, string>, key: string, value: string): void {
  const [oldest] = map.keys();
  if (map.size >= MOST_ITEMS && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
