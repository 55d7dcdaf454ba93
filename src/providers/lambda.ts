import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'lambda',
  title: 'Lambda',
  hosts: ['api.lambda.ai'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1')],
} satisfies Provider;
