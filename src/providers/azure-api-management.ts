import { openaiInference } from './families/openai-endpoints.ts';
import { withDims } from './families/with-dims.ts';
import type { Provider } from './provider.ts';

/** The front of anything that a company runs, models among it: intercepted when the user names the host. */
export const provider = {
  id: 'azure-api-management',
  title: 'Azure API Management',
  hosts: ['azure-api.net'],
  base: null,
  intercept: false,
  kind: 'gateway',
  endpoints: withDims({ inner_provider: 'const:azure-openai' }, openaiInference('**/deployments/{model}')),
  limits: ['Any API can be behind this host, so it is tunnelled until it is named with --intercept.'],
} satisfies Provider;
