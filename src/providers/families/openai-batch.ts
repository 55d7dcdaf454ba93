import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, stringAt } from './json.ts';
import { openaiResponses } from './openai-responses.ts';

const ENDED = new Set(['completed', 'expired', 'cancelled', 'failed']);

/**
 * The batch object, polled until the batch has ended; from then on it states the sum of its answers. The file of results
 * states the same answers one by one, so both are counted under the id of that file, and whichever is seen first counts.
 */
export const openaiBatch: Family = {
  name: 'openai-batch',
  usage: openaiResponses.usage,
  recognises(message) {
    return stringAt(message, 'object') === 'batch';
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    const status = stringAt(message, 'status') ?? '';
    const id = stringAt(message, 'output_file_id') ?? stringAt(message, 'id');
    reading.identify({ model: stringAt(message, 'model'), id });
    reading.stopReason = status;
    const usage = objectAt(message, 'usage');
    const input = numberAt(usage, 'input_tokens') ?? 0;
    // Zeros stand there from the start, and for ever in batches from before it was stated.
    if (!ENDED.has(status) || input + (numberAt(usage, 'output_tokens') ?? 0) === 0) return;
    reading.rawUsage = usage;
    // Of its requests only the number is known: their size is the mean.
    const answered = numberAt(objectAt(message, 'request_counts'), 'completed') ?? 1;
    reading.contextTokens = Math.ceil(input / Math.max(answered, 1));
  },
  settle(reading, ending) {
    reading.count(openaiResponses.usage, ending.whole ? 'final' : 'partial');
  },
};
