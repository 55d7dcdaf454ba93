import { controls } from './families/control-endpoints.ts';
import type { Endpoint, Provider, UnitRule } from './provider.ts';

const ONE_QUERY: UnitRule = { unit: 'queries', from: 'const:1' };
const ONE_OBJECT: UnitRule = { unit: 'objects', from: 'const:1' };

const OBJECT_OPERATIONS = { GET: 'get', PUT: 'update', PATCH: 'update', DELETE: 'delete' } as const;

export const provider = {
  id: 'weaviate',
  title: 'Weaviate',
  hosts: ['weaviate.cloud', 'weaviate.network', 'weaviate.io'],
  base: null,
  intercept: false,
  kind: 'vector_database',
  endpoints: [
    // Errors come with status 200.
    { method: 'POST', path: '/v1/graphql', operation: 'query', units: [ONE_QUERY], countWhen: '!res.body:$.errors' },
    {
      method: 'POST',
      path: '/v1/graphql/batch',
      operation: 'query',
      units: [{ unit: 'queries', from: 'req.body:$#len' }],
    },
    { method: 'POST', path: '/v1/objects', operation: 'insert', units: [ONE_OBJECT] },
    {
      method: 'POST',
      path: '/v1/batch/objects',
      operation: 'insert',
      units: [{ unit: 'objects', from: 'req.body:$.objects#len' }],
    },
    {
      method: 'DELETE',
      path: '/v1/batch/objects',
      operation: 'delete',
      units: [{ unit: 'objects', from: 'res.body:$.results.successful' }],
    },
    {
      method: 'POST',
      path: '/v1/batch/references',
      operation: 'insert_references',
      units: [{ unit: 'requests', from: 'const:1' }],
    },
    ...(['GET', 'PUT', 'PATCH', 'DELETE'] as const).map((method): Endpoint => ({
      method,
      path: '/v1/objects/**',
      operation: OBJECT_OPERATIONS[method],
      units: [ONE_OBJECT],
    })),
    {
      method: 'GET',
      path: '/v1/objects',
      operation: 'list',
      units: [{ unit: 'objects', from: 'res.body:$.objects#len' }],
    },
    {
      method: 'POST',
      path: '/weaviate.v1.Weaviate/{op}',
      operation: 'grpc',
      operationFrom: 'req.path:op',
      units: [],
    },
    ...controls('/v1', 'schema', 'meta', 'nodes', 'backups', 'cluster', 'tenants', '.well-known', 'authz', 'users'),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  limits: [
    'Weaviate Cloud is billed by stored dimensions and storage: queries and objects are counted, not priced.',
    'Clients of version 4 query over gRPC, which is tunnelled.',
  ],
} satisfies Provider;
