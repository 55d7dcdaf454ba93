import type { Endpoint, Provider, UnitRule } from './provider.ts';

const ONE_QUERY: UnitRule = { unit: 'queries', from: 'const:1' };
const ONE_DOCUMENT: UnitRule = { unit: 'documents', from: 'const:1' };
const HITS: UnitRule = { unit: 'hits', from: 'res.body:$.hits.hits#len' };
/** `knn` at the top, in a query or a retriever; scripts over vectors. */
const VECTOR_QUERY = ['knn', 'query.knn', 'retriever.knn', 'query.script_score'].map(
  (path) => `const:vector if req.body:$.${path}`,
);

/** Of one index, and of all. */
function both(method: 'GET' | 'POST' | 'PUT', path: string, operation: string, ...units: UnitRule[]): Endpoint[] {
  const endpoint = { method, operation, units, dims: { query: VECTOR_QUERY } };
  return [
    { ...endpoint, path: `/{index}/${path}` },
    { ...endpoint, path: `/${path}` },
  ];
}

export const provider = {
  id: 'elasticsearch',
  title: 'Elasticsearch and OpenSearch',
  hosts: [
    'elastic.cloud',
    'elastic-cloud.com',
    'found.io',
    'es.io',
    // `{domain}.{region}.es.amazonaws.com`
    'es.amazonaws.com',
    'aoss.amazonaws.com',
  ],
  base: null,
  intercept: false,
  kind: 'vector_database',
  requestIdHeaders: ['x-opaque-id', 'x-amzn-requestid'],
  endpoints: [
    ...(['GET', 'POST'] as const).flatMap((method) => [
      ...both(method, '_search', 'search', ONE_QUERY, HITS),
      ...both(method, '_search/template', 'search', ONE_QUERY, HITS),
      ...both(method, '_msearch', 'search', { unit: 'queries', from: 'res.body:$.responses#len' }),
    ]),
    ...(['POST', 'PUT'] as const).flatMap((method): Endpoint[] => [
      ...both(method, '_bulk', 'bulk', { unit: 'documents', from: 'res.body:$.items#len' }),
      { method, path: '/{index}/{kind:_doc|_create}', operation: 'index', units: [ONE_DOCUMENT] },
      { method, path: '/{index}/{kind:_doc|_create}/{id}', operation: 'index', units: [ONE_DOCUMENT] },
    ]),
    { method: 'GET', path: '/{index}/{kind:_doc|_source}/{id}', operation: 'get', units: [ONE_DOCUMENT] },
    { method: 'DELETE', path: '/{index}/_doc/{id}', operation: 'delete', units: [ONE_DOCUMENT] },
    ...['', '/{id}'].map((end): Endpoint => ({
      method: 'POST',
      path: `/{index}/{op:_update|_update_by_query|_delete_by_query|_count|_mget|_knn_search}${end}`,
      operation: 'documents',
      units: [{ unit: 'requests', from: 'const:1' }],
    })),
    { method: 'POST', path: '/{op:_query|_sql|_esql}', operation: 'query', units: [ONE_QUERY] },
    {
      method: 'POST',
      path: '/_inference/{task}/{endpoint}',
      operation: 'inference',
      units: [{ unit: 'requests', from: 'const:1' }],
    },
    {
      method: 'POST',
      path: '/_inference/chat_completion/{endpoint}/_stream',
      operation: 'chat',
      family: 'openai-chat',
    },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  limits: ['Elastic Cloud and OpenSearch are billed by capacity: calls are counted, not priced.'],
} satisfies Provider;
