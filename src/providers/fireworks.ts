import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible, openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'fireworks',
  title: 'Fireworks AI',
  hosts: ['api.fireworks.ai'],
  intercept: true,
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    ...openaiCompatible('/inference/v1'),
    ...anthropicInference('/inference/v1'),
    { method: 'POST', path: '/inference/v1/workflows/{model+}/get_result', operation: 'fetch_image', kind: 'control' },
    { method: 'POST', path: '/inference/v1/workflows/{model+}/text_to_image', operation: 'image_generation' },
    { method: 'POST', path: '/inference/v1/workflows/{model+}', operation: 'image_generation' },
    { method: 'POST', path: '/inference/v1/image_generation/{model+}', operation: 'image_generation' },
    // Speech has hosts of its own (audio-prod.api.fireworks.ai) without the base path.
    ...openaiInference('/v1'),
    ...controls('/v1', 'accounts'),
  ],
} satisfies Provider;
