import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectsAt, stringAt, valueAt, type JsonObject } from './json.ts';
import type { UsageMap } from './usage-map.ts';

const WATSONX_USAGE: UsageMap = {
  tokens: { input_tokens: 'input_token_count', output_tokens: 'generated_token_count' },
};

/** Text generation and embeddings of IBM watsonx; its chat speaks OpenAI's dialect. */
export const watsonx: Family = {
  name: 'watsonx',
  usage: WATSONX_USAGE,
  recognises(message) {
    return stringAt(message, 'model_id') !== null && Array.isArray(valueAt(message, 'results'));
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    reading.identify({ model: stringAt(message, 'model_id') });
    const [result] = objectsAt(message, 'results');
    reading.text(valueAt(result, 'generated_text'));
    const reason = stringAt(result, 'stop_reason');
    if (reason !== null && reason.toLowerCase() !== 'not_finished') reading.stopReason = reason;
    // Embeddings state their input beside the results.
    const counts = numberAt(result, 'input_token_count') === null ? [result, message] : [result];
    const merged: Record<string, number> = {};
    for (const key of ['input_token_count', 'generated_token_count']) {
      // A stream states the input in its first event and zeros after it; what is generated grows.
      const seen = [reading.rawUsage, ...counts].flatMap((owner) => numberAt(owner, key) ?? []);
      if (seen.length > 0) merged[key] = Math.max(...seen);
    }
    if (Object.keys(merged).length > 0) reading.rawUsage = merged satisfies JsonObject;
  },
  settle(reading, ending) {
    const usage = reading.count(WATSONX_USAGE, ending.whole ? 'final' : 'partial');
    if (usage.input_tokens !== null && !ending.stream) usage.output_tokens ??= 0;
  },
};
