import { controls } from './families/control-endpoints.ts';
import { LLMOBSERVE } from './families/price-sources.ts';
import type { UsageMap } from './families/usage-map.ts';
import type { Endpoint, Provider, UnitRule } from './provider.ts';

const API = ['api.pinecone.io'];

/** The data plane writes it in camel case, what came later in snake case. */
const READ: UnitRule = { unit: 'read_units', from: ['res.body:$.usage.readUnits', 'res.body:$.usage.read_units'] };
const EMBEDDED: UsageMap = { tokens: { input_tokens: ['usage.embed_total_tokens', 'usage.total_tokens'] } };
const RERANKED: UnitRule = { unit: 'rerank_units', from: 'res.body:$.usage.rerank_units' };

function call(path: string, operation: string, ...units: UnitRule[]): Endpoint {
  return { method: 'POST', path, operation, units };
}

export const provider = {
  id: 'pinecone',
  title: 'Pinecone',
  hosts: ['pinecone.io'],
  base: 'https://api.pinecone.io',
  intercept: false,
  kind: 'vector_database',
  requestIdHeaders: ['x-pinecone-request-id', 'x-cloud-trace-context'],
  endpoints: [
    call('/query', 'query', READ),
    {
      ...call('/records/namespaces/{namespace}/search', 'search', READ, RERANKED),
      usage: EMBEDDED,
    },
    // JSON lines.
    call('/records/namespaces/{namespace}/upsert', 'upsert', { unit: 'records', from: 'req.body:$#len' }),
    call('/vectors/upsert', 'upsert', {
      unit: 'records',
      from: ['res.body:$.upsertedCount', 'req.body:$.vectors#len'],
    }),
    call('/vectors/update', 'update', { unit: 'records', from: ['res.body:$.matchedRecords', 'const:1'] }),
    call('/vectors/delete', 'delete', { unit: 'records', from: 'req.body:$.ids#len' }),
    call('/vectors/fetch_by_metadata', 'fetch', READ),
    { method: 'GET', path: '/vectors/fetch', operation: 'fetch', units: [READ] },
    { method: 'GET', path: '/vectors/list', operation: 'list', units: [READ] },
    {
      ...call('/namespaces/{namespace}/documents/{op:search|fetch|list|upsert|update|delete}', 'documents', READ),
      operationFrom: 'req.path:op',
    },
    call('/bulk/imports', 'import', { unit: 'requests', from: 'const:1' }),
    { method: 'POST', path: '/embed', hosts: API, operation: 'embeddings', usage: EMBEDDED },
    {
      method: 'POST',
      path: '/rerank',
      hosts: API,
      operation: 'rerank',
      units: [RERANKED],
      model: ['res.body:$.model', 'req.body:$.model'],
    },
    ...['', '/chat/completions', '/context'].map((end): Endpoint => ({
      method: 'POST',
      path: `/assistant/chat/{assistant}${end}`,
      operation: 'chat',
      usage: { tokens: { input_tokens: 'usage.prompt_tokens', output_tokens: 'usage.completion_tokens' } },
    })),
    { method: 'POST', path: '/VectorService/{op}', operation: 'grpc', operationFrom: 'req.path:op', units: [] },
    ...controls('', 'indexes', 'collections', 'backups', 'restore-jobs', 'models', 'admin', 'describe_index_stats'),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    { unit: 'read_units', usd: '16', per: 1_000_000, note: 'Standard plan', ...LLMOBSERVE },
    { unit: 'rerank_units', usd: '2', per: 1000, ...LLMOBSERVE },
    { unit: 'input_tokens', usd: '0.16', per: 1_000_000, model: 'llama-text-embed-v2', ...LLMOBSERVE },
    {
      unit: 'input_tokens',
      usd: '0.08',
      per: 1_000_000,
      model: 'multilingual-e5-large|pinecone-sparse-english-v0',
      ...LLMOBSERVE,
    },
  ],
  limits: [
    'Answers to writes state no write units: records are counted, not priced. Storage is billed by the month.',
    'Clients that speak gRPC are tunnelled.',
    'Prices are those of the standard plan.',
  ],
} satisfies Provider;
