import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'ovhcloud',
  title: 'OVHcloud AI Endpoints',
  // Below it are oai.endpoints… for all models, and a host for each model.
  hosts: ['endpoints.kepler.ai.cloud.ovh.net'],
  base: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
  intercept: true,
  endpoints: [...openaiCompatible('/v1'), ...openaiCompatible('/api/openai_compat/v1')],
} satisfies Provider;
