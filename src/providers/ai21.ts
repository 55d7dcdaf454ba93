import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import { AI21_PRICES } from './families/token-prices-open-models.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'ai21',
  title: 'AI21 Labs',
  hosts: ['api.ai21.com'],
  intercept: true,
  endpoints: [
    ...openaiCompatible('/studio/v1'),
    // Jurassic, which states no usage.
    { method: 'POST', path: '/studio/v1/{model}/complete', operation: 'text_completion', family: 'openai-chat' },
    { method: 'POST', path: '/studio/v1/{model}/chat', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/studio/v1/embed', operation: 'embeddings', family: 'openai-chat' },
    { method: 'POST', path: '/studio/v1/maestro/runs', operation: 'agent_run' },
    { method: 'POST', path: '/studio/v1/tokenize', operation: 'count_tokens', kind: 'count' },
    ...controls('/studio/v1', 'library', 'maestro'),
  ],
  limits: ['Jurassic models, embeddings and Maestro runs state no usage.'],
  prices: AI21_PRICES,
} satisfies Provider;
