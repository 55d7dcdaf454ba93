import { openaiInference } from './families/openai-endpoints.ts';
import type { UsageMap } from './families/usage-map.ts';
import type { Endpoint, Provider } from './provider.ts';

/** The counts stand at the top of the answer, and of the summary that closes a stream. */
const USAGE: UsageMap = {
  tokens: { input_tokens: 'num_tokens_prompt_total', output_tokens: 'num_tokens_generated' },
};

const OPERATIONS: readonly (readonly [path: string, operation: string])[] = [
  ['complete', 'text_completion'],
  ['evaluate', 'evaluate'],
  ['explain', 'explain'],
  ['embed', 'embeddings'],
  ['semantic_embed', 'embeddings'],
  ['batch_semantic_embed', 'embeddings'],
  ['instructable_embed', 'embeddings'],
  ['qa', 'question_answering'],
  ['summarize', 'summarize'],
];

export const provider = {
  id: 'alephalpha',
  title: 'Aleph Alpha',
  hosts: ['aleph-alpha.com'],
  base: 'https://api.aleph-alpha.com',
  intercept: true,
  endpoints: [
    ...OPERATIONS.map(([path, operation]): Endpoint => ({ method: 'POST', path: `/${path}`, operation, usage: USAGE })),
    ...openaiInference(''),
    ...openaiInference('/v1'),
    { method: 'POST', path: '/tokenize', operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: '/detokenize', operation: 'count_tokens', kind: 'count' },
  ],
} satisfies Provider;
