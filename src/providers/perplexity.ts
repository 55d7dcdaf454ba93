import { controls } from './families/control-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import { LITELLM } from './families/price-sources.ts';
import type { ListPrice } from '../core/list-price.ts';
import type { Endpoint, Provider } from './provider.ts';

/** Searched for with each call, at a price by how much; an answer that states its cost has it inside. */
const SEARCH_FEE = {
  units: [{ unit: 'requests', from: 'const:1 if res.body:$.usage' }],
  dims: {
    search_context_size: [
      'res.body:$.usage.search_context_size',
      'req.body:$.web_search_options.search_context_size',
      'const:low',
    ],
  },
} as const satisfies Partial<Endpoint>;

const fees = (model: string, low: string, medium: string, high: string): ListPrice[] =>
  Object.entries({ low, medium, high }).map(([size, usd]) => ({
    unit: 'requests',
    usd,
    per: 1000,
    model,
    when: { search_context_size: size },
    asOf: '2026-11-21',
    source: 'docs.perplexity.ai/getting-started/pricing',
  }));

export const provider = {
  id: 'perplexity',
  title: 'Perplexity',
  hosts: ['api.perplexity.ai'],
  intercept: true,
  endpoints: [
    ...['/chat/completions', '/v1/chat/completions'].map((path): Endpoint => ({
      method: 'POST',
      path,
      operation: 'chat',
      family: 'openai-chat',
      ...SEARCH_FEE,
    })),
    ...openaiInference('/v1'),
    ...openaiInference(''),
    { method: 'POST', path: '/v1/contextualizedembeddings', operation: 'embeddings', family: 'openai-chat' },
    { method: 'POST', path: '/v1/sonar', operation: 'chat', family: 'openai-chat', ...SEARCH_FEE },
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
  prices: [
    { unit: 'requests', usd: '0.005', per: 1, operation: 'search', ...LITELLM },
    ...fees('sonar|sonar-reasoning', '5', '8', '12'),
    ...fees('sonar-pro|sonar-reasoning-pro', '6', '10', '14'),
  ],
} satisfies Provider;
