import { openaiInference, responsesSocket } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'chatgpt',
  title: 'ChatGPT backend (Codex)',
  hosts: ['chatgpt.com'],
  intercept: true,
  // Codex with a ChatGPT login; with an API key it calls api.openai.com.
  billing: 'subscription',
  requestIdHeaders: ['x-request-id', 'x-oai-request-id'],
  endpoints: [
    responsesSocket('/backend-api/codex/responses'),
    ...openaiInference('/backend-api/codex'),
    // Quotas, login, and the web page itself, whose conversations state no usage.
    { method: '*', path: '/**', operation: 'web', kind: 'control' },
  ],
  limits: ['Conversations of the web page and the desktop app are not metered: their answers state no usage.'],
} satisfies Provider;
