import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import { paidAs } from './families/paid-as.ts';
import { ZAI_PRICES } from './families/token-prices-clouds.ts';
import type { Endpoint, Provider } from './provider.ts';

function modelPaths(base: string): Endpoint[] {
  const endpoints: Endpoint[] = [
    ...openaiCompatible(base),
    { method: 'POST', path: `${base}/async/chat/completions`, operation: 'chat', family: 'openai-chat' },
    // What was submitted is polled for; the usage of the finished answer counts once.
    {
      method: 'GET',
      path: `${base}/async-result/{id}`,
      operation: 'fetch_response',
      kind: 'reread',
      family: 'openai-chat',
      job: 'req.path:id',
    },
    { method: 'POST', path: `${base}/videos/generations`, operation: 'video_generation', family: 'openai-chat' },
    { method: 'POST', path: `${base}/layout_parsing`, operation: 'ocr', family: 'openai-chat' },
    { method: 'POST', path: `${base}/tokenizer`, operation: 'count_tokens', kind: 'count' },
  ];
  return base.includes('/coding/') ? paidAs('subscription', endpoints) : endpoints;
}

export const provider = {
  id: 'zai',
  title: 'Z.ai (Zhipu GLM)',
  hosts: ['api.z.ai', 'open.bigmodel.cn'],
  intercept: true,
  endpoints: [
    ...['/api/paas/v4', '/api/coding/paas/v4'].flatMap(modelPaths),
    ...anthropicInference('/api/anthropic/v1'),
    ...controls('/api', 'monitor', 'biz', 'oauth'),
  ],
  limits: [
    'Calls of a coding plan through /api/anthropic look like others: their cost is shown as if they were paid by the token.',
  ],
  prices: ZAI_PRICES,
} satisfies Provider;
