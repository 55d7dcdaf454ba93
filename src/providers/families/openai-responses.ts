import type { UnitName, Usage } from '../../core/usage.ts';
import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { isObject, numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import { STATED_COSTS } from './stated-cost.ts';
import { applyUsageMap, type UsageMap } from './usage-map.ts';

/** All details are inside their sums. Responses spell `tokens_details`, audio and realtime `token_details`. */
const OPENAI_RESPONSES_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'input_tokens',
    output_tokens: 'output_tokens',
    cache_read_tokens: [
      'input_tokens_details.cached_tokens',
      'input_token_details.cached_tokens',
      'input_tokens_details.cache_read_input_tokens',
    ],
    cache_write_tokens: ['input_tokens_details.cache_write_tokens', 'input_tokens_details.cache_creation_input_tokens'],
    reasoning_tokens: ['output_tokens_details.reasoning_tokens', 'output_token_details.reasoning_tokens'],
    input_audio_tokens: ['input_tokens_details.audio_tokens', 'input_token_details.audio_tokens'],
    output_audio_tokens: ['output_tokens_details.audio_tokens', 'output_token_details.audio_tokens'],
    input_image_tokens: ['input_tokens_details.image_tokens', 'input_token_details.image_tokens'],
    output_image_tokens: ['output_tokens_details.image_tokens', 'output_token_details.image_tokens'],
    cache_read_audio_tokens: 'input_token_details.cached_tokens_details.audio_tokens',
    cache_read_image_tokens: [
      'input_tokens_details.cached_tokens_details.image_tokens',
      'input_token_details.cached_tokens_details.image_tokens',
    ],
  },
  units: {
    audio_seconds: 'seconds',
    output_audio_seconds: 'output_audio_seconds',
    // xAI, which searches its own network as well; Perplexity.
    web_searches: [
      'server_side_tool_usage_details.web_search_calls + server_side_tool_usage_details.x_search_calls?',
      'tool_calls_details.web_search.invocation',
    ],
    web_fetches: 'tool_calls_details.fetch_url.invocation',
    file_searches:
      'server_side_tool_usage_details.file_search_calls? + server_side_tool_usage_details.document_search_calls?',
    code_executions: 'server_side_tool_usage_details.code_interpreter_calls',
    image_generations: 'server_side_tool_usage_details.image_generation_calls',
  },
  total: { at: 'total_tokens', distrust: 'nothing' },
  cost: STATED_COSTS,
};

const EVENT_PREFIXES = ['response.', 'image_generation.', 'image_edit.', 'transcript.text.', 'speech.audio.'];
const CLOSING = new Set(['response.completed', 'response.incomplete', 'response.failed', 'response.done']);
/** Billed by the call, and most often counted nowhere but in the output items. */
const HOSTED_TOOLS: Readonly<Record<string, UnitName>> = {
  web_search_call: 'web_searches',
  file_search_call: 'file_searches',
  code_interpreter_call: 'code_executions',
  image_generation_call: 'image_generations',
};
/** The finished response, for the tools that it used. */
const RESPONSE = 'response';
/** In Realtime's first version without `output_`; speech comes with its transcript. */
const TEXT_DELTAS = new Set([
  'response.output_text.delta',
  'response.text.delta',
  'response.output_audio_transcript.delta',
  'response.audio_transcript.delta',
  'response.refusal.delta',
  'transcript.text.delta',
]);
const TOOL_ITEMS = new Set(['function_call', 'custom_tool_call', 'mcp_call']);

/** Responses and Realtime, and the image, transcription and speech endpoints that share their usage object. */
export const openaiResponses: Family = {
  name: 'openai-responses',
  usage: OPENAI_RESPONSES_USAGE,
  recognises(message) {
    const object = stringAt(message, 'object');
    if (object === 'response' || object === 'response.compaction') return true;
    const type = stringAt(message, 'type');
    if (type !== null && EVENT_PREFIXES.some((prefix) => type.startsWith(prefix))) return true;
    const usage = objectAt(message, 'usage');
    if (objectAt(usage, 'input_tokens_details') !== null || objectAt(usage, 'input_token_details') !== null)
      return true;
    const kind = stringAt(usage, 'type');
    return kind === 'duration' || kind === 'tokens';
  },
  read(message, reading) {
    const type = stringAt(message, 'type');
    if (type === null) readDocument(message, reading);
    else readEvent(type, message, reading);
    reading.error = statedError(message) ?? reading.error;
  },
  settle(reading, ending) {
    const usage = reading.count(OPENAI_RESPONSES_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
    const response = reading.memory.get(RESPONSE);
    if (!isObject(response) || usage.state === 'none') return;
    countHostedTools(response, usage);
    addImages(response, reading, usage);
  },
};

function readEvent(type: string, message: JsonObject, reading: Reading): void {
  const response = objectAt(message, 'response');
  if (response !== null) {
    reading.identify({ model: stringAt(response, 'model'), id: stringAt(response, 'id') });
    if (CLOSING.has(type)) readResponse(response, reading, objectAt(message, 'usage'));
    return;
  }
  if (type.endsWith('.delta')) {
    readDelta(type, message, reading);
  } else if (type === 'response.output_item.added') {
    const item = objectAt(message, 'item');
    if (item !== null) readToolItem(item, reading, false);
  } else if (type.endsWith('.partial_image')) {
    reading.content();
  } else if (type === 'error') {
    const error = { type: stringAt(message, 'code') ?? 'error', message: stringAt(message, 'message') ?? '' };
    reading.error = error;
  } else if (objectAt(message, 'usage') !== null && !type.startsWith('response.')) {
    // image_generation.completed, image_edit.completed, transcript.text.done, speech.audio.done
    reading.rawUsage = objectAt(message, 'usage');
    reading.finished = true;
    reading.content();
  }
}

function readDelta(type: string, message: JsonObject, reading: Reading): void {
  const delta = valueAt(message, 'delta');
  if (TEXT_DELTAS.has(type)) {
    reading.text(delta);
  } else if (type.startsWith('response.reasoning')) {
    reading.thinking(delta);
  } else if (type === 'response.function_call_arguments.delta' || type === 'response.custom_tool_call_input.delta') {
    reading.tool(stringAt(message, 'item_id') ?? '', { input: delta });
  } else {
    reading.content();
  }
}

function readDocument(message: JsonObject, reading: Reading): void {
  reading.identify({ model: stringAt(message, 'model'), id: stringAt(message, 'id') });
  readResponse(message, reading);
  reading.text(valueAt(message, 'text')); // transcriptions; an object (format) in responses
}

/**
 * A finished response object, as a document or in the closing event.
 * @param beside usage that stands beside the response (xAI's Realtime, where the one inside is empty).
 */
function readResponse(response: JsonObject, reading: Reading, beside: JsonObject | null = null): void {
  reading.rawUsage = filled(objectAt(response, 'usage')) ?? filled(beside) ?? reading.rawUsage;
  reading.serviceTier = stringAt(response, 'service_tier') ?? reading.serviceTier;
  reading.finished = true;
  readStatus(response, reading);
  const output = objectsAt(response, 'output');
  // Text that came in deltas is not read again.
  const textIsRead = reading.hasText;
  for (const item of output) {
    readToolItem(item, reading, true);
    if (!textIsRead) readTextItem(item, reading);
  }
  if (output.length > 0) reading.memory.set(RESPONSE, response);
}

function readStatus(response: JsonObject, reading: Reading): void {
  const reason = stringAt(objectAt(response, 'incomplete_details'), 'reason');
  reading.stopReason = reason ?? stringAt(response, 'status') ?? reading.stopReason;
  const details = objectAt(response, 'status_details') ?? {};
  reading.error = statedError(response) ?? statedError(details) ?? reading.error;
}

function filled(usage: JsonObject | null): JsonObject | null {
  return usage === null || Object.keys(usage).length === 0 ? null : usage;
}

function readTextItem(item: JsonObject, reading: Reading): void {
  if (stringAt(item, 'type') === 'message') {
    for (const part of objectsAt(item, 'content')) {
      reading.text(stringAt(part, 'text') ?? stringAt(part, 'refusal') ?? valueAt(part, 'transcript'));
    }
  }
  for (const part of objectsAt(item, 'summary')) reading.thinking(valueAt(part, 'text'));
}

function readToolItem(item: JsonObject, reading: Reading, whole: boolean): void {
  const type = stringAt(item, 'type') ?? '';
  if (!TOOL_ITEMS.has(type)) return;
  const key = stringAt(item, 'id') ?? stringAt(item, 'call_id') ?? '';
  const input = whole && !reading.hasToolInput(key) ? (valueAt(item, 'arguments') ?? valueAt(item, 'input')) : null;
  reading.tool(key, { id: stringAt(item, 'call_id') ?? stringAt(item, 'id'), name: stringAt(item, 'name'), input });
}

function countHostedTools(response: JsonObject, usage: Usage): void {
  const counts: Partial<Record<UnitName, number>> = {};
  for (const item of objectsAt(response, 'output')) {
    const type = stringAt(item, 'type') ?? '';
    const unit = Object.hasOwn(HOSTED_TOOLS, type) && isPaid(item) ? HOSTED_TOOLS[type] : undefined;
    if (unit !== undefined) counts[unit] = (counts[unit] ?? 0) + 1;
  }
  // One item may be many searches.
  const searches = numberAt(objectAt(objectAt(response, 'tool_usage'), 'web_search'), 'num_requests') ?? 0;
  if (searches > 0) counts.web_searches = searches;
  usage.units = { ...counts, ...usage.units };
}

/** Of what the web search tool does, the searches are paid for; opening a page and looking for something in it is not. */
function isPaid(item: JsonObject): boolean {
  return (stringAt(objectAt(item, 'action'), 'type') ?? 'search') === 'search';
}

/**
 * Images are made by another model, at its own price: none of its tokens are in the response's usage. What the provider
 * says it charged is for all of it.
 */
function addImages(response: JsonObject, reading: Reading, usage: Usage): void {
  const counts = objectAt(objectAt(response, 'tool_usage'), 'image_gen');
  if (counts === null || reading.costUsd !== null) return;
  const { usage: used } = applyUsageMap(OPENAI_RESPONSES_USAGE, counts);
  if ((used.input_tokens ?? 0) + (used.output_tokens ?? 0) === 0) return;
  const tool = objectsAt(response, 'tools').find((each) => stringAt(each, 'type') === 'image_generation');
  const model = stringAt(tool, 'model');
  reading.side.push({ kind: 'image_generation', model, usage: { ...used, state: usage.state } });
  delete usage.units.image_generations;
}
