import type { Usage } from '../../core/usage.ts';
import { anthropic } from './anthropic.ts';
import { bedrockConverse } from './bedrock-converse.ts';
import { bedrockVendors } from './bedrock-vendors.ts';
import type { Ending, Family } from './family.ts';
import { numberAt, objectAt, type JsonObject } from './json.ts';
import { novaSonic } from './nova-sonic.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import type { Reading } from './reading.ts';
import { applyUsageMap, type UsageMap } from './usage-map.ts';

/** Bedrock's own count of a stream, in its last chunk, whatever the vendor. The cache is beside the input, as in Converse. */
const METRICS_USAGE: UsageMap = {
  tokens: {
    input_tokens: 'inputTokenCount + cacheReadInputTokenCount? + cacheWriteInputTokenCount?',
    output_tokens: 'outputTokenCount',
    cache_read_tokens: 'cacheReadInputTokenCount',
    cache_write_tokens: 'cacheWriteInputTokenCount',
  },
};

const METRICS = 'amazon-bedrock-invocationMetrics';
const VENDOR = 'vendor';
/** ARNs that do not tell the model. */
const PROFILE = /^arn:.*:(?:application-inference-profile|provisioned-model|custom-model-deployment|imported-model)\//;

/** What vendors send through InvokeModel, asked in this order. */
const VENDORS: readonly Family[] = [novaSonic, anthropic, bedrockConverse, openaiResponses, openaiChat, bedrockVendors];

/**
 * InvokeModel: the vendor's own JSON, and in streams Bedrock's metrics in the last chunk. One of them counts: the
 * vendor's where it tells cache and reasoning apart (Anthropic), Bedrock's elsewhere.
 */
export const bedrockInvoke: Family = {
  name: 'bedrock-invoke',
  usage: METRICS_USAGE,
  byEndpointOnly: true,
  recognises: () => true,
  read(message, reading) {
    const metrics = objectAt(message, METRICS);
    if (metrics !== null) {
      reading.memory.set(METRICS, metrics);
      // The last chunk: Titan's and Llama's have text in it, AI21's and Cohere's have nothing else.
      reading.finished = true;
      if (Object.keys(message).length === 1) return;
    }
    vendorOf(message, reading).read(message, reading);
  },
  settle(reading, ending) {
    const vendor = reading.memory.get(VENDOR) as Family | undefined;
    vendor?.settle(reading, ending);
    const metrics = reading.memory.get(METRICS) as JsonObject | undefined;
    if (metrics !== undefined) settleMetrics(metrics, reading, ending, vendor === anthropic);
    // In a stream the vendor calls the model by its own name. The id by which Bedrock sells it is in the path, unless
    // that names a profile of the user's.
    if (ending.stream && reading.pathModel !== null && !PROFILE.test(reading.pathModel)) reading.model = null;
  },
};

/** The first message with a vendor's marks decides; those without any are read as the smaller vendors'. */
function vendorOf(message: JsonObject, reading: Reading): Family {
  const known = reading.memory.get(VENDOR) as Family | undefined;
  if (known !== undefined && known !== bedrockVendors) return known;
  const vendor = VENDORS.find((family) => family.recognises(message)) ?? bedrockVendors;
  reading.memory.set(VENDOR, vendor);
  return vendor;
}

function settleMetrics(metrics: JsonObject, reading: Reading, ending: Ending, vendorWins: boolean): void {
  const { usage: counted, anomalies } = applyUsageMap(METRICS_USAGE, metrics);
  for (const anomaly of anomalies) reading.anomalies.add(anomaly);
  if (counted.input_tokens === null && counted.output_tokens === null) return;
  const { usage, rawUsage } = reading;
  // Where the vendor's input is Bedrock's without the cache, the cache is inside it.
  const isInside = usage.input_tokens === numberAt(metrics, 'inputTokenCount');
  if (isInside && hasRoom(counted, usage.input_tokens)) counted.input_tokens = usage.input_tokens;
  if (differs(usage.input_tokens, counted.input_tokens) || differs(usage.output_tokens, counted.output_tokens)) {
    reading.anomalies.add('metrics_body_mismatch');
  }
  usage.raw = rawUsage === null ? metrics : [usage.raw, metrics];
  reading.rawUsage ??= metrics;
  overlay(usage, counted, vendorWins);
  usage.state = reading.finished || ending.whole ? 'final' : 'partial';
}

function hasRoom({ cache_read_tokens: read, cache_write_tokens: write }: Usage, input: number | null): boolean {
  return (read ?? 0) + (write ?? 0) <= (input ?? 0);
}

function overlay(usage: Usage, counted: Usage, vendorWins: boolean): void {
  const stated = vendorWins && usage.input_tokens !== null && usage.output_tokens !== null;
  if (stated) return;
  usage.input_tokens = counted.input_tokens ?? usage.input_tokens;
  usage.output_tokens = counted.output_tokens ?? usage.output_tokens;
  usage.cache_read_tokens ??= counted.cache_read_tokens;
  usage.cache_write_tokens ??= counted.cache_write_tokens;
}

function differs(a: number | null, b: number | null): boolean {
  return a !== null && b !== null && a !== b;
}
