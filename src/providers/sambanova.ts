import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import { SAMBANOVA_PRICES } from './families/token-prices-open-models.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'sambanova',
  title: 'SambaNova',
  hosts: ['api.sambanova.ai'],
  intercept: true,
  requestIdHeaders: ['x-request-id'],
  endpoints: [...openaiCompatible('/v1'), ...anthropicInference('/v1')],
  prices: SAMBANOVA_PRICES,
} satisfies Provider;
