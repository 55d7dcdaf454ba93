import { controls } from './families/control-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'github-models',
  title: 'GitHub Models',
  // The second is its old name, shut down in October 2025.
  hosts: ['models.github.ai', 'models.inference.ai.azure.com'],
  intercept: true,
  requestIdHeaders: ['x-github-request-id', 'apim-request-id', 'x-request-id'],
  endpoints: [
    ...openaiInference('/inference'),
    ...openaiInference('/orgs/{org}/inference'),
    ...openaiInference(''),
    ...controls('', 'catalog', 'models', 'info'),
  ],
} satisfies Provider;
