import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { isObject, numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

/** Cached, written, audio and image tokens are inside the prompt. Whether reasoning is inside is for `total_tokens` to say. */
const OPENAI_CHAT_USAGE: UsageMap = {
  tokens: {
    // Vendors of embeddings and rerankers may state nothing but the total.
    input_tokens: ['prompt_tokens', 'total_tokens'],
    output_tokens: 'completion_tokens',
    cache_read_tokens: [
      'prompt_tokens_details.cached_tokens',
      'prompt_token_details.cached_tokens',
      'prompt_cache_hit_tokens',
      'num_cached_tokens',
      'cached_tokens',
    ],
    cache_write_tokens: [
      'prompt_tokens_details.cache_write_tokens',
      'prompt_tokens_details.cache_creation_input_tokens',
      'cache_creation_input_tokens',
    ],
    reasoning_tokens: ['completion_tokens_details.reasoning_tokens', 'reasoning_tokens'],
    input_audio_tokens: 'prompt_tokens_details.audio_tokens',
    output_audio_tokens: 'completion_tokens_details.audio_tokens',
    input_image_tokens: 'prompt_tokens_details.image_tokens',
    output_image_tokens: 'completion_tokens_details.image_tokens',
    input_video_tokens: 'prompt_tokens_details.video_tokens',
  },
  units: {
    audio_seconds: 'prompt_audio_seconds',
  },
  total: { at: 'total_tokens', reasoningMayBeOutside: true, distrust: 'output' },
  cost: [
    { at: 'cost', perUsd: 1 },
    { at: 'cost.total_cost', perUsd: 1 },
    { at: 'cost_in_usd_ticks', perUsd: 1e10 },
  ],
};

const OBJECTS = new Set([
  'chat.completion',
  'chat.completion.chunk',
  'text_completion',
  'thread.run',
  'thread.run.step',
]);

/** The same numbers in a vendor's own place; used when `usage` never comes. */
const SECOND_USAGE = 'second-usage';

/** Chat completions, legacy completions, embeddings and assistants runs: `prompt_tokens` and `completion_tokens`. */
export const openaiChat: Family = {
  name: 'openai-chat',
  usage: OPENAI_CHAT_USAGE,
  recognises(message) {
    const object = stringAt(message, 'object');
    if (object !== null && (OBJECTS.has(object) || object.startsWith('thread.message'))) return true;
    if (Array.isArray(valueAt(message, 'choices'))) return true;
    const usage = objectAt(message, 'usage');
    return numberAt(usage, 'prompt_tokens') !== null || (object === 'list' && numberAt(usage, 'total_tokens') !== null);
  },
  read(message, reading) {
    const object = stringAt(message, 'object');
    reading.error = statedError(message) ?? statedError(objectAt(message, 'x_groq') ?? {}) ?? reading.error;
    // Steps repeat the usage of their run.
    if (object === 'thread.run.step') return;
    if (object !== null && object.startsWith('thread.message')) {
      readThreadMessage(message, reading);
      return;
    }
    reading.identify({
      model: stringAt(message, 'model'),
      id: stringAt(message, 'id'),
      serviceTier: stringAt(message, 'service_tier'),
    });
    if (object === 'thread.run') reading.stopReason = stringAt(message, 'status');
    readUsage(message, reading);
    for (const [position, choice] of objectsAt(message, 'choices').entries()) readChoice(choice, position, reading);
  },
  settle(reading, ending) {
    reading.rawUsage ??= secondUsage(reading);
    const usage = reading.count(OPENAI_CHAT_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
    const raw = reading.rawUsage;
    if (raw === null || usage.output_tokens !== null || reading.anomalies.has('total_mismatch')) return;
    // Embeddings and rerankers generate nothing and do not say so.
    if (valueAt(raw, 'completion_tokens') === undefined && saysNothingGenerated(raw)) usage.output_tokens = 0;
  },
};

function saysNothingGenerated(raw: JsonObject): boolean {
  const prompt = numberAt(raw, 'prompt_tokens');
  const total = numberAt(raw, 'total_tokens');
  return prompt === null || total === null || prompt === total;
}

function readUsage(message: JsonObject, reading: Reading): void {
  const usage = objectAt(message, 'usage');
  if (numberAt(usage, 'prompt_tokens') !== null || numberAt(usage, 'total_tokens') !== null) reading.rawUsage = usage;
  const second = objectAt(objectAt(message, 'x_groq'), 'usage') ?? objectAt(objectsAt(message, 'choices')[0], 'usage');
  if (numberAt(second, 'prompt_tokens') !== null) reading.memory.set(SECOND_USAGE, second);
  const timings = objectAt(message, 'timings');
  if (numberAt(timings, 'prompt_n') !== null) reading.memory.set('timings', timings);
}

function secondUsage(reading: Reading): JsonObject | null {
  const second = reading.memory.get(SECOND_USAGE);
  if (isObject(second)) return second;
  // llama.cpp without include_usage: `cache_n` of the prompt came from its cache.
  const timings = reading.memory.get('timings');
  if (!isObject(timings)) return null;
  const cached = numberAt(timings, 'cache_n') ?? 0;
  return {
    timings,
    prompt_tokens: cached + (numberAt(timings, 'prompt_n') ?? 0),
    completion_tokens: numberAt(timings, 'predicted_n'),
    prompt_tokens_details: { cached_tokens: cached },
  };
}

function readChoice(choice: JsonObject, position: number, reading: Reading): void {
  const index = numberAt(choice, 'index') ?? position;
  const part = objectAt(choice, 'delta') ?? objectAt(choice, 'message');
  // Of several choices the first is put together for people.
  if (index === 0) {
    reading.stopReason = stringAt(choice, 'finish_reason') ?? reading.stopReason;
    reading.text(valueAt(choice, 'text'));
    readText(part, reading);
  }
  if (part === null) return;
  if (objectAt(part, 'audio') !== null) reading.content();
  for (const [place, call] of objectsAt(part, 'tool_calls').entries()) {
    readToolCall(call, `${index}.${numberAt(call, 'index') ?? place}`, reading);
  }
  const legacy = objectAt(part, 'function_call');
  if (legacy !== null) {
    reading.tool(`${index}.function`, { name: stringAt(legacy, 'name'), input: valueAt(legacy, 'arguments') });
  }
}

function readText(part: JsonObject | null, reading: Reading): void {
  reading.text(valueAt(part, 'content'));
  reading.text(valueAt(part, 'refusal'));
  reading.thinking(stringAt(part, 'reasoning_content') ?? stringAt(part, 'reasoning'));
}

function readToolCall(call: JsonObject, key: string, reading: Reading): void {
  const called = objectAt(call, 'function') ?? objectAt(call, 'custom');
  const input = valueAt(called, 'arguments') ?? valueAt(called, 'input');
  reading.tool(key, { id: stringAt(call, 'id'), name: stringAt(called, 'name'), input });
}

function readThreadMessage(message: JsonObject, reading: Reading): void {
  for (const part of objectsAt(objectAt(message, 'delta'), 'content')) {
    reading.text(valueAt(objectAt(part, 'text'), 'value'));
  }
}
