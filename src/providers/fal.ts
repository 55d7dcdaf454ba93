import { LITELLM } from './families/price-sources.ts';
import type { Provider, UnitRule } from './provider.ts';

const QUEUE = ['queue.fal.run'];

/** In the model's own unit: images, megapixels, seconds. */
const BILLED: UnitRule[] = [
  { unit: 'billable_units', from: ['res.header:x-fal-billable-units', 'res.body:$.images#len'] },
];

export const provider = {
  id: 'fal',
  title: 'fal.ai',
  hosts: ['fal.run', 'fal.ai', 'fal.media'],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-fal-request-id'],
  endpoints: [
    { method: 'GET', path: '/{app+}/requests/{id}/status', hosts: QUEUE, operation: 'status', kind: 'control' },
    { method: 'GET', path: '/{app+}/requests/{id}/status/stream', hosts: QUEUE, operation: 'status', kind: 'control' },
    { method: 'PUT', path: '/{app+}/requests/{id}/cancel', hosts: QUEUE, operation: 'cancel', kind: 'control' },
    {
      method: 'GET',
      path: '/{app+}/requests/{id}',
      hosts: QUEUE,
      operation: 'fetch_result',
      kind: 'reread',
      units: BILLED,
      model: ['req.path:app'],
      job: 'req.path:id',
    },
    // Waits in the queue; its result is fetched above.
    {
      method: 'POST',
      path: '/{app+}',
      hosts: QUEUE,
      operation: 'generation',
      units: [],
      model: ['req.path:app'],
      job: 'res.body:$.request_id',
    },
    { method: 'WS', path: '/{app+}/realtime', operation: 'realtime', model: ['req.path:app'] },
    { method: 'WS', path: '/{app+}', operation: 'realtime', model: ['req.path:app'] },
    {
      method: 'POST',
      path: '/{app+}',
      hosts: ['fal.run'],
      operation: 'generation',
      units: BILLED,
      model: ['req.path:app'],
    },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'billable_units', usd: '0.003', per: 1, model: 'fal-ai/flux/schnell', note: 'Megapixels', ...LITELLM },
    { unit: 'billable_units', usd: '0.04', per: 1, model: 'fal-ai/flux-pro/v1.1', ...LITELLM },
    { unit: 'billable_units', usd: '0.06', per: 1, model: 'fal-ai/flux-pro/v1.1-ultra', ...LITELLM },
    { unit: 'billable_units', usd: '0.03', per: 1, model: 'fal-ai/bytedance/seedream/v3/text-to-image', ...LITELLM },
    { unit: 'billable_units', usd: '0.06', per: 1, model: 'fal-ai/ideogram/v3', ...LITELLM },
    { unit: 'billable_units', usd: '0.039', per: 1, model: 'fal-ai/nano-banana', ...LITELLM },
  ],
  limits: [
    'Real-time models run over WebSockets: named, not counted.',
    'Most models have a price and a unit of their own: units are counted, only the commonest are priced.',
  ],
} satisfies Provider;
