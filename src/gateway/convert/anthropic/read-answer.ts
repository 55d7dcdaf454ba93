import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from '../../../providers/families/json.ts';
import { statedError } from '../../../providers/families/errors.ts';
import type { StreamReader } from '../answer-format.ts';
import { inputText } from '../reading.ts';
import type { AnswerEvent, OpenPart, Seal, StopReason } from '../model.ts';
import type { Notes } from '../notes.ts';
import { readUsage } from '../usage.ts';

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  end_turn: 'end',
  max_tokens: 'max_tokens',
  model_context_window_exceeded: 'max_tokens',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_use',
  refusal: 'refusal',
};

function stopOf(from: JsonObject | null, notes: Notes): AnswerEvent {
  const stated = stringAt(from, 'stop_reason') ?? 'end_turn';
  const reason = Object.hasOwn(STOP_REASONS, stated) ? STOP_REASONS[stated] : undefined;
  if (reason === undefined || stated === 'model_context_window_exceeded') notes.add('stop_reason', stated);
  return { kind: 'stop', reason: reason ?? 'end', sequence: stringAt(from, 'stop_sequence') };
}

/** Null = nothing that a client of another format could use. */
function openOf(block: JsonObject, notes: Notes): OpenPart | null {
  const type = stringAt(block, 'type');
  if (type === 'text') return { kind: 'text' };
  if (type === 'thinking' || type === 'redacted_thinking') return { kind: 'thinking' };
  if (type === 'tool_use') {
    const id = stringAt(block, 'id') ?? '';
    return { kind: 'call', id, name: stringAt(block, 'name') ?? '', namespace: null, freeform: false };
  }
  notes.add('answer_member', `content: ${type}`);
  return null;
}

function sealOf(block: JsonObject): Seal | null {
  const redacted = stringAt(block, 'data');
  if (valueAt(block, 'type') === 'redacted_thinking')
    return redacted === null ? null : { by: 'anthropic-messages', redacted };
  const signature = stringAt(block, 'signature');
  return signature === null ? null : { by: 'anthropic-messages', signature };
}

export function* readWhole(body: JsonObject, notes: Notes): Generator<AnswerEvent> {
  const usage = readUsage('anthropic-messages', objectAt(body, 'usage'));
  const id = stringAt(body, 'id') ?? '';
  yield { kind: 'start', id, model: stringAt(body, 'model') ?? '', created: null, usage };
  for (const block of objectsAt(body, 'content')) {
    const part = openOf(block, notes);
    if (part === null) continue;
    yield { kind: 'open', part };
    const text = part.kind === 'call' ? inputText(valueAt(block, 'input')) : textOf(block);
    if (text !== '') yield { kind: 'delta', text };
    if (valueAt(block, 'citations')) notes.add('citations', 'content');
    const seal = part.kind === 'thinking' ? sealOf(block) : null;
    if (seal !== null) yield { kind: 'seal', seal };
    yield { kind: 'close' };
  }
  yield { kind: 'usage', usage };
  yield stopOf(body, notes);
  yield { kind: 'end' };
}

function textOf(block: JsonObject): string {
  return stringAt(block, 'text') ?? stringAt(block, 'thinking') ?? '';
}

export class AnthropicStreamReader implements StreamReader {
  readonly #notes: Notes;
  #usage: JsonObject = {};
  #open: OpenPart | null = null;
  /** The open call has got no input yet; what stood in its start, if anything. */
  #input: string | null = null;
  #stop: JsonObject | null = null;
  #ended = false;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  *read(message: JsonObject, event: string): Generator<AnswerEvent> {
    switch (stringAt(message, 'type') ?? event) {
      case 'message_start':
        yield this.#start(objectAt(message, 'message') ?? {});
        break;
      case 'content_block_start':
        yield* this.#openBlock(objectAt(message, 'content_block') ?? {});
        break;
      case 'content_block_delta':
        yield* this.#delta(objectAt(message, 'delta') ?? {});
        break;
      case 'content_block_stop':
        yield* this.#close();
        break;
      case 'message_delta':
        this.#overlay(objectAt(message, 'usage'));
        this.#stop = objectAt(message, 'delta') ?? this.#stop;
        break;
      case 'message_stop':
        yield* this.#finish();
        break;
      default:
        yield* otherOf(message);
    }
  }

  done(): AnswerEvent[] {
    return [];
  }

  *end(): Generator<AnswerEvent> {
    if (this.#ended) return;
    // Some servers close after the message_delta.
    if (stringAt(this.#stop, 'stop_reason') !== null) yield* this.#finish();
    else yield { kind: 'error', error: { status: 502, type: 'api_error', message: 'the answer was cut off' } };
  }

  #start(message: JsonObject): AnswerEvent {
    this.#overlay(objectAt(message, 'usage'));
    const usage = readUsage('anthropic-messages', this.#usage);
    const id = stringAt(message, 'id') ?? '';
    return { kind: 'start', id, model: stringAt(message, 'model') ?? '', created: null, usage };
  }

  /** Counts are cumulative, and later events may lack some. */
  #overlay(usage: JsonObject | null): void {
    const stated = Object.entries(usage ?? {}).filter(([, value]) => value !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(stated) };
  }

  *#openBlock(block: JsonObject): Generator<AnswerEvent> {
    const part = openOf(block, this.#notes);
    this.#open = part;
    if (part === null) return;
    yield { kind: 'open', part };
    const text = part.kind === 'call' ? '' : textOf(block);
    // In a stream the input is an empty place-holder, but some servers have it whole in here.
    this.#input = part.kind === 'call' ? inputText(valueAt(block, 'input')) : null;
    if (text !== '') yield { kind: 'delta', text };
    const seal = part.kind === 'thinking' ? sealOf(block) : null;
    if (seal !== null) yield { kind: 'seal', seal };
  }

  *#delta(delta: JsonObject): Generator<AnswerEvent> {
    if (this.#open === null) return;
    const type = stringAt(delta, 'type');
    const signature = stringAt(delta, 'signature');
    if (type === 'signature_delta' && signature !== null)
      yield { kind: 'seal', seal: { by: 'anthropic-messages', signature } };
    if (type === 'citations_delta') this.#notes.add('citations', 'content');
    const text = stringAt(delta, 'text') ?? stringAt(delta, 'thinking') ?? stringAt(delta, 'partial_json');
    if (text === null) return;
    this.#input = null;
    yield { kind: 'delta', text };
  }

  *#close(): Generator<AnswerEvent> {
    if (this.#open === null) return;
    if (this.#input !== null) yield { kind: 'delta', text: this.#input };
    this.#input = null;
    this.#open = null;
    yield { kind: 'close' };
  }

  *#finish(): Generator<AnswerEvent> {
    this.#ended = true;
    yield* this.#close();
    yield { kind: 'usage', usage: readUsage('anthropic-messages', this.#usage) };
    yield stopOf(this.#stop, this.#notes);
    yield { kind: 'end' };
  }
}

function* otherOf(message: JsonObject): Generator<AnswerEvent> {
  const error = statedError(message);
  if (error !== null) yield { kind: 'error', error: { status: numberAt(message, 'status') ?? 500, ...error } };
  else if (valueAt(message, 'type') === 'ping') yield { kind: 'ping' };
}
