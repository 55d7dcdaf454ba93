import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiInference, responsesSocket } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'github-copilot',
  title: 'GitHub Copilot',
  // The plans have hosts of their own; completions in the editor come from the proxies.
  hosts: [
    'api.githubcopilot.com',
    'api.*.githubcopilot.com',
    'proxy.*.githubcopilot.com',
    'copilot-proxy.githubusercontent.com',
  ],
  intercept: true,
  // Paid by premium requests of a plan: what the tokens would cost is notional.
  billing: 'subscription',
  requestIdHeaders: ['x-github-request-id', 'x-request-id'],
  endpoints: [
    responsesSocket('/responses'),
    ...openaiInference(''),
    ...openaiInference('/v1'),
    ...anthropicInference('/v1'),
    { method: 'POST', path: '/v1/engines/{model}/completions', operation: 'text_completion', family: 'openai-chat' },
    { method: 'POST', path: '/v1/engines/{model}/speculation', operation: 'text_completion', family: 'openai-chat' },
    ...controls('', 'models', 'agents', 'mcp', 'copilot_internal', 'telemetry'),
  ],
  limits: [
    'Copilot is paid by premium requests, whose number no answer states; completions in the editor state no tokens.',
  ],
} satisfies Provider;
