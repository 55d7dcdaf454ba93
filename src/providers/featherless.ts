import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'featherless',
  title: 'Featherless AI',
  hosts: ['api.featherless.ai'],
  intercept: true,
  // Sold by the month, whatever is used.
  billing: 'subscription',
  endpoints: [
    ...openaiCompatible('/v1'),
    { method: 'POST', path: '/v1/tokenize', operation: 'count_tokens', kind: 'count' },
  ],
} satisfies Provider;
