import { unknownUsage, type Usage } from '../../core/usage.ts';
import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { isObject, numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import { STATED_COSTS } from './stated-cost.ts';
import { addTokens, applyUsageMap, type UsageMap } from './usage-map.ts';

/** `input_tokens` is what no cache served: the three input counts are disjoint. */
const ANTHROPIC_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'input_tokens + cache_creation_input_tokens? + cache_read_input_tokens?',
    output_tokens: 'output_tokens',
    cache_read_tokens: 'cache_read_input_tokens',
    cache_write_tokens: 'cache_creation_input_tokens',
    cache_write_5m_tokens: 'cache_creation.ephemeral_5m_input_tokens',
    cache_write_1h_tokens: 'cache_creation.ephemeral_1h_input_tokens',
    reasoning_tokens: 'output_tokens_details.thinking_tokens',
  },
  units: {
    web_searches: 'server_tool_use.web_search_requests',
    web_fetches: 'server_tool_use.web_fetch_requests',
  },
  // Gateways alone state one.
  cost: STATED_COSTS,
};

const EVENTS = new Set([
  'message',
  'message_start',
  'message_delta',
  'message_stop',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'completion',
]);

/** A `message_delta` has stated the output. Before it, `message_start.output_tokens` is a placeholder. */
const OUTPUT_STATED = 'output-stated';

export const anthropic: Family = {
  name: 'anthropic',
  usage: ANTHROPIC_USAGE,
  recognises(message) {
    const type = stringAt(message, 'type');
    if (type !== null && EVENTS.has(type)) return true;
    const usage = objectAt(message, 'usage');
    // Gateways put the cache counts into OpenAI-shaped usage as well; there the input has another name.
    if (numberAt(usage, 'input_tokens') === null) return false;
    const cached = numberAt(usage, 'cache_read_input_tokens') ?? numberAt(usage, 'cache_creation_input_tokens');
    return cached !== null;
  },
  read(message, reading) {
    const type = stringAt(message, 'type');
    const handler = type === null || !Object.hasOwn(HANDLERS, type) ? null : HANDLERS[type];
    if (handler) handler(message, reading);
    else if (objectAt(message, 'usage') !== null) readMessage(message, reading);
    reading.error = statedError(message) ?? reading.error;
  },
  settle(reading, ending) {
    if (reading.rawUsage === null) return;
    const outputStated = !ending.stream || reading.memory.has(OUTPUT_STATED);
    const whole = reading.finished || ending.whole;
    const usage = reading.count(ANTHROPIC_USAGE, outputStated && whole ? 'final' : 'partial');
    if (!outputStated) {
      usage.output_tokens = null;
      usage.reasoning_tokens = null;
    }
    readModifiers(reading, reading.rawUsage);
    addIterations(reading, usage);
  },
};

const HANDLERS: Record<string, (message: JsonObject, reading: Reading) => void> = {
  message: readMessage,
  message_start(message, reading) {
    const start = objectAt(message, 'message');
    if (start !== null) readMessage(start, reading);
  },
  message_delta(message, reading) {
    const usage = objectAt(message, 'usage');
    if (usage !== null) overlay(reading, statesNoInput(usage) ? withoutInput(usage) : usage);
    if (numberAt(usage, 'output_tokens') !== null) reading.memory.set(OUTPUT_STATED, true);
    reading.stopReason = stringAt(objectAt(message, 'delta'), 'stop_reason') ?? reading.stopReason;
  },
  message_stop(_, reading) {
    reading.finished = true;
  },
  content_block_start(message, reading) {
    const block = objectAt(message, 'content_block');
    if (block !== null) readBlock(block, String(valueAt(message, 'index')), reading, false);
  },
  content_block_delta(message, reading) {
    const delta = objectAt(message, 'delta');
    reading.text(valueAt(delta, 'text'));
    reading.thinking(valueAt(delta, 'thinking'));
    const input = stringAt(delta, 'partial_json');
    if (input !== null) reading.tool(String(valueAt(message, 'index')), { input });
  },
  completion(message, reading) {
    reading.identify({ model: stringAt(message, 'model'), id: stringAt(message, 'id') });
    reading.text(valueAt(message, 'completion'));
    reading.stopReason = stringAt(message, 'stop_reason') ?? reading.stopReason;
  },
};

function readMessage(message: JsonObject, reading: Reading): void {
  reading.identify({ model: stringAt(message, 'model'), id: stringAt(message, 'id') });
  reading.stopReason = stringAt(message, 'stop_reason') ?? reading.stopReason;
  const usage = objectAt(message, 'usage');
  if (usage !== null) overlay(reading, usage);
  for (const [index, block] of objectsAt(message, 'content').entries()) readBlock(block, String(index), reading, true);
}

function readBlock(block: JsonObject, key: string, reading: Reading, whole: boolean): void {
  const type = stringAt(block, 'type') ?? '';
  if (type.endsWith('tool_use')) {
    // In a stream `input` is an empty placeholder; the pieces follow.
    const input = whole ? JSON.stringify(valueAt(block, 'input') ?? {}) : null;
    reading.tool(key, { id: stringAt(block, 'id'), name: stringAt(block, 'name'), input });
    return;
  }
  if (type === 'text') reading.text(valueAt(block, 'text'));
  if (type === 'thinking') reading.thinking(valueAt(block, 'thinking'));
}

/** Each later non-null member replaces the earlier one: `message_delta.usage` is cumulative and may lack members. */
function overlay(reading: Reading, usage: JsonObject): void {
  // Without a prototype a member named `__proto__` is a member.
  const merged: Record<string, unknown> = Object.assign(Object.create(null), reading.rawUsage);
  for (const [key, value] of Object.entries(usage)) {
    if (value !== null) merged[key] = value;
  }
  reading.rawUsage = merged;
}

const INPUTS = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'];

/** Some who speak the dialect close with zeros for an input that they have stated at the start. */
function statesNoInput(usage: JsonObject): boolean {
  return INPUTS.every((key) => (valueAt(usage, key) ?? 0) === 0);
}

function withoutInput(usage: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(usage).filter(([key]) => !INPUTS.includes(key)));
}

function readModifiers(reading: Reading, usage: JsonObject): void {
  reading.serviceTier = stringAt(usage, 'service_tier') ?? reading.serviceTier;
  reading.speed = stringAt(usage, 'speed');
  reading.region = stringAt(usage, 'inference_geo');
}

/**
 * `iterations` splits a server-side loop. Those of the main model are already in the top-level sums; compaction is
 * billed beside them, and an advisor beside them at another model's price.
 */
function addIterations(reading: Reading, usage: Usage): void {
  const list = valueAt(reading.rawUsage, 'iterations');
  if (!Array.isArray(list)) return;
  for (const iteration of list) {
    if (!isObject(iteration)) continue;
    const type = stringAt(iteration, 'type');
    if (type === 'message' || type === 'fallback_message' || type === null) continue;
    const { usage: own, anomalies } = applyUsageMap(ANTHROPIC_USAGE, iteration);
    for (const anomaly of anomalies) reading.anomalies.add(anomaly);
    if (type === 'compaction') {
      addCompaction(usage, own);
    } else if (type === 'advisor_message') {
      const state = usage.state;
      reading.side.push({
        kind: 'advisor',
        model: stringAt(iteration, 'model'),
        usage: { ...unknownUsage(), ...own, state },
      });
    } else {
      reading.anomalies.add('unknown_iteration');
    }
  }
}

function addCompaction(usage: Usage, compaction: Usage): void {
  const outputUnknown = usage.output_tokens === null;
  addTokens(usage, compaction);
  if (outputUnknown) usage.output_tokens = null;
}
