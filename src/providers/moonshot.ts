import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible, openaiInference } from './families/openai-endpoints.ts';
import { paidAs } from './families/paid-as.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'moonshot',
  title: 'Moonshot AI (Kimi)',
  hosts: ['api.moonshot.ai', 'api.moonshot.cn', 'api.kimi.com'],
  intercept: true,
  requestIdHeaders: ['msh-request-id'],
  endpoints: [
    { method: 'POST', path: '/v1/tokenizers/estimate-token-count', operation: 'count_tokens', kind: 'count' },
    ...openaiCompatible('/v1'),
    ...anthropicInference('/anthropic/v1'),
    // Kimi for coding: a plan with a quota.
    ...paidAs('subscription', [...openaiInference('/coding/v1'), ...anthropicInference('/coding/v1')]),
    ...controls('/coding/v1', 'models', 'usages'),
    ...controls('/v1', 'users', 'caching'),
  ],
} satisfies Provider;
