import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'publicai',
  title: 'Public AI',
  hosts: ['api.publicai.co'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1')],
} satisfies Provider;
