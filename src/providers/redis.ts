import type { Endpoint, Provider } from './provider.ts';

const UPSTASH = ['upstash.io'];
const UPSTASH_VECTOR = ['*-vector.upstash.io'];

/** One command, `["GET", "a"]`, or a list of them. */
function commands(path: string, ...from: string[]): Endpoint {
  return { method: 'POST', path, hosts: UPSTASH, operation: 'commands', units: [{ unit: 'commands', from }] };
}

export const provider = {
  id: 'redis',
  title: 'Redis',
  hosts: [
    'redis-cloud.com',
    'redislabs.com',
    'redisenterprise.cache.azure.net',
    'redis.cache.windows.net',
    'cache.amazonaws.com',
    'upstash.io',
  ],
  base: null,
  intercept: false,
  kind: 'vector_database',
  endpoints: [
    ...['', '/{namespace}'].map((end): Endpoint => ({
      method: 'POST',
      path: `/{op:query|upsert|query-data|upsert-data|update|fetch|range|delete|info}${end}`,
      hosts: UPSTASH_VECTOR,
      operation: 'vector',
      operationFrom: 'req.path:op',
      units: [{ unit: 'requests', from: 'const:1' }],
    })),
    commands('/', 'const:1'),
    commands('/pipeline', 'req.body:$#len'),
    commands('/multi-exec', 'req.body:$#len'),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  limits: [
    'Clients speak RESP (port 6379), which is not HTTP and does not use an HTTP proxy; only the HTTP API of Upstash is seen.',
    'No service states a price by the call.',
  ],
} satisfies Provider;
