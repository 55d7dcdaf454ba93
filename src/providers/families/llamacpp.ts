import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, stringAt, valueAt } from './json.ts';
import type { UsageMap } from './usage-map.ts';

/** The whole prompt, what of it came from the cache, and what was generated. */
const LLAMACPP_USAGE: UsageMap = {
  tokens: { input_tokens: 'tokens_evaluated', output_tokens: 'tokens_predicted', cache_read_tokens: 'timings.cache_n' },
};

const COUNTS = ['tokens_evaluated', 'tokens_predicted'] as const;

/** The native completions of llama.cpp's server; each event of a stream has the counts so far. */
export const llamacpp: Family = {
  name: 'llamacpp',
  usage: LLAMACPP_USAGE,
  recognises(message) {
    return COUNTS.every((key) => numberAt(message, key) !== null);
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    reading.identify({ model: stringAt(message, 'model') });
    reading.text(valueAt(message, 'content'));
    if (COUNTS.some((key) => numberAt(message, key) !== null)) {
      const timings = objectAt(message, 'timings');
      const counts = Object.fromEntries(COUNTS.map((key) => [key, valueAt(message, key)]));
      reading.rawUsage = timings === null ? counts : { ...counts, timings };
    }
    if (valueAt(message, 'stop') !== true) return;
    reading.finished = true;
    reading.stopReason = stringAt(message, 'stop_type') ?? reading.stopReason;
  },
  settle(reading, ending) {
    reading.count(LLAMACPP_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
  },
};
