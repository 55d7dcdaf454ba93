import type { Endpoint, Provider, UnitRule } from './provider.ts';

/** `*` stands for all indexes; clients escape it or do not. */
const ALL = '{all:*|%2A|%2a}';
const ONE_SEARCH: UnitRule = { unit: 'search_requests', from: 'const:1' };
const ONE_RECORD: UnitRule = { unit: 'records', from: 'const:1' };
const REQUESTS = 'req.body:$.requests#len';

function call(method: Endpoint['method'], path: string, operation: string, ...units: UnitRule[]): Endpoint {
  return { method, path: `/1/indexes/${path}`, operation, units };
}

const GROW = { asOf: '2025-11', source: 'algolia.com, Grow plan' } as const;

export const provider = {
  id: 'algolia',
  title: 'Algolia',
  // `{app}-dsn`, `{app}-1` ... are below them.
  hosts: ['algolia.net', 'algolianet.com', 'algolia.com', 'algolia.io'],
  base: null,
  intercept: false,
  kind: 'search',
  requestIdHeaders: ['x-alg-pt', 'x-request-id'],
  endpoints: [
    call(
      'POST',
      `${ALL}/queries`,
      'search',
      { unit: 'search_requests', from: REQUESTS },
      { unit: 'hits', from: 'res.body:$.results[*].nbHits' },
    ),
    call('POST', `${ALL}/recommendations`, 'recommend', { unit: 'recommend_requests', from: REQUESTS }),
    call('POST', `${ALL}/objects`, 'get_objects', ONE_SEARCH),
    call('POST', '{index}/batch', 'index', { unit: 'records', from: REQUESTS }),
    call('POST', '{index}/query', 'search', ONE_SEARCH, { unit: 'hits', from: 'res.body:$.nbHits' }),
    call('POST', '{index}/facets/{facet}/query', 'search_facet', ONE_SEARCH),
    call('POST', '{index}/browse', 'browse', ONE_SEARCH),
    call('GET', '{index}/browse', 'browse', ONE_SEARCH),
    call('GET', '{index}', 'search', ONE_SEARCH, { unit: 'hits', from: 'res.body:$.nbHits' }),
    ...['{index}', '{index}/{object}', '{index}/{object}/partial'].flatMap((path) =>
      (['POST', 'PUT'] as const).map((method) => call(method, path, 'index', ONE_RECORD)),
    ),
    call('DELETE', '{index}/{object}', 'delete', ONE_RECORD),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [{ unit: 'search_requests', usd: '0.50', per: 1000, note: 'Grow Plus: $1.75', ...GROW }],
  limits: [
    'Each query of a multi-query is counted, as the classic plans bill it. Records are billed by the month: counted, not priced.',
  ],
} satisfies Provider;
