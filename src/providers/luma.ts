import { controls } from './families/control-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

const BASE = '/dream-machine/v1';
const PLANS = { asOf: '2026-05-08', source: 'api-evangelist/luma-ai, plans' } as const;

function submit(path: string, operation: string): Endpoint {
  return {
    method: 'POST',
    path: `${BASE}${path}`,
    operation,
    units: [],
    model: ['req.body:$.model'],
    job: 'res.body:$.id',
  };
}

export const provider = {
  id: 'luma',
  title: 'Luma AI',
  hosts: ['api.lumalabs.ai'],
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    submit('/generations/image', 'image_generation'),
    submit('/generations/image/reframe', 'image_generation'),
    submit('/generations', 'video_generation'),
    submit('/generations/video', 'video_generation'),
    submit('/generations/video/{task:reframe|modify}', 'video_generation'),
    submit('/generations/{id}/{task:upscale|audio}', 'video_edit'),
    // What it made is counted when it is there.
    {
      method: 'GET',
      path: `${BASE}/generations/{id}`,
      operation: 'fetch_generation',
      kind: 'reread',
      units: [
        { unit: 'video_seconds', from: 'res.body:$.request.duration#seconds if res.body:$.assets.video' },
        { unit: 'images', from: 'const:1 if res.body:$.assets.image' },
      ],
      model: ['res.body:$.model', 'res.body:$.request.model'],
      dims: { resolution: 'res.body:$.request.resolution', aspect_ratio: 'res.body:$.request.aspect_ratio' },
      countWhen: 'res.body:$.state=completed',
      job: 'req.path:id',
    },
    ...controls(BASE, 'generations', 'credits', 'ping', 'concepts'),
  ],
  prices: [
    { unit: 'video_seconds', usd: '0.08', per: 1, model: 'ray-2', ...PLANS },
    { unit: 'images', usd: '0.0404', per: 1, model: 'uni-1', ...PLANS },
  ],
  limits: [
    'Answers state no credits: seconds and images are counted from what was asked for, once it is made.',
    'The published prices of Photon contradict each other: its images are counted, not priced.',
  ],
} satisfies Provider;
