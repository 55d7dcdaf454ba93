import type { Usage } from '../../core/usage.ts';
import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import { tokenCount, type UsageMap } from './usage-map.ts';

/** `inputTokens` is what no cache served. Both spellings of the cache counts carry the same number (one is ignored). */
const CONVERSE_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'inputTokens + cacheReadInputTokens? + cacheWriteInputTokens?',
    output_tokens: 'outputTokens',
    cache_read_tokens: 'cacheReadInputTokens',
    cache_write_tokens: 'cacheWriteInputTokens',
    cache_write_5m_tokens: 'cacheDetails[ttl=5m].inputTokens',
    cache_write_1h_tokens: 'cacheDetails[ttl=1h].inputTokens',
  },
};

/** Events of ConverseStream; Amazon's own models stream the same objects through InvokeModel. */
const EVENTS = ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop'] as const;

/** Bedrock's Converse API, and Amazon Nova's own format, which has the same usage object. */
export const bedrockConverse: Family = {
  name: 'bedrock-converse',
  usage: CONVERSE_USAGE,
  recognises(message) {
    if (EVENTS.some((event) => objectAt(message, event) !== null)) return true;
    const usage = objectAt(message, 'usage') ?? objectAt(objectAt(message, 'metadata'), 'usage');
    return numberAt(usage, 'inputTokens') !== null && numberAt(usage, 'outputTokens') !== null;
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    readEvents(message, reading);
    // `metadata` is the last event; a document has its members at the top.
    const metadata = objectAt(message, 'metadata');
    readFacts(metadata ?? message, reading);
    if (metadata !== null) reading.finished = true;
    reading.stopReason = stringAt(message, 'stopReason') ?? reading.stopReason;
    const content = objectsAt(objectAt(objectAt(message, 'output'), 'message'), 'content');
    for (const [index, block] of content.entries()) readBlock(block, String(index), reading);
  },
  settle(reading, ending) {
    const raw = reading.rawUsage;
    if (raw === null) return;
    reading.rawUsage = oneSpelling(raw);
    const usage = reading.count(CONVERSE_USAGE, reading.finished || ending.whole ? 'final' : 'partial', raw);
    checkTotal(usage, raw, reading);
    // Both are always there in what AWS documents: without one these are not its closing numbers.
    if (usage.input_tokens === null || usage.output_tokens === null) usage.state = 'partial';
  },
};

function readEvents(message: JsonObject, reading: Reading): void {
  const start = objectAt(message, 'contentBlockStart');
  const use = objectAt(objectAt(start, 'start'), 'toolUse');
  if (use !== null) reading.tool(keyOf(start), { id: stringAt(use, 'toolUseId'), name: stringAt(use, 'name') });
  const block = objectAt(message, 'contentBlockDelta');
  const delta = objectAt(block, 'delta');
  if (delta !== null) {
    reading.text(valueAt(delta, 'text'));
    reading.thinking(valueAt(objectAt(delta, 'reasoningContent'), 'text'));
    const input = stringAt(objectAt(delta, 'toolUse'), 'input');
    if (input !== null) reading.tool(keyOf(block), { input });
  }
  reading.stopReason = stringAt(objectAt(message, 'messageStop'), 'stopReason') ?? reading.stopReason;
}

function keyOf(block: JsonObject | null): string {
  return String(valueAt(block, 'contentBlockIndex'));
}

function readFacts(owner: JsonObject, reading: Reading): void {
  reading.rawUsage = objectAt(owner, 'usage') ?? reading.rawUsage;
  reading.serviceTier = stringAt(objectAt(owner, 'serviceTier'), 'type') ?? reading.serviceTier;
  // Latency-optimized inference is dearer.
  reading.speed = stringAt(objectAt(owner, 'performanceConfig'), 'latency') ?? reading.speed;
  // A prompt router says which model it chose; nothing else in an answer names one.
  const invoked = stringAt(objectAt(objectAt(owner, 'trace'), 'promptRouter'), 'invokedModelId');
  if (invoked !== null) reading.identify({ model: invoked.slice(invoked.lastIndexOf('/') + 1) });
}

function readBlock(block: JsonObject, key: string, reading: Reading): void {
  reading.text(valueAt(block, 'text'));
  reading.thinking(valueAt(objectAt(objectAt(block, 'reasoningContent'), 'reasoningText'), 'text'));
  const use = objectAt(block, 'toolUse');
  if (use === null) return;
  const input = JSON.stringify(valueAt(use, 'input') ?? {});
  reading.tool(key, { id: stringAt(use, 'toolUseId'), name: stringAt(use, 'name'), input });
}

/** Converse repeats its cache counts as `...TokenCount`; Nova's own format has these alone. */
function oneSpelling(raw: JsonObject): JsonObject {
  const read = valueAt(raw, 'cacheReadInputTokens') ?? valueAt(raw, 'cacheReadInputTokenCount');
  const write = valueAt(raw, 'cacheWriteInputTokens') ?? valueAt(raw, 'cacheWriteInputTokenCount');
  return { ...raw, cacheReadInputTokens: read, cacheWriteInputTokens: write };
}

/**
 * The total is everything. If only input and output make it, the cache is inside the input after all, where there is room
 * for it: else the total leaves it out.
 */
function checkTotal(usage: Usage, raw: JsonObject, reading: Reading): void {
  const total = tokenCount(valueAt(raw, 'totalTokens'));
  const { input_tokens: input, output_tokens: output } = usage;
  if (total === null || input === null || output === null || input + output === total) return;
  const stated = tokenCount(valueAt(raw, 'inputTokens'));
  const cached = (usage.cache_read_tokens ?? 0) + (usage.cache_write_tokens ?? 0);
  if (stated !== null && stated + output === total && cached <= stated) usage.input_tokens = stated;
  else reading.anomalies.add('total_mismatch');
}
