import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

/** Counts are objects since version 6 of the SDK, numbers before; all parts are inside their sums. */
const AI_SDK_USAGE: UsageMap = {
  tokens: {
    input_tokens: ['inputTokens.total', 'inputTokens', 'promptTokens', 'tokens'],
    output_tokens: ['outputTokens.total', 'outputTokens', 'completionTokens'],
    cache_read_tokens: ['inputTokens.cacheRead', 'cachedInputTokens'],
    cache_write_tokens: 'inputTokens.cacheWrite',
    reasoning_tokens: ['outputTokens.reasoning', 'reasoningTokens'],
  },
};

const COUNTS = ['inputTokens', 'outputTokens', 'promptTokens', 'tokens'];

/**
 * The protocol between Vercel's AI SDK and its gateway: a document with `content`, or server-sent parts of which
 * `finish` has the usage. What the gateway charged is in its own metadata, as a text.
 */
export const aiSdk: Family = {
  name: 'ai-sdk',
  usage: AI_SDK_USAGE,
  recognises(message) {
    if (stringAt(message, 'type') === 'stream-start') return true;
    const usage = objectAt(message, 'usage');
    // Bedrock has counts of the same names, but stops where this one finishes.
    return usage !== null && (objectAt(usage, 'inputTokens') !== null || stringAt(message, 'finishReason') !== null);
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    readPart(message, reading);
    for (const part of objectsAt(message, 'content')) readContent(part, reading);
    const response = objectAt(message, 'response');
    if (response !== null) identify(response, reading);
    readUsage(message, reading);
  },
  settle(reading, ending) {
    const usage = reading.count(AI_SDK_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
    // Embeddings.
    if (numberAt(reading.rawUsage, 'tokens') !== null) usage.output_tokens ??= 0;
  },
};

function readUsage(message: JsonObject, reading: Reading): void {
  const usage = objectAt(message, 'usage');
  if (COUNTS.some((key) => valueAt(usage, key) !== undefined)) reading.rawUsage = usage;
  const reason = valueAt(message, 'finishReason');
  reading.stopReason = stringAt(reason, 'unified') ?? (typeof reason === 'string' ? reason : reading.stopReason);
  const gateway = objectAt(objectAt(message, 'providerMetadata'), 'gateway');
  if (gateway === null) return;
  reading.identify({ id: stringAt(gateway, 'generationId') });
  const cost = Number(stringAt(gateway, 'cost') ?? numberAt(gateway, 'cost') ?? Number.NaN);
  if (Number.isFinite(cost) && cost >= 0) reading.costUsd = cost;
}

/** Parts of a stream. */
function readPart(part: JsonObject, reading: Reading): void {
  // Version 1 of the protocol called a delta `textDelta`.
  const delta = valueAt(part, 'delta') ?? valueAt(part, 'textDelta');
  switch (stringAt(part, 'type')) {
    case 'response-metadata':
      identify(part, reading);
      break;
    case 'text-delta':
      reading.text(delta);
      break;
    case 'reasoning-delta':
    case 'reasoning':
      reading.thinking(delta);
      break;
    case 'tool-input-start':
      reading.tool(stringAt(part, 'id') ?? '', { id: stringAt(part, 'id'), name: stringAt(part, 'toolName') });
      break;
    case 'tool-input-delta':
      reading.tool(stringAt(part, 'id') ?? '', { input: delta });
      break;
    case 'tool-call':
      readToolCall(part, reading);
      break;
    case 'finish':
      reading.finished = true;
      break;
    default:
  }
}

function readContent(part: JsonObject, reading: Reading): void {
  const type = stringAt(part, 'type');
  if (type === 'text') reading.text(valueAt(part, 'text'));
  else if (type === 'reasoning') reading.thinking(valueAt(part, 'text'));
  else if (type === 'tool-call') readToolCall(part, reading);
}

function readToolCall(part: JsonObject, reading: Reading): void {
  const key = stringAt(part, 'toolCallId') ?? '';
  // Its input has come in deltas, most often.
  const input = reading.hasToolInput(key) ? null : (valueAt(part, 'input') ?? valueAt(part, 'args'));
  reading.tool(key, { id: key, name: stringAt(part, 'toolName'), input });
}

function identify(response: JsonObject, reading: Reading): void {
  reading.identify({ model: stringAt(response, 'modelId'), id: stringAt(response, 'id') });
}
