import { TopLevelScanner } from '../decoders/json-scan.ts';
import { statedError, type StatedError } from '../providers/families/errors.ts';
import type { Family } from '../providers/families/family.ts';
import { geminiLive } from '../providers/families/gemini-live.ts';
import { isObject, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../providers/families/json.ts';
import { openaiResponses } from '../providers/families/openai-responses.ts';
import { parseJson } from '../decoders/parse-json.ts';
import { KeptMessages } from './kept-messages.ts';
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
  /** Bytes of what is kept of an answer, and of what was said before it. */
  bodyLength: number;
  /** False = memory is short: the messages are read, and not kept. */
  mayKeep(): boolean;
}

/** Members of the client's messages; all else in them (audio, history) is passed over. */
const WANTED: ReadonlySet<string> = new Set(['type', 'model', 'generate', 'stream_id', 'response', 'setup']);
/** A client's message without any of these asks for nothing. */
const ASKS = /"(?:response\.create|setup)"/;
/** Sound and pictures of the client. */
const SENT_MEDIA =
  /^\s*\{(?:\s*"event_id":\s*"[^"]*",)?\s*(?:"type":\s*"input_audio_buffer\.append"|"realtime_?[iI]nput":\s*\{\s*"(?:media|audio|video))/;
/** Of Gemini's client: what a turn answers. */
const SAID = /^\s*\{\s*"(?:client_?[cC]ontent|tool_?[rR]esponse|realtime_?[iI]nput)"/;
/** A client that says one of these speaks a dialect that is read here. */
const KNOWN =
  /"(?:response\.create|session\.update|conversation\.item\.create|setup|client_?[cC]ontent|realtime_?[iI]nput)"/;
/** Bytes of what is said before it is asked for an answer: a socket that never asks must not fill the memory of all. */
const MOST_SAID = 256 * 1024;
const HEAD = 400;
const TRANSCRIPTION = /^transcription_session\./;
const SESSIONS: ReadonlySet<string> = new Set([
  'session.created',
  'session.updated',
  'transcription_session.created',
  'transcription_session.updated',
]);
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
  #session: string | null = null;
  /** Nothing is answered, what is said is put into text: that is the call. */
  #transcribesOnly = false;
  /** What the client said since the last answer began. */
  #said: KeptMessages;
  #saidAt: number | null = null;
  #known = false;
  #count = 0;

  constructor(options: SocketReaderOptions) {
    this.#options = options;
    this.#requestModel = options.model;
    this.#said = new KeptMessages(options.bodyLength);
  }

  /** Answers that were begun. */
  get count(): number {
    return this.#count;
  }

  /** The answer that has begun last, of those that have not ended. */
  get latest(): OpenAnswer | undefined {
    let latest: OpenAnswer | undefined;
    for (const answer of this.#open.values()) latest = answer;
    return latest;
  }

  /** The server's own name of the conversation. */
  get session(): string | null {
    return this.#session;
  }

  /** It is one of Realtime. */
  get isSession(): boolean {
    return this.#isSession;
  }

  /** Bytes that are held. */
  get held(): number {
    let held = this.#said.length;
    for (const { body } of this.#asked) held += body.length;
    for (const { asked, kept } of this.#open.values()) held += asked.body.length + kept.length;
    return held;
  }

  /** A message that was not put together. */
  skipped(from: 'client' | 'server', wireBytes: number): void {
    if (from === 'client') this.#said.leaveOut(wireBytes);
    else this.latest?.kept.leaveOut(wireBytes);
  }

  /** @param wireBytes if they were others */
  clientMessage(data: string | Uint8Array, at: number, wireBytes = data.length): void {
    const text = this.#textOf(data);
    if (text === null || SENT_MEDIA.test(text.slice(0, HEAD))) {
      this.#said.leaveOut(wireBytes);
      return;
    }
    const asks = ASKS.test(text);
    this.#known ||= asks || KNOWN.test(text);
    if (this.#known && this.#said.length + (asks ? 0 : text.length) <= MOST_SAID) {
      this.#keep(this.#said, { text, wireBytes }, at);
    } else this.#said.leaveOut(wireBytes);
    if (SAID.test(text)) this.#saidAt = at;
    if (asks) this.#ask(text, at);
  }

  #ask(text: string, at: number): void {
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
        stream: stringAt(message, 'stream_id'),
        at,
        body: this.#takeSaid(),
      });
    }
  }

  /** @param wireBytes if they were others */
  serverMessage(data: string | Uint8Array, at: number, wireBytes = data.length): void {
    const text = this.#textOf(data);
    if (text === null || AUDIO.test(text.slice(0, HEAD))) {
      const { latest: answer } = this;
      if (text !== null && answer !== undefined) {
        answer.reading.at = at;
        answer.reading.content();
      }
      answer?.kept.leaveOut(wireBytes);
      return;
    }
    const message = parseJson(text);
    if (!isObject(message)) return;
    const type = stringAt(message, 'type');
    const line = { text, wireBytes };
    if (type !== null) this.#event(type, message, line, at);
    else if (geminiLive.recognises(message)) this.#turn(message, line, at);
  }

  /** The socket is closed: what is open was cut. */
  end(at: number, onCut?: OnAnswer): void {
    for (const id of this.#open.keys()) this.#close(id, false, at, onCut);
  }

  // --- OpenAI ---

  #event(type: string, message: JsonObject, line: Line, at: number): void {
    if (type.startsWith('response.')) this.#responseEvent(message, line, at);
    else if (SESSIONS.has(type)) this.#onSession(message);
    else if (type === 'conversation.item.input_audio_transcription.completed') this.#transcribed(message, line, at);
    else if (type === 'error') this.#failed(message, line, at);
  }

  #responseEvent(message: JsonObject, line: Line, at: number): void {
    const id = this.#responseOf(message);
    if (id === null || this.#closed.has(id)) return;
    const answer = this.#open.get(id) ?? this.#begin(id, stringAt(message, 'stream_id'), at);
    this.#keep(answer.kept, line, at);
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
    if (known !== undefined) return known;
    const stream = stringAt(message, 'stream_id');
    const open = [...this.#open].filter(([, { asked }]) => stream === null || asked.stream === stream);
    return open.at(-1)?.[0] ?? null;
  }

  #begin(id: string, stream: string | null, at: number): OpenAnswer {
    const oldest = this.#open.size >= MOST_OPEN ? this.#open.keys().next().value : undefined;
    if (oldest !== undefined) this.#close(oldest, false, at);
    return this.#opened(id, openaiResponses, this.#nextAsked(stream) ?? this.#unasked(at), at);
  }

  /** Asked for first, by this conversation of the socket. */
  #nextAsked(stream: string | null): Asked | undefined {
    const index = stream === null ? 0 : this.#asked.findIndex((asked) => asked.stream === stream);
    return this.#asked.splice(Math.max(0, index), 1)[0];
  }

  /** The server answers on its own. */
  #unasked(at: number): Asked {
    return { model: this.#requestModel, isWarmUp: false, stream: null, at, body: this.#takeSaid() };
  }

  #opened(id: string, family: Family, asked: Asked, at: number): OpenAnswer {
    const kept = new KeptMessages(this.#options.bodyLength);
    const answer = new OpenAnswer(family, this.#options.assembledLength, asked, kept, at);
    this.#open.set(id, answer);
    this.#count += 1;
    return answer;
  }

  #takeSaid(): KeptMessages {
    const said = this.#said;
    this.#said = new KeptMessages(this.#options.bodyLength);
    this.#saidAt = null;
    return said;
  }

  #keep(body: KeptMessages, { text, wireBytes }: Line, at: number): void {
    if (this.#options.mayKeep()) body.push(text, wireBytes, at);
    else body.leaveOut(wireBytes);
  }

  #onSession(message: JsonObject): void {
    const session = objectAt(message, 'session');
    this.#known = true;
    this.#isSession = true;
    this.#transcribesOnly =
      stringAt(session, 'type') === 'transcription' || TRANSCRIPTION.test(stringAt(message, 'type') ?? '');
    this.#session = stringAt(session, 'id') ?? this.#session;
    this.#sessionModel = stringAt(session, 'model') ?? this.#sessionModel;
    const input = objectAt(objectAt(session, 'audio'), 'input');
    const transcription = objectAt(input, 'transcription') ?? objectAt(session, 'input_audio_transcription');
    this.#transcriber = stringAt(transcription, 'model') ?? this.#transcriber;
  }

  /** Billed beside the responses, at the price of the model that transcribes. */
  #transcribed(message: JsonObject, line: Line, at: number): void {
    if (objectAt(message, 'usage') === null) return;
    const asked = { model: this.#transcriber, isWarmUp: false, stream: null, at, body: new KeptMessages(0) };
    const kept = new KeptMessages(this.#options.bodyLength);
    const answer = new OpenAnswer(openaiResponses, this.#options.assembledLength, asked, kept, at);
    this.#count += 1;
    this.#keep(kept, line, at);
    answer.read({ usage: message['usage'], text: message['transcript'] }, at);
    const closed = answer.close(true, null, at);
    const response_id = stringAt(message, 'item_id');
    this.#options.onAnswer({ ...closed, kind: 'transcription', isInference: this.#transcribesOnly, response_id });
  }

  /** An error while something is generated, or instead of it. */
  #failed(message: JsonObject, line: Line, at: number): void {
    if (this.#isSession) {
      // Realtime: about some message of the client, perhaps one that asked. A response that fails says so itself.
      this.#asked.length = 0;
      return;
    }
    const error = statedError(message) ?? flatError(message);
    const stream = stringAt(message, 'stream_id');
    const open = this.latest;
    if (open !== undefined) {
      this.#keep(open.kept, line, at);
      open.reading.error = error;
    } else if (this.#asked.length > 0) {
      const answer = this.#begin('', stream, at);
      this.#keep(answer.kept, line, at);
      answer.reading.error = error;
      this.#close('', true, at);
      this.#closed.delete('');
    }
  }

  // --- Gemini Live ---

  /** A turn ends with its usage; what follows belongs to the next. */
  #turn(message: JsonObject, line: Line, at: number): void {
    const complete = objectAt(message, 'setupComplete');
    if (complete !== null) {
      this.#session = stringAt(complete, 'sessionId') ?? this.#session;
      return;
    }
    const isNew = !this.#open.has(TURN);
    // The mere end of a turn begins none.
    if (isNew && objectAt(message, 'usageMetadata') === null && !hasContent(message)) return;
    const answer = this.#open.get(TURN) ?? this.#opened(TURN, geminiLive, this.#unasked(this.#saidAt ?? at), at);
    if (hasMedia(message)) answer.kept.leaveOut(line.wireBytes);
    else this.#keep(answer.kept, line, at);
    answer.read(message, at);
    if (answer.reading.finished) this.#close(TURN, true, at);
  }

  #close(id: string, whole: boolean, at: number, tell?: OnAnswer): void {
    const answer = this.#open.get(id);
    this.#open.delete(id);
    if (id !== TURN) {
      this.#closed.add(id);
      const [first] = this.#closed;
      if (this.#closed.size > MOST_CLOSED && first !== undefined) this.#closed.delete(first);
    }
    if (answer === undefined) return;
    const closed = answer.close(whole, this.#sessionModel, at);
    const named = id === TURN || id === '' ? null : id;
    const said = { ...closed, response_id: closed.response_id ?? named };
    if (tell === undefined) this.#options.onAnswer(said);
    else tell(said);
  }

  /** Gemini's messages are JSON in binary frames. Null for sound, and for what is too long. */
  #textOf(data: string | Uint8Array): string | null {
    if (data.length > this.#options.messageLength) return null;
    if (typeof data === 'string') return data;
    const isJson = data.find((byte) => byte > 0x20) === OPEN_BRACE;
    return isJson ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8') : null;
  }
}

type OnAnswer = (answer: SocketAnswer) => void;

/** A message as it came. */
interface Line {
  text: string;
  wireBytes: number;
}

const OPEN_BRACE = 0x7b;
/** No response id begins with a blank. */
const TURN = ' turn';

function hasContent(message: JsonObject): boolean {
  const content = objectAt(message, 'serverContent');
  const generated = objectAt(content, 'modelTurn') ?? objectAt(content, 'outputTranscription');
  return generated !== null || objectAt(message, 'toolCall') !== null;
}

function hasMedia(message: JsonObject): boolean {
  const parts = objectsAt(objectAt(objectAt(message, 'serverContent'), 'modelTurn'), 'parts');
  return parts.some((part) => objectAt(part, 'inlineData') !== null);
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
