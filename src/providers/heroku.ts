import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'heroku',
  title: 'Heroku Inference',
  // By region: us.inference.heroku.com.
  hosts: ['inference.heroku.com'],
  intercept: true,
  endpoints: [
    ...openaiCompatible('/v1'),
    ...anthropicInference('/v1'),
    { method: 'POST', path: '/v1/agents/heroku', operation: 'agent_run', family: 'openai-chat' },
  ],
} satisfies Provider;
