import { openaiInference, openaiPlatform, openaiSockets } from './families/openai-endpoints.ts';
import { OPENAI_PRICES } from './families/openai-prices.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'openai',
  title: 'OpenAI',
  // Data-residency hosts (us.api.openai.com) are below it.
  hosts: ['api.openai.com'],
  intercept: true,
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    ...openaiSockets('/v1'),
    ...openaiInference('/v1'),
    ...openaiPlatform('/v1'),
    // The API of 2020, still called by old clients.
    { method: 'POST', path: '/v1/engines/{model}/completions', operation: 'text_completion', family: 'openai-chat' },
    { method: 'POST', path: '/v1/engines/{model}/embeddings', operation: 'embeddings', family: 'openai-chat' },
  ],
  prices: OPENAI_PRICES,
} satisfies Provider;
