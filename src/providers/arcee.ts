import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'arcee',
  title: 'Arcee AI',
  hosts: ['api.arcee.ai'],
  intercept: true,
  endpoints: [...openaiCompatible('/api/v1'), ...openaiCompatible('/v1')],
} satisfies Provider;
