import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { UsageMap } from './families/usage-map.ts';
import { DEEPINFRA_PRICES } from './families/token-prices-deepinfra.ts';
import type { Provider } from './provider.ts';

const NATIVE_USAGE: UsageMap = {
  tokens: { input_tokens: 'inference_status.tokens_input', output_tokens: 'inference_status.tokens_generated' },
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
    // Its own API says what it charged, for every kind of model.
    {
      method: 'POST',
      path: '/v1/inference/{model+}',
      operation: 'inference',
      usage: NATIVE_USAGE,
      cost: { from: 'res.body:$.inference_status.cost', perUsd: 1 },
    },
  ],
  prices: DEEPINFRA_PRICES,
} satisfies Provider;
