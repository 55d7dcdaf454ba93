import {
  isObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
  type JsonObject,
} from '../../../providers/families/json.ts';
import { statedError } from '../../../providers/families/errors.ts';
import type { StreamReader } from '../answer-format.ts';
import type { AnswerEvent, AnswerUsage, OpenPart, Seal, StopReason, ThoughtMember } from '../model.ts';
import type { Notes } from '../notes.ts';
import { PartOrder } from '../part-order.ts';
import { inputText } from '../reading.ts';
import { readUsage } from '../usage.ts';

/** OpenAI's, and the words of other makers for the same. */
const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  eos: 'end',
  eos_token: 'end',
  end_turn: 'end',
  length: 'max_tokens',
  max_tokens: 'max_tokens',
  model_length: 'max_tokens',
  stop_sequence: 'stop_sequence',
  tool_calls: 'tool_use',
  tool_use: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
  safety: 'refusal',
  refusal: 'refusal',
};

/** What an answer says of its end. */
class Ending {
  readonly #notes: Notes;
  #reason: string | null = null;
  #sequence: string | null = null;
  #hasCalls = false;
  #hasRefusal = false;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  get isStated(): boolean {
    return this.#reason !== null;
  }

  saw(kind: OpenPart['kind']): void {
    if (kind === 'call') this.#hasCalls = true;
    if (kind === 'refusal') this.#hasRefusal = true;
  }

  read(choice: JsonObject): void {
    this.#reason = stringAt(choice, 'finish_reason') ?? this.#reason;
    // vLLM names the stop sequence here.
    this.#sequence = stringAt(choice, 'stop_reason') ?? this.#sequence;
  }

  event(): AnswerEvent {
    const stated = (this.#reason ?? 'stop').toLowerCase();
    const known = Object.hasOwn(STOP_REASONS, stated) ? STOP_REASONS[stated] : undefined;
    if (known === undefined) this.#notes.add('stop_reason', stated);
    const reason = known ?? 'end';
    if (reason === 'end' && this.#sequence !== null) {
      return { kind: 'stop', reason: 'stop_sequence', sequence: this.#sequence };
    }
    // Some servers say `stop` beside calls, and clients would not make them.
    if (reason === 'end' && this.#hasCalls) return { kind: 'stop', reason: 'tool_use', sequence: null };
    const isRefusal = reason === 'end' && this.#hasRefusal;
    return { kind: 'stop', reason: isRefusal ? 'refusal' : reason, sequence: null };
  }
}

function startOf(message: JsonObject, usage: AnswerUsage | null): AnswerEvent {
  const id = stringAt(message, 'id') ?? '';
  return { kind: 'start', id, model: stringAt(message, 'model') ?? '', created: numberAt(message, 'created'), usage };
}

function usageOf(message: JsonObject): JsonObject | null {
  return objectAt(message, 'usage') ?? objectAt(objectAt(message, 'x_groq'), 'usage');
}

export function* readWhole(body: JsonObject, notes: Notes): Generator<AnswerEvent> {
  const usage = readUsage('openai-chat', usageOf(body));
  const ending = new Ending(notes);
  yield startOf(body, usage);
  const [choice] = objectsAt(body, 'choices');
  if (choice !== undefined) {
    const reader = new DeltaReader(ending, notes);
    reader.id = stringAt(body, 'id') ?? '';
    yield* reader.read(objectAt(choice, 'message') ?? {});
    yield* reader.finish();
    ending.read(choice);
  }
  yield { kind: 'usage', usage };
  yield ending.event();
  yield { kind: 'end' };
}

/** Members of a message or delta that are read, and those that say nothing. */
const READ = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
]);

const TEXT_MEMBERS = ['reasoning_content', 'reasoning'] as const satisfies readonly ThoughtMember[];

/** Reads messages and what streams have of them: they have the same members. */
class DeltaReader {
  readonly #order = new PartOrder((part) => (part.kind === 'thinking' ? [this.#seal()] : []));
  readonly #ending: Ending;
  readonly #notes: Notes;
  /** Of the thought that is open. */
  #details: unknown[] = [];
  #member: ThoughtMember = 'reasoning';
  /** By place in the list: the id that was there last. */
  readonly #calls = new Map<number, { key: string; id: string | null; part: OpenPart }>();
  #made = 0;
  /** Of the answer. */
  id = '';

  constructor(ending: Ending, notes: Notes) {
    this.#ending = ending;
    this.#notes = notes;
  }

  *read(delta: JsonObject): Generator<AnswerEvent> {
    for (const [name, value] of Object.entries(delta)) {
      if (READ.has(name) || value === null || value === '' || (Array.isArray(value) && value.length === 0)) continue;
      this.#notes.add(name === 'annotations' ? 'citations' : 'answer_member', `message.${name}`);
    }
    yield* this.#thoughts(delta);
    yield* this.#content(valueAt(delta, 'content'));
    yield* this.#text('refusal', stringAt(delta, 'refusal'));
    for (const [place, call] of objectsAt(delta, 'tool_calls').entries()) yield* this.#call(call, place);
  }

  *finish(): Generator<AnswerEvent> {
    yield* this.#order.finish();
  }

  *#thoughts(delta: JsonObject): Generator<AnswerEvent> {
    const details = valueAt(delta, 'reasoning_details');
    const member = TEXT_MEMBERS.find((name) => stringAt(delta, name) !== null);
    if (Array.isArray(details) && details.length > 0) {
      yield* this.#thought(this.#member, '');
      this.#details.push(...(details as unknown[]));
    }
    if (member !== undefined) yield* this.#thought(member, stringAt(delta, member) ?? '');
  }

  *#thought(member: ThoughtMember, text: string): Generator<AnswerEvent> {
    this.#member = member;
    yield* this.#order.add('thinking', { kind: 'thinking' }, text);
  }

  #seal(): AnswerEvent {
    const details = this.#details;
    this.#details = [];
    const seal: Seal = { by: 'openai-chat', member: this.#member, details: details.length === 0 ? null : details };
    return { kind: 'seal', seal };
  }

  /** A text, or a list of parts among which Mistral has its thoughts. */
  *#content(content: unknown): Generator<AnswerEvent> {
    if (!Array.isArray(content)) {
      yield* this.#text('text', typeof content === 'string' ? content : null);
      return;
    }
    for (const part of content.filter(isObject)) {
      if (valueAt(part, 'type') !== 'thinking') yield* this.#text('text', stringAt(part, 'text'));
      else
        for (const thought of objectsAt(part, 'thinking'))
          yield* this.#thought('content', stringAt(thought, 'text') ?? '');
    }
  }

  *#text(kind: 'text' | 'refusal', text: string | null): Generator<AnswerEvent> {
    // Streams begin with an empty one, whatever comes then.
    if (text === null || text === '') return;
    this.#ending.saw(kind);
    yield* this.#order.add(kind, { kind }, text);
  }

  *#call(call: JsonObject, place: number): Generator<AnswerEvent> {
    const inner = objectAt(call, 'function') ?? objectAt(call, 'custom') ?? {};
    const index = numberAt(call, 'index') ?? place;
    const id = stringAt(call, 'id');
    const name = stringAt(inner, 'name');
    const known = this.#calls.get(index);
    // Servers that count not at all tell their calls apart by ids; some repeat the id with every piece.
    const isNew = known === undefined || (id !== null && id !== known.id && name !== null);
    const isCustom = objectAt(call, 'custom') !== null;
    const { key, part } = isNew ? this.#newCall(index, id, name ?? '', isCustom) : known;
    const input = valueAt(inner, 'arguments') ?? valueAt(inner, 'input');
    yield* this.#order.add(key, part, input === undefined || input === null ? '' : inputText(input));
  }

  #newCall(index: number, id: string | null, name: string, freeform: boolean): { key: string; part: OpenPart } {
    this.#ending.saw('call');
    this.#made += 1;
    // Calls of two answers must not have one id.
    const own = id ?? `call_${this.id.replaceAll(/[^a-zA-Z0-9]/g, '').slice(-24)}_${this.#made}`;
    const part: OpenPart = { kind: 'call', id: own, name, namespace: null, freeform };
    const made = { key: `call ${this.#made}`, id, part };
    this.#calls.set(index, made);
    return made;
  }
}

export class ChatStreamReader implements StreamReader {
  readonly #ending: Ending;
  readonly #deltas: DeltaReader;
  #started = false;
  #usage: JsonObject | null = null;
  #ended = false;

  constructor(notes: Notes) {
    this.#ending = new Ending(notes);
    this.#deltas = new DeltaReader(this.#ending, notes);
  }

  *read(message: JsonObject): Generator<AnswerEvent> {
    const error = statedError(message);
    if (error !== null) {
      this.#ended = true;
      yield { kind: 'error', error: { status: numberAt(objectAt(message, 'error'), 'code') ?? 500, ...error } };
      return;
    }
    this.#usage = usageOf(message) ?? this.#usage;
    // Azure begins with a chunk about the prompt, which bears no name of a model.
    const choices = objectsAt(message, 'choices');
    if (!this.#started && choices.length > 0) {
      this.#started = true;
      this.#deltas.id = stringAt(message, 'id') ?? '';
      yield startOf(message, null);
    }
    const choice = choices.find((each) => (numberAt(each, 'index') ?? 0) === 0);
    if (choice === undefined) return;
    yield* this.#deltas.read(objectAt(choice, 'delta') ?? objectAt(choice, 'message') ?? {});
    this.#ending.read(choice);
    if (this.#ending.isStated) yield* this.#deltas.finish();
  }

  *done(): Generator<AnswerEvent> {
    if (this.#ended) return;
    this.#ended = true;
    yield* this.#deltas.finish();
    yield { kind: 'usage', usage: readUsage('openai-chat', this.#usage) };
    yield this.#ending.event();
    yield { kind: 'end' };
  }

  *end(): Generator<AnswerEvent> {
    if (this.#ended) return;
    if (this.#ending.isStated) yield* this.done();
    else yield { kind: 'error', error: { status: 502, type: 'api_error', message: 'the answer was cut off' } };
  }
}
