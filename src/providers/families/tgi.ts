import { statedError } from './errors.ts';
import type { Family } from './family.ts';
import { numberAt, objectAt, stringAt, valueAt } from './json.ts';
import type { UsageMap } from './usage-map.ts';

const TGI_USAGE: UsageMap = {
  tokens: { input_tokens: 'input_length', output_tokens: 'generated_tokens' },
};

/** What of the request's and the answer's size stands in headers: an answer without `details` has no other. */
export const TGI_HEADERS: UsageMap = {
  tokens: { input_tokens: 'x-prompt-tokens', output_tokens: 'x-generated-tokens' },
};

/** The sibling of TGI for embeddings and rerankers answers with bare lists. */
export const TEI_HEADERS: UsageMap = { tokens: { input_tokens: 'x-compute-tokens' } };

/** The native API of Text Generation Inference, and of Hugging Face's endpoints for text. */
export const tgi: Family = {
  name: 'tgi',
  usage: TGI_USAGE,
  recognises(message) {
    return (
      Object.hasOwn(message, 'generated_text') || numberAt(objectAt(message, 'details'), 'generated_tokens') !== null
    );
  },
  read(message, reading) {
    reading.error = statedError(message) ?? reading.error;
    const token = objectAt(message, 'token');
    if (token === null) reading.text(valueAt(message, 'generated_text'));
    else if (valueAt(token, 'special') !== true) reading.text(valueAt(token, 'text'));
    const details = objectAt(message, 'details');
    const generated = numberAt(details, 'generated_tokens');
    if (generated === null) return;
    // Only the counts: `details` may list every token of the prompt.
    const input = numberAt(details, 'input_length');
    reading.rawUsage = { generated_tokens: generated, ...(input === null ? {} : { input_length: input }) };
    reading.stopReason = stringAt(details, 'finish_reason') ?? reading.stopReason;
    reading.finished = true;
  },
  settle(reading, ending) {
    reading.count(TGI_USAGE, reading.finished || ending.whole ? 'final' : 'partial');
  },
};
