import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { statedError } from '../../../providers/families/errors.ts';
import type { StreamReader } from '../answer-format.ts';
import type { AnswerEvent, OpenPart, Seal } from '../model.ts';
import type { Notes } from '../notes.ts';
import { PartOrder } from '../part-order.ts';
import { inputText } from '../reading.ts';
import { readUsage } from '../usage.ts';
import { readThought } from './read-items.ts';

function startOf(response: JsonObject): AnswerEvent {
  const id = stringAt(response, 'id') ?? '';
  const created = numberAt(response, 'created_at');
  return { kind: 'start', id, model: stringAt(response, 'model') ?? '', created, usage: null };
}

/** What an answer says of its end: usage, reason, end, or an error. */
function* endOf(response: JsonObject, hasCalls: boolean, hasRefusal: boolean): Generator<AnswerEvent> {
  const error = statedError(response);
  if (stringAt(response, 'status') === 'failed' || error !== null) {
    yield {
      kind: 'error',
      error: { status: 502, ...(error ?? { type: 'api_error', message: 'the answer has failed' }) },
    };
    return;
  }
  yield { kind: 'usage', usage: readUsage('openai-responses', objectAt(response, 'usage')) };
  const reason = stringAt(objectAt(response, 'incomplete_details'), 'reason');
  if (reason === 'content_filter' || (reason === null && hasRefusal))
    yield { kind: 'stop', reason: 'refusal', sequence: null };
  else if (reason !== null) yield { kind: 'stop', reason: 'max_tokens', sequence: null };
  else yield { kind: 'stop', reason: hasCalls ? 'tool_use' : 'end', sequence: null };
  yield { kind: 'end' };
}

/** Null = nothing that a client of another format could use. */
function callOf(item: JsonObject): Extract<OpenPart, { kind: 'call' }> | null {
  const type = valueAt(item, 'type');
  if (type !== 'function_call' && type !== 'custom_tool_call') return null;
  return {
    kind: 'call',
    id: stringAt(item, 'call_id') ?? stringAt(item, 'id') ?? '',
    name: stringAt(item, 'name') ?? '',
    namespace: stringAt(item, 'namespace'),
    freeform: type === 'custom_tool_call',
  };
}

export function* readWhole(body: JsonObject, notes: Notes): Generator<AnswerEvent> {
  const reader = new ItemReader(notes);
  yield startOf(body);
  for (const [index, item] of objectsAt(body, 'output').entries()) yield* reader.whole(item, String(index));
  yield* reader.finish();
  yield* endOf(body, reader.hasCalls, reader.hasRefusal);
}

/** Reads items, whole or in pieces, each under a key of its own. */
class ItemReader {
  readonly #order = new PartOrder((part) => this.#closing(part));
  readonly #notes: Notes;
  /** Keys of parts of which a piece has come. */
  readonly #begun = new Set<string>();
  #seal: Seal | null = null;
  hasCalls = false;
  hasRefusal = false;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  get isEmpty(): boolean {
    return this.#begun.size === 0;
  }

  *piece(key: string, part: OpenPart, text: string): Generator<AnswerEvent> {
    this.#begun.add(key);
    if (part.kind === 'call') this.hasCalls = true;
    if (part.kind === 'refusal') this.hasRefusal = true;
    yield* this.#order.add(key, part, text);
  }

  /** The whole text, where no piece of it has come. */
  *rest(key: string, part: OpenPart, text: string): Generator<AnswerEvent> {
    if (!this.#begun.has(key)) yield* this.piece(key, part, text);
  }

  *closed(key: string): Generator<AnswerEvent> {
    yield* this.#order.closed(key);
  }

  *finish(): Generator<AnswerEvent> {
    yield* this.#order.finish();
  }

  /** An item that is done: what of it has not come yet, and its end. */
  *whole(item: JsonObject, key: string): Generator<AnswerEvent> {
    const call = callOf(item);
    if (call !== null) {
      const text = call.freeform ? (stringAt(item, 'input') ?? '') : inputText(valueAt(item, 'arguments'));
      yield* this.rest(key, call, text);
      yield* this.closed(key);
    } else if (valueAt(item, 'type') === 'reasoning') {
      const { text, seal } = readThought(item);
      yield* this.rest(key, { kind: 'thinking' }, text);
      this.#seal = seal;
      yield* this.closed(key);
    } else if (valueAt(item, 'type') === 'message') {
      for (const [index, part] of objectsAt(item, 'content').entries()) yield* this.#content(part, `${key}.${index}`);
    } else {
      this.#notes.add('answer_member', `output: ${stringAt(item, 'type') ?? '?'}`);
    }
  }

  *#content(part: JsonObject, key: string): Generator<AnswerEvent> {
    if (objectsAt(part, 'annotations').length > 0) this.#notes.add('citations', 'content');
    const kind = valueAt(part, 'type') === 'refusal' ? 'refusal' : 'text';
    yield* this.rest(key, { kind }, stringAt(part, kind) ?? '');
    yield* this.closed(key);
  }

  #closing(part: OpenPart): AnswerEvent[] {
    const seal = this.#seal;
    if (part.kind !== 'thinking' || seal === null) return [];
    this.#seal = null;
    return [{ kind: 'seal', seal }];
  }
}

/** Pieces of text, and of what. */
const DELTAS: Readonly<Record<string, 'text' | 'refusal' | 'thinking' | 'call'>> = {
  'response.output_text.delta': 'text',
  'response.refusal.delta': 'refusal',
  'response.reasoning_summary_text.delta': 'thinking',
  'response.reasoning_text.delta': 'thinking',
  'response.function_call_arguments.delta': 'call',
  'response.custom_tool_call_input.delta': 'call',
};
const CLOSING = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.done']);

export class ResponsesStreamReader implements StreamReader {
  readonly #items: ItemReader;
  /** By key: a call is named before its input comes. */
  readonly #calls = new Map<string, OpenPart>();
  #started = false;
  #ended = false;

  constructor(notes: Notes) {
    this.#items = new ItemReader(notes);
  }

  *read(message: JsonObject, event: string): Generator<AnswerEvent> {
    if (this.#ended) return;
    const type = stringAt(message, 'type') ?? event;
    const response = objectAt(message, 'response');
    const delta = Object.hasOwn(DELTAS, type) ? DELTAS[type] : undefined;
    if (response !== null) yield* this.#response(type, response);
    else if (delta !== undefined) yield* this.#delta(delta, message);
    else yield* this.#other(type, message);
  }

  *#other(type: string, message: JsonObject): Generator<AnswerEvent> {
    const item = objectAt(message, 'item') ?? {};
    const key = keyOf(message);
    if (type === 'response.output_item.done') {
      yield* this.#items.whole(item, key);
    } else if (type === 'response.output_item.added') {
      const call = callOf(item);
      if (call !== null) this.#calls.set(key, call);
    } else if (type === 'response.reasoning_summary_part.added') {
      const isFirst = (numberAt(message, 'summary_index') ?? 0) === 0;
      if (!isFirst) yield* this.#items.piece(key, { kind: 'thinking' }, '\n\n');
    } else if (type === 'error' || objectAt(message, 'error') !== null) {
      yield this.#fail(message);
    } else if (type === 'keepalive' || type === 'ping') {
      yield { kind: 'ping' };
    }
  }

  /** OpenRouter says it; the end has come before it. */
  done(): AnswerEvent[] {
    return [];
  }

  *end(): Generator<AnswerEvent> {
    if (!this.#ended)
      yield { kind: 'error', error: { status: 502, type: 'api_error', message: 'the answer was cut off' } };
  }

  *#response(type: string, response: JsonObject): Generator<AnswerEvent> {
    if (!this.#started) {
      this.#started = true;
      yield startOf(response);
    }
    if (!CLOSING.has(type)) return;
    this.#ended = true;
    yield* this.#items.finish();
    // A server that tells nothing but the end.
    if (this.#items.isEmpty) {
      for (const [index, item] of objectsAt(response, 'output').entries())
        yield* this.#items.whole(item, String(index));
    }
    yield* endOf(response, this.#items.hasCalls, this.#items.hasRefusal);
  }

  *#delta(kind: 'text' | 'refusal' | 'thinking' | 'call', message: JsonObject): Generator<AnswerEvent> {
    const key = keyOf(message);
    const text = stringAt(message, 'delta') ?? '';
    if (kind === 'call') {
      const call = this.#calls.get(key);
      if (call !== undefined) yield* this.#items.piece(key, call, text);
    } else if (kind === 'thinking') {
      yield* this.#items.piece(key, { kind }, text);
    } else {
      yield* this.#items.piece(`${key}.${numberAt(message, 'content_index') ?? 0}`, { kind }, text);
    }
  }

  #fail(message: JsonObject): AnswerEvent {
    this.#ended = true;
    const stated = statedError(message);
    const type = stringAt(message, 'code') ?? 'api_error';
    const error = stated ?? { type, message: stringAt(message, 'message') ?? 'the answer has failed' };
    return { kind: 'error', error: { status: 500, ...error } };
  }
}

function keyOf(message: JsonObject): string {
  return String(numberAt(message, 'output_index') ?? stringAt(message, 'item_id') ?? '');
}
