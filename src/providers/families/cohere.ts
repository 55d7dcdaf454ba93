import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { isObject, numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import { tokenCount, type UsageMap } from './usage-map.ts';

/**
 * Cohere states two pairs: `billed_units`, which it charges, and `tokens`, which the model saw (with the hidden
 * template). What is charged counts; `tokens` stays in `raw`. The cache is a part of `tokens`, so it may exceed what is
 * billed.
 */
const COHERE_USAGE: UsageMap = {
  tokens: {
    input_tokens: ['billed_units.input_tokens? + billed_units.image_tokens?', 'tokens.input_tokens'],
    output_tokens: ['billed_units.output_tokens', 'tokens.output_tokens'],
    cache_read_tokens: 'cached_tokens',
    reasoning_tokens: 'tokens.reasoning_tokens',
    input_image_tokens: 'billed_units.image_tokens',
  },
  units: {
    search_units: 'billed_units.search_units',
    classifications: 'billed_units.classifications',
    images: 'billed_units.images',
    pages: 'billed_units.pages',
  },
  subsetsOfMore: true,
};

/** Event types of v2 streams; v1 has `event_type`, and `is_finished` before that. */
const V2_EVENT = /^(?:message|content|tool-plan|tool-call|citation)-(?:start|delta|end)$/;

/** Cohere's own API, v1 and v2, as one document, JSON lines or server-sent events. */
export const cohere: Family = {
  name: 'cohere',
  usage: COHERE_USAGE,
  recognises(message) {
    if (eventOf(message) !== null) return true;
    if (typeof valueAt(message, 'is_finished') === 'boolean') return true;
    return hasCounts(objectAt(message, 'usage')) || hasCounts(objectAt(message, 'meta'));
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    const type = eventOf(message);
    if (type !== null) readEvent(type, message, reading);
    else if (typeof valueAt(message, 'is_finished') === 'boolean') readLine(message, reading);
    else readDocument(message, reading);
  },
  settle(reading, ending) {
    const raw = reading.rawUsage;
    if (raw === null) return;
    const usage = reading.count(COHERE_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
    // Embeddings generate nothing, and do not say so.
    if (usage.input_tokens !== null && !ending.stream) usage.output_tokens ??= 0;
    if ((usage.reasoning_tokens ?? 0) > (usage.output_tokens ?? 0)) usage.reasoning_tokens = null;
  },
};

/** Other protocols have types of the same names, with their facts beside them. */
function eventOf(message: JsonObject): string | null {
  const type = stringAt(message, 'type');
  if (type === null || !V2_EVENT.test(type)) return null;
  return type.endsWith('-end') || objectAt(message, 'delta') !== null ? type : null;
}

function hasCounts(usage: JsonObject | null): boolean {
  return objectAt(usage, 'billed_units') !== null || objectAt(usage, 'tokens') !== null;
}

function keepUsage(usage: JsonObject | null, reading: Reading): void {
  const counts = [objectAt(usage, 'billed_units'), objectAt(usage, 'tokens')];
  // A stream that failed closes with empty ones.
  if (counts.some((each) => each !== null && Object.keys(each).length > 0)) reading.rawUsage = usage;
}

/** v2: an event of a stream. */
function readEvent(type: string, event: JsonObject, reading: Reading): void {
  const delta = objectAt(event, 'delta');
  const message = objectAt(delta, 'message');
  reading.identify({ id: stringAt(event, 'id') });
  if (type === 'message-end') {
    reading.finished = true;
    reading.stopReason = stringAt(delta, 'finish_reason') ?? reading.stopReason;
    const error = stringAt(delta, 'error');
    if (error !== null) reading.error = { type: stringAt(delta, 'error_type') ?? 'error', message: error };
    keepUsage(objectAt(delta, 'usage'), reading);
  } else if (type.startsWith('content-')) {
    const content = objectAt(message, 'content');
    reading.text(valueAt(content, 'text'));
    reading.thinking(valueAt(content, 'thinking'));
  } else if (type === 'tool-plan-delta') {
    reading.thinking(valueAt(message, 'tool_plan'));
  } else if (type.startsWith('tool-call-')) {
    const call = objectAt(message, 'tool_calls');
    if (call !== null) readToolCall(call, String(valueAt(event, 'index')), reading);
  }
}

/** v1: a line, or an event, of a stream. */
function readLine(line: JsonObject, reading: Reading): void {
  reading.identify({ id: stringAt(line, 'generation_id') });
  if (valueAt(line, 'is_finished') !== true) {
    reading.text(valueAt(line, 'text'));
    return;
  }
  reading.finished = true;
  reading.stopReason = stringAt(line, 'finish_reason') ?? reading.stopReason;
  const response = objectAt(line, 'response');
  if (response !== null) readDocument(response, reading);
}

function readDocument(message: JsonObject, reading: Reading): void {
  const id = stringAt(message, 'response_id') ?? stringAt(message, 'generation_id') ?? stringAt(message, 'id');
  reading.identify({ model: stringAt(message, 'model'), id });
  keepUsage(objectAt(message, 'usage') ?? objectAt(message, 'meta'), reading);
  reading.stopReason = stringAt(message, 'finish_reason') ?? reading.stopReason;
  const batch = objectAt(message, 'batch');
  if (batch !== null) readBatch(batch, reading);
  const inner = objectAt(message, 'message');
  readToolCalls(inner ?? message, reading);
  // Text that came in pieces is not read again.
  if (reading.hasText) return;
  reading.text(valueAt(message, 'text'));
  reading.text(valueAt(objectsAt(message, 'generations')[0], 'text'));
  reading.thinking(valueAt(inner, 'tool_plan'));
  for (const part of objectsAt(inner, 'content')) {
    reading.text(valueAt(part, 'text'));
    reading.thinking(valueAt(part, 'thinking'));
  }
}

function readToolCalls(owner: JsonObject, reading: Reading): void {
  for (const [index, call] of objectsAt(owner, 'tool_calls').entries()) {
    if (isObject(valueAt(call, 'function'))) {
      readToolCall(call, String(index), reading);
    } else {
      const input = JSON.stringify(valueAt(call, 'parameters') ?? {});
      reading.tool(String(index), { name: stringAt(call, 'name'), input });
    }
  }
}

function readToolCall(call: JsonObject, key: string, reading: Reading): void {
  const called = objectAt(call, 'function');
  const input = valueAt(called, 'arguments');
  reading.tool(key, { id: stringAt(call, 'id'), name: stringAt(called, 'name'), input });
}

/** A batch job states its sums as texts (64-bit integers), zeros until it has come to its end. */
function readBatch(batch: JsonObject, reading: Reading): void {
  reading.identify({ model: stringAt(batch, 'model'), id: stringAt(batch, 'id') });
  if (!/COMPLETED|FAILED|CANCELED/.test(stringAt(batch, 'status') ?? '')) return;
  const input = countOf(batch, 'input_tokens');
  const output = countOf(batch, 'output_tokens');
  if (input !== null) reading.rawUsage = { tokens: { input_tokens: input, output_tokens: output } };
}

function countOf(owner: JsonObject, key: string): number | null {
  const text = stringAt(owner, key);
  return text === null ? tokenCount(numberAt(owner, key)) : tokenCount(Number(text));
}
