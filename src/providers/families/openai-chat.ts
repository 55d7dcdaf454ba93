import type { Usage } from '../../core/usage.ts';
import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { isObject, numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import { STATED_COSTS } from './stated-cost.ts';
import { tokenCount, type UsageMap } from './usage-map.ts';

/** Cached, written, audio and image tokens are inside the prompt. Whether reasoning is inside is for `total_tokens` to say. */
const OPENAI_CHAT_USAGE: UsageMap = {
  tokens: {
    // AssemblyAI's gateway has the names of the Responses API; vendors of embeddings and rerankers may state nothing but
    // the total.
    input_tokens: ['prompt_tokens', 'input_tokens', 'total_tokens'],
    output_tokens: ['completion_tokens', 'output_tokens'],
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
    input_audio_tokens: ['prompt_tokens_details.audio_tokens', 'audio_prompt_tokens'],
    output_audio_tokens: 'completion_tokens_details.audio_tokens',
    input_image_tokens: ['prompt_tokens_details.image_tokens', 'image_tokens'],
    output_image_tokens: 'completion_tokens_details.image_tokens',
    input_video_tokens: 'prompt_tokens_details.video_tokens',
  },
  units: {
    audio_seconds: 'prompt_audio_seconds',
    search_units: 'search_units',
    // Perplexity; OpenRouter.
    web_searches: [
      'num_search_queries',
      'server_tool_use_details.web_search_requests',
      'server_tool_use.web_search_requests',
    ],
  },
  total: { at: 'total_tokens', reasoningMayBeOutside: true, distrust: 'output' },
  cost: STATED_COSTS,
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
/** A generated answer with nothing but a sum: what of it is input, nobody can say. */
const UNSPLIT_TOTAL = 'unsplit_total';

/** Chat completions, legacy completions, embeddings and assistants runs: `prompt_tokens` and `completion_tokens`. */
export const openaiChat: Family = {
  name: 'openai-chat',
  usage: OPENAI_CHAT_USAGE,
  recognises(whole) {
    const message = unwrapped(whole);
    const object = stringAt(message, 'object');
    if (object !== null && (OBJECTS.has(object) || object.startsWith('thread.message'))) return true;
    if (Array.isArray(valueAt(message, 'choices'))) return true;
    const usage = objectAt(message, 'usage');
    return numberAt(usage, 'prompt_tokens') !== null || (object === 'list' && numberAt(usage, 'total_tokens') !== null);
  },
  read(whole, reading) {
    if (reading.memory.get(PLAIN) === whole) {
      readPlain(whole, reading);
      return;
    }
    const message = unwrapped(whole);
    const object = stringAt(message, 'object');
    reading.error = statedError(whole) ?? statedError(objectAt(message, 'x_groq') ?? {}) ?? reading.error;
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
    readNative(message, reading);
    readUsage(message, reading);
    for (const [position, choice] of objectsAt(message, 'choices').entries()) readChoice(choice, position, reading);
    if (isPlain(whole)) reading.memory.set(PLAIN, whole);
  },
  settle(reading, ending) {
    reading.rawUsage ??= secondUsage(reading);
    const usage = reading.count(OPENAI_CHAT_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
    if (reading.rawUsage !== null) correct(usage, reading.rawUsage, reading);
  },
};

/**
 * A chunk of generated words and nothing else. When the same object comes again, with other words in it
 * (decoders/repeated-json.ts), what it did not have it does not have now: most of a stream need not be looked through.
 */
function isPlain(message: JsonObject): boolean {
  if (NOT_PLAIN.some((key) => isStated(message, key)) || stringAt(message, 'object') !== 'chat.completion.chunk')
    return false;
  return objectsAt(message, 'choices').every(
    (choice) => objectAt(choice, 'delta') !== null && !CHOICE_NOT_PLAIN.some((key) => isStated(choice, key)),
  );
}

const PLAIN = 'plain';
const NOT_PLAIN = ['error', 'usage', 'x_groq', 'timings', 'result', 'response', 'base_resp', 'success', 'tool_calls'];
const CHOICE_NOT_PLAIN = ['error', 'usage', 'base_resp', 'success', 'object'];

function isStated(message: JsonObject, key: string): boolean {
  const value = valueAt(message, key);
  return value !== undefined && value !== null;
}

function readPlain(message: JsonObject, reading: Reading): void {
  reading.identify({
    model: stringAt(message, 'model'),
    id: stringAt(message, 'id'),
    serviceTier: stringAt(message, 'service_tier'),
  });
  const choices = objectsAt(message, 'choices');
  for (let position = 0; position < choices.length; position += 1) {
    const choice = choices[position];
    if (choice !== undefined) readWords(choice, position, reading);
  }
}

/** Workers AI wraps its answers in `result`; the answer to an asynchronous request lies in `response` (Perplexity). */
function unwrapped(message: JsonObject): JsonObject {
  for (const key of ['result', 'response']) {
    const inner = objectAt(message, key);
    if (inner !== null && (Array.isArray(valueAt(inner, 'choices')) || objectAt(inner, 'usage') !== null)) return inner;
  }
  return message;
}

const SEARCHING = /(?:^|\/)gpt-[\w.-]*-search-(?:preview|api)/;

function correct(usage: Usage, raw: JsonObject, reading: Reading): void {
  // A model that searches does so with each call, paid by the call.
  if (SEARCHING.test(reading.model ?? '')) usage.units.web_searches ??= 1;
  if (reading.memory.has(UNSPLIT_TOTAL)) {
    usage.input_tokens = null;
    usage.output_tokens = null;
    reading.anomalies.add(UNSPLIT_TOTAL);
  } else if (reading.anomalies.has('total_mismatch')) {
    explainTotal(usage, raw, reading);
  } else if (usage.output_tokens === null && saysNothingGenerated(raw) && !reading.hasText && reading.toolCount === 0) {
    // Embeddings and rerankers generate nothing and do not say so.
    usage.output_tokens = 0;
  }
}

/** What only the total tells: a cache beside the prompt; thinking of Gemini in OpenAI's dialect. */
function explainTotal(usage: Usage, raw: JsonObject, reading: Reading): void {
  const output = tokenCount(valueAt(raw, 'completion_tokens'));
  const total = tokenCount(valueAt(raw, 'total_tokens'));
  const { input_tokens: input } = usage;
  if (input === null || output === null || total === null) return;
  if (isCacheBeside(usage.cache_read_tokens, input, total - output)) {
    usage.input_tokens = total - output;
    usage.output_tokens = output;
    reading.anomalies.delete('total_mismatch');
    return;
  }
  if (usage.reasoning_tokens !== null) return;
  // What sound there was at Mistral stands in the total alone, and is paid by the second: the output is what it is.
  if (total > input + output && (numberAt(raw, 'prompt_audio_seconds') ?? 0) > 0) usage.output_tokens = output;
  if (total < input + output || !/(?:^|\/)gemini-/.test(reading.model ?? '')) return;
  usage.output_tokens = total - input;
  usage.reasoning_tokens = total - input - output;
  reading.anomalies.delete('total_mismatch');
  reading.anomalies.add('reasoning_from_total');
}

/** One that is larger than the prompt can only be beside it (Grok, at times), where the total has both. */
function isCacheBeside(cached: number | null, input: number, sum: number): boolean {
  return cached !== null && cached > input && input + cached === sum;
}

const OUTPUTS = ['completion_tokens', 'output_tokens'];

function saysNothingGenerated(raw: JsonObject): boolean {
  if ([...OUTPUTS, 'search_units'].some((key) => valueAt(raw, key) !== undefined)) return false;
  const prompt = numberAt(raw, 'prompt_tokens') ?? numberAt(raw, 'input_tokens');
  const total = numberAt(raw, 'total_tokens');
  return prompt === null || total === null || prompt === total;
}

function readUsage(message: JsonObject, reading: Reading): void {
  const usage = objectAt(message, 'usage');
  if ((numberAt(usage, 'prompt_tokens') ?? numberAt(usage, 'input_tokens')) !== null) {
    reading.rawUsage = usage;
    reading.memory.delete(UNSPLIT_TOTAL);
    reading.serviceTier = tierOf(usage) ?? reading.serviceTier;
  } else if (numberAt(usage, 'total_tokens') !== null) {
    reading.rawUsage = usage;
    if (Array.isArray(valueAt(message, 'choices'))) reading.memory.set(UNSPLIT_TOTAL, true);
  } else if ((numberAt(usage, 'search_units') ?? numberAt(usage, 'cost')) !== null) {
    // OpenRouter's rerankers.
    reading.rawUsage ??= usage;
  }
  const second = objectAt(objectAt(message, 'x_groq'), 'usage') ?? objectAt(objectsAt(message, 'choices')[0], 'usage');
  if (numberAt(second, 'prompt_tokens') !== null) reading.memory.set(SECOND_USAGE, second);
  const timings = objectAt(message, 'timings');
  if (numberAt(timings, 'prompt_n') !== null) reading.memory.set('timings', timings);
}

/** Vertex AI states it as its own API does. */
function tierOf(usage: JsonObject | null): string | null {
  const google = objectAt(objectAt(usage, 'extra_properties'), 'google');
  return stringAt(usage, 'service_tier') ?? stringAt(google, 'traffic_type');
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
  // OpenRouter says here that its upstream broke.
  reading.error = statedError(choice) ?? reading.error;
  readWords(choice, position, reading);
}

function readWords(choice: JsonObject, position: number, reading: Reading): void {
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
  // Mistral: pieces, those of thinking in pieces again.
  for (const piece of objectsAt(part, 'content')) {
    reading.text(valueAt(piece, 'text'));
    for (const thought of objectsAt(piece, 'thinking')) reading.thinking(valueAt(thought, 'text'));
  }
}

function readToolCall(call: JsonObject, key: string, reading: Reading): void {
  const called = objectAt(call, 'function') ?? objectAt(call, 'custom');
  const input = valueAt(called, 'arguments') ?? valueAt(called, 'input');
  const stated = { id: stringAt(call, 'id'), name: stringAt(called, 'name'), input };
  const latest = reading.memory.get(`${CALL_AT} ${key}`);
  if (!isObject(latest)) {
    noteCall(key, key, stated.id, reading);
    reading.tool(key, stated);
  } else if (stated.id === null || stated.name === null || stated.id === valueAt(latest, 'id')) {
    // The first id is the one that the client answers to.
    reading.tool(stringAt(latest, 'key') ?? key, { ...stated, id: null });
  } else {
    noteCall(key, `${key} ${stated.id}`, stated.id, reading);
    reading.tool(`${key} ${stated.id}`, stated);
  }
}

/**
 * Which call is at an index. Some servers (Gemini's, Ollama's) send parallel calls one by one, all of them at index 0: an
 * id and a name that follow another id begin another call. An id alone does not: vLLM has made up a new one with each
 * piece.
 */
const CALL_AT = 'call at';
const MOST_CALLS = 1000;

function noteCall(place: string, key: string, id: string | null, reading: Reading): void {
  if (id !== null && reading.toolCount < MOST_CALLS) reading.memory.set(`${CALL_AT} ${place}`, { id, key });
}

/** Workers AI's own shape. */
function readNative(message: JsonObject, reading: Reading): void {
  reading.text(valueAt(message, 'response'));
  for (const [place, call] of objectsAt(message, 'tool_calls').entries()) {
    reading.tool(`native.${place}`, { name: stringAt(call, 'name') });
  }
}

function readThreadMessage(message: JsonObject, reading: Reading): void {
  for (const part of objectsAt(objectAt(message, 'delta'), 'content')) {
    reading.text(valueAt(objectAt(part, 'text'), 'value'));
  }
}
