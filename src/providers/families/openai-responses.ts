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
/** The last four have no name of their own. */
const TOOL_ITEMS: ReadonlyMap<string, string | null> = new Map([
  ['function_call', null],
  ['custom_tool_call', null],
  ['mcp_call', null],
  ['local_shell_call', 'local_shell'],
  ['shell_call', 'shell'],
  ['apply_patch_call', 'apply_patch'],
  ['computer_call', 'computer'],
]);
const ITEM_EVENTS = new Set(['response.output_item.added', 'response.output_item.done']);
/** By id and by place: which call the pieces of an input belong to. */
const TOOL_KEYS = 'tool-keys';
/** Items that a stream has ended, for a closing event that lists none (ChatGPT's backend). */
const ENDED_ITEMS = 'ended-items';
const MOST_ITEMS = 1000;

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
  } else if (ITEM_EVENTS.has(type)) {
    readItemEvent(objectAt(message, 'item') ?? {}, type.endsWith('.done'), message, reading);
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

function readItemEvent(item: JsonObject, isEnded: boolean, event: JsonObject, reading: Reading): void {
  const key = readToolItem(item, reading, isEnded);
  const index = numberAt(event, 'output_index');
  if (key !== null && index !== null) toolKeys(reading).set(placeOf(index), key);
  if (!isEnded || !Object.hasOwn(HOSTED_TOOLS, stringAt(item, 'type') ?? '')) return;
  const ended = endedItems(reading);
  // Not the picture that may be in it.
  const { type, action } = item;
  if (ended.length < MOST_ITEMS) reading.memory.set(ENDED_ITEMS, [...ended, { type, action }]);
}

function endedItems(reading: Reading): readonly JsonObject[] {
  const ended = reading.memory.get(ENDED_ITEMS);
  return Array.isArray(ended) ? ended.filter(isObject) : [];
}

function toolKeys(reading: Reading): Map<string, string> {
  const known = reading.memory.get(TOOL_KEYS);
  if (known instanceof Map) return known as Map<string, string>;
  const keys = new Map<string, string>();
  reading.memory.set(TOOL_KEYS, keys);
  return keys;
}

function placeOf(index: number | null): string {
  return `place ${index}`;
}

function readDelta(type: string, message: JsonObject, reading: Reading): void {
  const delta = valueAt(message, 'delta');
  if (TEXT_DELTAS.has(type)) {
    reading.text(delta);
  } else if (type.startsWith('response.reasoning')) {
    reading.thinking(delta);
  } else if (type === 'response.function_call_arguments.delta' || type === 'response.custom_tool_call_input.delta') {
    const id = stringAt(message, 'item_id') ?? '';
    const keys = toolKeys(reading);
    // GitHub Copilot's items have another id in each event.
    reading.tool(keys.get(id) ?? keys.get(placeOf(numberAt(message, 'output_index'))) ?? id, { input: delta });
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
  reading.memory.set(RESPONSE, output.length > 0 ? response : { ...response, output: endedItems(reading) });
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

/** @returns the key of the call; null = it is none */
function readToolItem(item: JsonObject, reading: Reading, whole: boolean): string | null {
  const type = stringAt(item, 'type') ?? '';
  const ownName = TOOL_ITEMS.get(type);
  if (ownName === undefined) return null;
  const callId = stringAt(item, 'call_id') ?? stringAt(item, 'id');
  const key = keyOfItem(stringAt(item, 'id') ?? '', callId ?? '', reading);
  const input = whole && !reading.hasToolInput(key) ? inputOf(item) : null;
  reading.tool(key, { id: callId, name: stringAt(item, 'name') ?? ownName, input });
  return key;
}

function keyOfItem(id: string, callId: string, reading: Reading): string {
  const keys = toolKeys(reading);
  // Its pieces may have come before anything else of it.
  const key = keys.get(id) ?? (reading.hasToolInput(id) ? id : callId);
  if (id !== '' && keys.size < MOST_ITEMS) keys.set(id, key);
  return key;
}

function inputOf(item: JsonObject): unknown {
  const stated = valueAt(item, 'arguments') ?? valueAt(item, 'input');
  const action = valueAt(item, 'action') ?? valueAt(item, 'operation');
  return stated ?? (isObject(action) ? JSON.stringify(action) : null);
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
