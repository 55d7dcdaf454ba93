import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'writer',
  title: 'Writer',
  hosts: ['api.writer.com'],
  intercept: true,
  endpoints: [
    { method: 'POST', path: '/v1/chat', operation: 'chat', family: 'openai-chat' },
    ...openaiCompatible('/v1'),
    { method: 'POST', path: '/v1/applications/{id}', operation: 'agent_run' },
    ...controls('/v1', 'graphs', 'applications', 'tools'),
  ],
  limits: ['Applications and completions state no usage.'],
} satisfies Provider;
