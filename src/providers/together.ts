import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'together',
  title: 'Together AI',
  hosts: ['api.together.xyz', 'api.together.ai'],
  intercept: true,
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    ...openaiCompatible('/v1'),
    { method: 'POST', path: '/v2/videos', operation: 'video_generation' },
    ...controls('/v1', 'fine-tunes', 'endpoints', 'evaluation', 'hardware', 'jobs', 'clusters'),
  ],
  limits: ['Images, audio and video state no quantity in their answers.'],
} satisfies Provider;
