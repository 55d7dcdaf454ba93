import type { Endpoint, Provider, UnitRule } from './provider.ts';

const COLLECTION = '/api/v2/tenants/{tenant}/databases/{database}/collections/{collection}';
const GIB = 1_073_741_824;
const RETURNED: UnitRule = { unit: 'returned_bytes', from: 'res.bytes' };
const PRICING = { asOf: '2026-01-26', source: 'Chroma Cloud price page, as LLMObserve noted it' } as const;

function call(end: string, ...units: UnitRule[]): Endpoint {
  return { method: 'POST', path: `${COLLECTION}/${end}`, operation: end, units };
}

function write(end: string): Endpoint {
  return call(end, { unit: 'records', from: 'req.body:$.ids#len' }, { unit: 'written_bytes', from: 'req.bytes' });
}

export const provider = {
  id: 'chroma',
  title: 'Chroma Cloud',
  hosts: ['trychroma.com'],
  base: 'https://api.trychroma.com',
  intercept: false,
  kind: 'vector_database',
  requestIdHeaders: ['chroma-trace-id', 'x-request-id'],
  endpoints: [
    write('add'),
    write('upsert'),
    write('update'),
    call('query', { unit: 'queries', from: ['req.body:$.query_embeddings#len', 'const:1'] }, RETURNED),
    call('search', { unit: 'queries', from: ['req.body:$.searches#len', 'const:1'] }, RETURNED),
    call('get', { unit: 'queries', from: 'const:1' }, RETURNED),
    call('delete', { unit: 'requests', from: 'const:1' }),
    call('fork', { unit: 'requests', from: 'const:1' }),
    {
      method: 'POST',
      path: '/api/v1/collections/{collection}/{op:add|upsert|update|query|get|delete}',
      operation: 'query',
      operationFrom: 'req.path:op',
      units: [{ unit: 'requests', from: 'const:1' }],
    },
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'written_bytes', usd: '2.50', per: GIB, ...PRICING },
    { unit: 'returned_bytes', usd: '0.09', per: GIB, ...PRICING },
  ],
  limits: ['What a query scans ($0.0075 a TiB) and what is stored ($0.33 a GiB and month) is in no answer.'],
} satisfies Provider;
