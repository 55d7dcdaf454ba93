import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { UsageMap } from './families/usage-map.ts';
import type { Provider } from './provider.ts';

/** The server's own completion: whole prompt, then what was generated. */
const NATIVE_USAGE: UsageMap = {
  tokens: { input_tokens: 'tokens_evaluated', output_tokens: 'tokens_predicted', cache_read_tokens: 'timings.cache_n' },
};

export const provider = {
  id: 'llamacpp',
  title: 'llama.cpp',
  hosts: [],
  intercept: true,
  localPort: 8080,
  endpoints: [
    ...openaiInference('/v1'),
    ...anthropicInference('/v1'),
    { method: 'POST', path: '/completion', operation: 'text_completion', usage: NATIVE_USAGE },
    { method: 'POST', path: '/infill', operation: 'text_completion', usage: NATIVE_USAGE },
    { method: 'POST', path: '/tokenize', operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: '/detokenize', operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: '/apply-template', operation: 'count_tokens', kind: 'count' },
    { method: 'GET', path: '/v1/models', operation: 'models', kind: 'control' },
  ],
} satisfies Provider;
