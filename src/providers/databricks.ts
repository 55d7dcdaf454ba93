import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

/** The host of a workspace serves all of it: intercepted when the user names it. */
export const provider = {
  id: 'databricks',
  title: 'Databricks Model Serving',
  hosts: ['cloud.databricks.com', 'azuredatabricks.net', 'gcp.databricks.com'],
  base: null,
  intercept: false,
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    { method: 'POST', path: '/serving-endpoints/{model}/invocations', operation: 'chat', family: 'openai-chat' },
    {
      method: 'POST',
      path: '/serving-endpoints/{model}/served-models/{served}/invocations',
      operation: 'chat',
      family: 'openai-chat',
    },
    ...openaiInference('/serving-endpoints'),
    ...anthropicInference('/serving-endpoints/anthropic/v1'),
    { method: '*', path: '/api/**', operation: 'workspace', kind: 'control' },
  ],
  limits: ['The same host serves the whole workspace, so it is tunnelled until it is named with --intercept.'],
} satisfies Provider;
