import { controls } from './families/control-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import { LITELLM } from './families/price-sources.ts';
import type { Endpoint, Provider } from './provider.ts';

export const provider = {
  id: 'perplexity',
  title: 'Perplexity',
  hosts: ['api.perplexity.ai'],
  intercept: true,
  endpoints: [
    ...openaiInference('/v1'),
    ...openaiInference(''),
    { method: 'POST', path: '/v1/contextualizedembeddings', operation: 'embeddings', family: 'openai-chat' },
    { method: 'POST', path: '/v1/sonar', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/v1/agent', operation: 'responses', family: 'openai-responses' },
    // Submitted and polled for: the answer is in `response`, its usage counts once.
    ...['/async/chat/completions', '/v1/async/sonar'].flatMap((path): Endpoint[] => [
      { method: 'POST', path, operation: 'chat', family: 'openai-chat' },
      { method: 'GET', path, operation: 'chat_admin', kind: 'control' },
      {
        method: 'GET',
        path: `${path}/{id}`,
        operation: 'fetch_response',
        kind: 'reread',
        family: 'openai-chat',
        job: 'req.path:id',
      },
    ]),
    { method: 'POST', path: '/search', operation: 'search', units: [{ unit: 'requests', from: 'const:1' }] },
    ...controls('', 'generate_auth_token', 'revoke_auth_token'),
    ...controls('/v1', 'models'),
  ],
  prices: [{ unit: 'requests', usd: '0.005', per: 1, operation: 'search', ...LITELLM }],
} satisfies Provider;
