import { openaiCompatible } from './families/openai-endpoints.ts';
import { HYPERBOLIC_PRICES } from './families/token-prices-open-models.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'hyperbolic',
  title: 'Hyperbolic',
  hosts: ['api.hyperbolic.xyz'],
  intercept: true,
  endpoints: [
    ...openaiCompatible('/v1'),
    { method: 'POST', path: '/v1/image/generation', operation: 'image_generation', family: 'openai-responses' },
    { method: 'POST', path: '/v1/audio/generation', operation: 'speech', family: 'openai-responses' },
  ],
  limits: ['Images and speech state no quantity in their answers.'],
  prices: HYPERBOLIC_PRICES,
} satisfies Provider;
