import type { Endpoint, Provider } from './provider.ts';

function rows(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', operation: string): Endpoint {
  return { method, path: '/rest/v1/{table}', operation, units: [{ unit: 'queries', from: 'const:1' }] };
}

export const provider = {
  id: 'supabase',
  title: 'Supabase',
  hosts: ['supabase.co'],
  base: null,
  intercept: false,
  kind: 'vector_database',
  requestIdHeaders: ['sb-request-id', 'x-request-id'],
  endpoints: [
    // Vector search is a function of the database.
    { method: 'POST', path: '/rest/v1/rpc/{name}', operation: 'rpc', units: [{ unit: 'queries', from: 'const:1' }] },
    rows('GET', 'select'),
    rows('POST', 'insert'),
    rows('PATCH', 'update'),
    rows('DELETE', 'delete'),
    {
      method: 'POST',
      path: '/functions/v1/{name}',
      operation: 'function',
      units: [{ unit: 'requests', from: 'const:1' }],
    },
    { method: 'POST', path: '/graphql/v1', operation: 'query', units: [{ unit: 'queries', from: 'const:1' }] },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  limits: ['Supabase is billed by plan, storage and traffic: queries are counted, not priced.'],
} satisfies Provider;
