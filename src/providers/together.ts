import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import { TOGETHER_PRICES } from './families/token-prices-clouds.ts';
import type { Endpoint, Provider } from './provider.ts';

export const provider = {
  id: 'together',
  title: 'Together AI',
  hosts: ['api.together.xyz', 'api.together.ai'],
  intercept: true,
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    ...openaiCompatible('/v1'),
    ...['/v1/videos', '/v2/videos'].flatMap((path): Endpoint[] => [
      { method: 'POST', path, operation: 'video_generation', family: 'openai-responses' },
      // What the video cost is said when it is done.
      {
        method: 'GET',
        path: `${path}/{id}`,
        operation: 'fetch_video',
        kind: 'reread',
        family: 'openai-responses',
        countWhen: 'res.body:$.status=completed',
        job: 'req.path:id',
        cost: { from: 'res.body:$.outputs.cost', perUsd: 1 },
      },
    ]),
    ...controls('/v1', 'fine-tunes', 'endpoints', 'evaluation', 'hardware', 'jobs', 'clusters'),
  ],
  limits: ['Images and audio state no quantity in their answers.'],
  prices: TOGETHER_PRICES,
} satisfies Provider;
