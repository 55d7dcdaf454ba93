import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'lmstudio',
  title: 'LM Studio',
  hosts: [],
  intercept: true,
  localPort: 1234,
  endpoints: [
    ...openaiInference('/v1'),
    ...anthropicInference('/v1'),
    ...openaiInference('/api/v0'),
    // LM Studio's own chat states its counts in `stats`; a stream in its last event, `chat.end`.
    {
      method: 'POST',
      path: '/api/v1/chat',
      operation: 'chat',
      usage: {
        tokens: {
          input_tokens: ['stats.input_tokens', 'result.stats.input_tokens'],
          output_tokens: ['stats.total_output_tokens', 'result.stats.total_output_tokens'],
          reasoning_tokens: ['stats.reasoning_output_tokens', 'result.stats.reasoning_output_tokens'],
        },
      },
    },
    { method: '*', path: '/api/v1/models/**', operation: 'models', kind: 'control' },
    { method: 'GET', path: '/v1/models', operation: 'models', kind: 'control' },
  ],
} satisfies Provider;
