import { LITELLM } from './families/price-sources.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'bfl',
  title: 'Black Forest Labs',
  // Regions (api.us, api.eu2 ...) are below the first; the second is the old one.
  hosts: ['bfl.ai', 'api.bfl.ml'],
  base: 'https://api.bfl.ai',
  intercept: true,
  kind: 'model',
  endpoints: [
    { method: 'GET', path: '/v1/get_result', operation: 'fetch_result', kind: 'control' },
    { method: 'GET', path: '/v1/**', operation: 'admin', kind: 'control' },
    { method: 'POST', path: '/v1/delete_finetune', operation: 'admin', kind: 'control' },
    {
      method: 'POST',
      path: '/v1/{model}',
      operation: 'image_generation',
      // FLUX.2 states its price when it is asked; the older models are paid by the image.
      units: [
        { unit: 'credits', from: 'res.body:$.cost' },
        { unit: 'images', from: 'const:1 if !res.body:$.cost' },
      ],
      dims: { width: 'req.body:$.width', height: 'req.body:$.height' },
      job: 'res.body:$.id',
    },
  ],
  prices: [
    { unit: 'credits', usd: '0.01', per: 1, asOf: '2025-11', source: 'a credit is a cent, not verified' },
    { unit: 'images', usd: '0.04', per: 1, model: 'flux-pro-1.1|flux-kontext-pro', ...LITELLM },
    { unit: 'images', usd: '0.06', per: 1, model: 'flux-pro-1.1-ultra', ...LITELLM },
    { unit: 'images', usd: '0.08', per: 1, model: 'flux-kontext-max', ...LITELLM },
    { unit: 'images', usd: '0.05', per: 1, model: 'flux-pro|flux-pro-1.0-fill|flux-pro-1.0-expand', ...LITELLM },
    { unit: 'images', usd: '0.025', per: 1, model: 'flux-dev', ...LITELLM },
  ],
  limits: ['An image is counted when it is asked for; one that moderation refuses later is counted, too.'],
} satisfies Provider;
