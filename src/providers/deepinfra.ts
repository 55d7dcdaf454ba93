import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { UsageMap } from './families/usage-map.ts';
import type { Provider } from './provider.ts';

/** Its own API states what it charged, for every kind of model. */
const NATIVE_USAGE: UsageMap = {
  tokens: { input_tokens: 'inference_status.tokens_input', output_tokens: 'inference_status.tokens_generated' },
  cost: [{ at: 'inference_status.cost', perUsd: 1 }],
};

export const provider = {
  id: 'deepinfra',
  title: 'DeepInfra',
  hosts: ['api.deepinfra.com'],
  intercept: true,
  endpoints: [
    ...openaiCompatible('/v1/openai'),
    ...openaiCompatible('/v1'),
    ...anthropicInference('/anthropic/v1'),
    { method: 'POST', path: '/v1/inference/{model+}', operation: 'inference', usage: NATIVE_USAGE },
  ],
} satisfies Provider;
