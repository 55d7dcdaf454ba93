import { anthropicInference } from './families/anthropic-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'anthropic',
  title: 'Anthropic',
  // The second is the Claude Platform on AWS: Anthropic's API and prices behind AWS's login.
  hosts: ['api.anthropic.com', 'aws-external-anthropic.*.api.aws'],
  intercept: true,
  requestIdHeaders: ['request-id'],
  // Claude Code with a Claude login; API keys begin with sk-ant-api.
  subscriptionMarks: [{ header: 'authorization', startsWith: 'Bearer sk-ant-oat' }],
  endpoints: [
    ...anthropicInference('/v1'),
    {
      method: 'GET',
      path: '/v1/messages/batches/{id}/results',
      operation: 'batch_results',
      kind: 'batch_results',
      family: 'anthropic',
      billing: 'batch',
    },
    { method: '*', path: '/v1/messages/batches', operation: 'batches', kind: 'control' },
    { method: '*', path: '/v1/messages/batches/**', operation: 'batches', kind: 'control' },
    { method: 'POST', path: '/v1/complete', operation: 'text_completion', family: 'anthropic' },
    { method: 'POST', path: '/v1/chat/completions', operation: 'chat', family: 'openai-chat' },
    // Telemetry, login, files, skills, managed agents (their turns run at the server).
    { method: '*', path: '/api/oauth/**', operation: 'oauth', kind: 'control' },
    { method: '*', path: '/api/event_logging/**', operation: 'telemetry', kind: 'control' },
    { method: '*', path: '/v1/files', operation: 'files', kind: 'control' },
    { method: '*', path: '/v1/files/**', operation: 'files', kind: 'control' },
    { method: '*', path: '/v1/models', operation: 'models', kind: 'control' },
    { method: '*', path: '/v1/models/**', operation: 'models', kind: 'control' },
    { method: '*', path: '/v1/skills', operation: 'skills', kind: 'control' },
    { method: '*', path: '/v1/skills/**', operation: 'skills', kind: 'control' },
    { method: '*', path: '/v1/organizations/**', operation: 'organizations', kind: 'control' },
    { method: '*', path: '/v1/agents', operation: 'agents', kind: 'control' },
    { method: '*', path: '/v1/agents/**', operation: 'agents', kind: 'control' },
    { method: '*', path: '/v1/sessions', operation: 'sessions', kind: 'control' },
    { method: '*', path: '/v1/sessions/**', operation: 'sessions', kind: 'control' },
  ],
} satisfies Provider;
