import { openaiCompatible } from './families/openai-endpoints.ts';
import { NEBIUS_PRICES } from './families/token-prices-nebius.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'nebius',
  title: 'Nebius Token Factory',
  hosts: ['api.studio.nebius.ai', 'api.studio.nebius.com', 'api.tokenfactory.nebius.com'],
  intercept: true,
  endpoints: [...openaiCompatible('/v1')],
  prices: NEBIUS_PRICES,
} satisfies Provider;
