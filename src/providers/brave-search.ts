import type { Endpoint, Provider, UnitRule } from './provider.ts';

const ONE: UnitRule[] = [{ unit: 'requests', from: 'const:1' }];
const PAGE = { asOf: '2026-09', source: 'apidog.com/blog/brave-api-key, quoting Brave' } as const;

/** `/res/v1/web/search`, `/res/v1/llm/context`. */
function search(method: 'GET' | 'POST', path: string): Endpoint {
  return { method, path: `/res/v1/${path}`, operation: 'search', operationFrom: 'req.path:op', units: ONE };
}

export const provider = {
  id: 'brave-search',
  title: 'Brave Search',
  hosts: ['api.search.brave.com'],
  base: 'https://api.search.brave.com/res/v1',
  intercept: false,
  kind: 'search',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    ...(['GET', 'POST'] as const).flatMap((method) => [
      search(method, '{op:web|news|images|videos|suggest|spellcheck}/search'),
      search(method, '{op:llm/context}'),
      search(method, '{op:local/pois|local/descriptions|web/rich}'),
    ]),
    // The summary of a search that was paid for.
    { method: 'GET', path: '/res/v1/summarizer/**', operation: 'summarizer', kind: 'control' },
    { method: 'POST', path: '/res/v1/chat/completions', operation: 'chat', family: 'openai-chat', units: ONE },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'requests', usd: '5', per: 1000, operation: 'web|news|images|videos|llm_context', ...PAGE },
    { unit: 'requests', usd: '5', per: 10_000, operation: 'suggest|spellcheck', ...PAGE },
    { unit: 'requests', usd: '4', per: 1000, operation: 'chat', ...PAGE },
    { unit: 'input_tokens', usd: '5', per: 1_000_000, operation: 'chat', ...PAGE },
    { unit: 'output_tokens', usd: '5', per: 1_000_000, operation: 'chat', ...PAGE },
  ],
  limits: ['Free requests of a plan are not known here: each request is priced.'],
} satisfies Provider;
