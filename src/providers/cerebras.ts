import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'cerebras',
  title: 'Cerebras',
  hosts: ['api.cerebras.ai'],
  intercept: true,
  requestIdHeaders: ['inference-id', 'x-request-id'],
  endpoints: [...openaiCompatible('/v1')],
} satisfies Provider;
