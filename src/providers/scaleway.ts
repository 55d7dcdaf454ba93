import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'scaleway',
  title: 'Scaleway Generative APIs',
  hosts: ['api.scaleway.ai'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1'), ...openaiCompatible('/{project}/v1')],
} satisfies Provider;
