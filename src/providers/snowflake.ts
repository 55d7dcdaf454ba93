import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

/** The host of an account serves its whole data warehouse: intercepted when the user names it. */
export const provider = {
  id: 'snowflake',
  title: 'Snowflake Cortex',
  hosts: ['snowflakecomputing.com'],
  base: null,
  intercept: false,
  requestIdHeaders: ['x-snowflake-request-id'],
  endpoints: [
    ...openaiInference('/api/v2/cortex/v1'),
    ...anthropicInference('/api/v2/cortex/v1'),
    { method: 'POST', path: '/api/v2/cortex/inference:complete', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/api/v2/cortex/inference:embed', operation: 'embeddings', family: 'openai-chat' },
    { method: 'POST', path: '/api/v2/cortex/agent:run', operation: 'agent_run' },
    { method: '*', path: '/**', operation: 'warehouse', kind: 'control' },
  ],
  limits: ['The same host serves the warehouse itself, so it is tunnelled until it is named with --intercept.'],
} satisfies Provider;
