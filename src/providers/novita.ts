import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'novita',
  title: 'Novita AI',
  hosts: ['api.novita.ai'],
  intercept: true,
  endpoints: [
    ...openaiCompatible('/v3/openai'),
    ...openaiCompatible('/openai/v1'),
    ...openaiCompatible('/openai'),
    ...anthropicInference('/anthropic/v1'),
  ],
} satisfies Provider;
