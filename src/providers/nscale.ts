import { openaiCompatible } from './families/openai-endpoints.ts';
import { NSCALE_PRICES } from './families/token-prices-open-models.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'nscale',
  title: 'Nscale',
  hosts: ['inference.api.nscale.com'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1')],
  prices: NSCALE_PRICES,
} satisfies Provider;
