import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { objectAt, stringAt, valueAt } from './json.ts';
import type { UsageMap } from './usage-map.ts';

/** Seconds on the hardware are what most models are billed by; some official ones by tokens or images. */
const REPLICATE_USAGE: UsageMap = {
  tokens: { input_tokens: 'input_token_count', output_tokens: 'output_token_count' },
  units: { compute_seconds: 'predict_time', images: 'image_count' },
};

const ENDED = new Set(['succeeded', 'failed', 'canceled', 'aborted']);

/** A prediction or a training: one object, asked for until it has ended; only then its metrics are final. */
export const replicate: Family = {
  name: 'replicate',
  usage: REPLICATE_USAGE,
  recognises(message) {
    const urls = objectAt(message, 'urls');
    return stringAt(urls, 'get') !== null && stringAt(message, 'status') !== null && Object.hasOwn(message, 'input');
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    reading.identify({ model: stringAt(message, 'model'), id: stringAt(message, 'id') });
    const status = stringAt(message, 'status') ?? '';
    reading.stopReason = status;
    if (!ENDED.has(status)) return;
    reading.rawUsage = objectAt(message, 'metrics') ?? reading.rawUsage;
    const output = valueAt(message, 'output');
    if (typeof output === 'string') reading.text(output);
    else if (Array.isArray(output)) for (const piece of output) reading.text(piece);
  },
  settle(reading, ending) {
    reading.count(REPLICATE_USAGE, ending.whole ? 'final' : 'partial');
  },
};
