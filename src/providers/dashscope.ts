import { anthropicInference } from './families/anthropic-endpoints.ts';
import { dashscopeNative } from './families/dashscope-endpoints.ts';
import { openaiCompatible, openaiInference } from './families/openai-endpoints.ts';
import { paidAs } from './families/paid-as.ts';
import { DASHSCOPE_PRICES } from './families/token-prices-open-models.ts';
import type { Endpoint, Provider } from './provider.ts';

const CODING_PLAN = ['coding.dashscope.aliyuncs.com', 'coding-intl.dashscope.aliyuncs.com'];

export const provider = {
  id: 'dashscope',
  title: 'Alibaba Model Studio (Qwen)',
  // Hosts of other regions and of the coding plan are below the first two.
  hosts: ['dashscope.aliyuncs.com', 'dashscope-intl.aliyuncs.com', 'dashscope-us.aliyuncs.com'],
  base: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
  intercept: true,
  requestIdHeaders: ['x-request-id', 'x-dashscope-request-id'],
  endpoints: [
    ...paidAs('subscription', [...openaiInference('/v1'), ...anthropicInference('/apps/anthropic/v1')]).map(
      (endpoint): Endpoint => ({ ...endpoint, hosts: CODING_PLAN }),
    ),
    ...dashscopeNative(),
    ...openaiCompatible('/compatible-mode/v1'),
    { method: 'POST', path: '/compatible-api/v1/reranks', operation: 'rerank', family: 'openai-chat' },
    ...openaiInference('/api/v2/apps/protocols/compatible-mode/v1'),
    ...anthropicInference('/apps/anthropic/v1'),
  ],
  prices: DASHSCOPE_PRICES,
} satisfies Provider;
