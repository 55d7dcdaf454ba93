import type { UsageMap } from './families/usage-map.ts';
import type { Endpoint, Provider, UnitRule } from './provider.ts';

const POINTS = '/collections/{collection}/points';
const ONE_QUERY: UnitRule = { unit: 'queries', from: 'const:1' };
const SEARCHES: UnitRule = { unit: 'queries', from: ['req.body:$.searches#len', 'const:1'] };
const SENT_POINTS: UnitRule = { unit: 'points', from: ['req.body:$.points#len', 'req.body:$.batch.ids#len'] };

/** Tokens of the models that Qdrant Cloud runs itself, by model. */
const INFERENCE: UsageMap = { tokens: { input_tokens: 'usage.inference.models.*.tokens' } };

function call(method: 'POST' | 'PUT' | 'GET', path: string, operation: string, ...units: UnitRule[]): Endpoint {
  return { method, path: `${POINTS}${path}`, operation, units, usage: INFERENCE };
}

export const provider = {
  id: 'qdrant',
  title: 'Qdrant',
  hosts: ['qdrant.io'],
  base: null,
  intercept: false,
  kind: 'vector_database',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    call('POST', '/query', 'query', ONE_QUERY),
    call('POST', '/query/batch', 'query', SEARCHES),
    call('POST', '/query/groups', 'query', ONE_QUERY),
    { ...call('POST', '/{op:search|recommend|discover}', 'search', ONE_QUERY), operationFrom: 'req.path:op' },
    {
      ...call('POST', '/{op:search|recommend|discover}/{many:batch|groups}', 'search', SEARCHES),
      operationFrom: 'req.path:op',
    },
    call('PUT', '', 'upsert', SENT_POINTS),
    call('POST', '', 'retrieve', { unit: 'points', from: 'req.body:$.ids#len' }),
    call('POST', '/scroll', 'scroll', { unit: 'points', from: 'res.body:$.result.points#len' }),
    call('POST', '/{op:count|delete|batch}', 'points', { unit: 'requests', from: 'const:1' }),
    call('POST', '/{op:payload|vectors}/{what}', 'points', { unit: 'requests', from: 'const:1' }),
    call('POST', '/{op:payload|vectors}', 'points', { unit: 'requests', from: 'const:1' }),
    call('PUT', '/{op:payload|vectors}', 'points', { unit: 'requests', from: 'const:1' }),
    call('GET', '/{id}', 'retrieve', { unit: 'points', from: 'const:1' }),
    { method: 'POST', path: '/collections/{collection}/facet', operation: 'facet', units: [ONE_QUERY] },
    { method: 'POST', path: '/qdrant.{service}/{op}', operation: 'grpc', operationFrom: 'req.path:op', units: [] },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  limits: [
    'Qdrant Cloud is billed by the hour of a cluster: queries and points are counted, not priced.',
    'Clients that speak gRPC (port 6334) are tunnelled.',
  ],
} satisfies Provider;
