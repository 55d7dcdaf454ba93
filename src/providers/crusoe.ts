import { openaiCompatible } from './families/openai-endpoints.ts';
import { CRUSOE_PRICES } from './families/token-prices-open-models.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'crusoe',
  title: 'Crusoe Managed Inference',
  hosts: ['api.inference.crusoecloud.com'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1')],
  prices: CRUSOE_PRICES,
} satisfies Provider;
