import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'crusoe',
  title: 'Crusoe Managed Inference',
  hosts: ['api.inference.crusoecloud.com'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1')],
} satisfies Provider;
