import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { Reading } from './reading.ts';
import type { UsageMap } from './usage-map.ts';

/** Titan counts each result, and in streams the whole output; Llama counts cumulatively. */
const VENDOR_USAGE: UsageMap = {
  tokens: {
    input_tokens: ['inputTextTokenCount', 'prompt_token_count'],
    output_tokens: ['results[].tokenCount', 'totalOutputTextTokenCount', 'generation_token_count'],
  },
  units: { images: 'images' },
};

/** Members with counts; in a stream the input comes once and is null afterwards. */
const COUNTS = [
  'inputTextTokenCount',
  'prompt_token_count',
  'results',
  'totalOutputTextTokenCount',
  'generation_token_count',
] as const;

/** Where the smaller vendors put text (Titan, Llama, Cohere, Claude 2) ... */
const TEXTS = ['outputText', 'generation', 'text', 'completion'] as const;
/** ... and lists of texts (Titan, Mistral, Cohere). */
const LISTS = ['results', 'outputs', 'generations'] as const;
const STOP_REASONS = ['completionReason', 'stop_reason', 'finish_reason'] as const;

/** What is left of InvokeModel: Amazon Titan, Meta Llama, Mistral's, Cohere's and AI21's first formats, image models. */
export const bedrockVendors: Family = {
  name: 'bedrock-vendors',
  usage: VENDOR_USAGE,
  recognises: () => true,
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    keepCounts(message, reading);
    readText(message, reading);
  },
  settle(reading, ending) {
    reading.count(VENDOR_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
  },
};

function keepCounts(message: JsonObject, reading: Reading): void {
  const counts: Record<string, unknown> = { ...reading.rawUsage };
  for (const key of COUNTS) {
    const value = valueAt(message, key);
    if (value === undefined || value === null) continue;
    // The texts of the results are no counts, and a reranker's have none.
    if (key !== 'results') counts[key] = value;
    else if (objectsAt(message, key).some((each) => numberAt(each, 'tokenCount') !== null))
      counts[key] = objectsAt(message, key).map(countOf);
  }
  // Embeddings generate nothing, and do not say so.
  const embeds = valueAt(message, 'embedding') !== undefined || objectAt(message, 'embeddingsByType') !== null;
  if (embeds && numberAt(message, 'inputTextTokenCount') !== null) counts['totalOutputTextTokenCount'] = 0;
  const images = valueAt(message, 'images');
  if (Array.isArray(images) && images.length > 0)
    counts['images'] = images.filter((each) => typeof each === 'string').length;
  if (Object.keys(counts).length > 0) reading.rawUsage = counts;
}

function countOf(result: JsonObject): JsonObject {
  return { tokenCount: valueAt(result, 'tokenCount') };
}

function readText(message: JsonObject, reading: Reading): void {
  for (const key of TEXTS) reading.text(valueAt(message, key));
  for (const key of LISTS) {
    const [first] = objectsAt(message, key);
    if (first !== undefined) readText({ ...first, results: undefined }, reading);
  }
  // AI21's first models.
  const [completion] = objectsAt(message, 'completions');
  reading.text(valueAt(objectAt(completion, 'data'), 'text'));
  for (const key of STOP_REASONS) reading.stopReason = stringAt(message, key) ?? reading.stopReason;
}
