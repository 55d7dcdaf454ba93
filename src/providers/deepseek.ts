import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'deepseek',
  title: 'DeepSeek',
  hosts: ['api.deepseek.com'],
  intercept: true,
  requestIdHeaders: ['x-ds-trace-id'],
  endpoints: [
    ...openaiCompatible('/v1'),
    ...openaiCompatible('/beta'),
    ...openaiCompatible(''),
    ...anthropicInference('/anthropic/v1'),
    ...controls('', 'user'),
  ],
} satisfies Provider;
