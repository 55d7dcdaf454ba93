import { openaiInference } from './families/openai-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

/** The front of anything that a company runs, models among it: intercepted when the user names the host. */
export const provider = {
  id: 'azure-api-management',
  title: 'Azure API Management',
  hosts: ['azure-api.net'],
  intercept: false,
  kind: 'gateway',
  endpoints: openaiInference('**/deployments/{model}').map((endpoint): Endpoint => ({
    ...endpoint,
    dims: { inner_provider: 'const:azure-openai' },
  })),
  limits: ['Any API can be behind this host, so it is tunnelled until it is named with --intercept.'],
} satisfies Provider;
