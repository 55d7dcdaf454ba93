import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'nscale',
  title: 'Nscale',
  hosts: ['inference.api.nscale.com'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1')],
} satisfies Provider;
