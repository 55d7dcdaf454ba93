import { LITELLM } from './families/price-sources.ts';
import type { Endpoint, Provider } from './provider.ts';

/** `usage.total_tokens`, all of it input. */
function embeddings(path: string): Endpoint {
  return {
    method: 'POST',
    path,
    operation: 'embeddings',
    family: 'openai-chat',
    units: [{ unit: 'image_pixels', from: 'res.body:$.usage.image_pixels' }],
  };
}

const VERCEL = { asOf: '2026-10', source: 'vercel.com, AI gateway list prices' } as const;

export const provider = {
  id: 'voyage',
  title: 'Voyage AI',
  // MongoDB, which owns it, serves the same API.
  hosts: ['api.voyageai.com', 'ai.mongodb.com'],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    embeddings('/v1/embeddings'),
    embeddings('/v1/multimodalembeddings'),
    embeddings('/v1/contextualizedembeddings'),
    { method: 'POST', path: '/v1/rerank', operation: 'rerank', family: 'openai-chat' },
    { method: '*', path: '/v1/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'input_tokens', usd: '0.12', per: 1_000_000, model: 'voyage-4-large', ...VERCEL },
    { unit: 'input_tokens', usd: '0.06', per: 1_000_000, model: 'voyage-4', ...VERCEL },
    { unit: 'input_tokens', usd: '0.02', per: 1_000_000, model: 'voyage-4-lite', ...VERCEL },
    {
      unit: 'input_tokens',
      usd: '0.18',
      per: 1_000_000,
      model: 'voyage-3-large|voyage-code-3|voyage-context-3',
      ...LITELLM,
    },
    { unit: 'input_tokens', usd: '0.06', per: 1_000_000, model: 'voyage-3|voyage-3.5', ...LITELLM },
    { unit: 'input_tokens', usd: '0.02', per: 1_000_000, model: 'voyage-3-lite|voyage-3.5-lite', ...LITELLM },
    {
      unit: 'input_tokens',
      usd: '0.12',
      per: 1_000_000,
      model: 'voyage-code-2|voyage-finance-2|voyage-large-2|voyage-law-2|voyage-multimodal-3',
      ...LITELLM,
    },
    {
      unit: 'input_tokens',
      usd: '0.10',
      per: 1_000_000,
      model: 'voyage-2|voyage-lite-01|voyage-lite-02-instruct',
      ...LITELLM,
    },
    { unit: 'input_tokens', usd: '0.05', per: 1_000_000, model: 'rerank-2|rerank-2.5', ...LITELLM },
    { unit: 'input_tokens', usd: '0.02', per: 1_000_000, model: 'rerank-2-lite|rerank-2.5-lite', ...LITELLM },
  ],
  limits: ['Pixels of images are billed within the tokens of the multimodal models: counted, not billed again.'],
} satisfies Provider;
