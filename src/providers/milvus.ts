import { controls } from './families/control-endpoints.ts';
import type { Endpoint, Provider, UnitRule } from './provider.ts';

const ENTITIES = '/v2/vectordb/entities';
const VCU: UnitRule = { unit: 'vcu', from: 'res.body:$.cost' };
/** Errors come with status 200. */
const SUCCEEDED = 'res.body:$.code=0|200';

function call(path: string, operation: string, ...units: UnitRule[]): Endpoint {
  return {
    method: 'POST',
    path,
    operation,
    operationFrom: 'req.path:op',
    units: [...units, VCU],
    countWhen: SUCCEEDED,
  };
}

export const provider = {
  id: 'milvus',
  title: 'Milvus and Zilliz Cloud',
  hosts: ['zillizcloud.com', 'cloud.zilliz.com', 'zilliz.com.cn'],
  base: null,
  intercept: false,
  kind: 'vector_database',
  requestIdHeaders: ['request-id', 'x-request-id'],
  endpoints: [
    call(
      `${ENTITIES}/{op:search|hybrid_search|advanced_search}`,
      'search',
      { unit: 'queries', from: ['req.body:$.data#len', 'req.body:$.search#len', 'const:1'] },
      { unit: 'results', from: 'res.body:$.data#len' },
    ),
    call(
      `${ENTITIES}/{op:query|get}`,
      'query',
      { unit: 'queries', from: 'const:1' },
      { unit: 'results', from: 'res.body:$.data#len' },
    ),
    call(`${ENTITIES}/{op:insert|upsert}`, 'insert', {
      unit: 'records',
      from: ['res.body:$.data.insertCount', 'res.body:$.data.upsertCount', 'req.body:$.data#len', 'const:1'],
    }),
    call(`${ENTITIES}/{op:delete}`, 'delete', { unit: 'requests', from: 'const:1' }),
    call('/v1/vector/{op:search|query|get|insert|upsert|delete}', 'query', { unit: 'requests', from: 'const:1' }),
    {
      method: 'POST',
      path: '/milvus.proto.milvus.MilvusService/{op}',
      operation: 'grpc',
      operationFrom: 'req.path:op',
      units: [],
    },
    ...controls('/v2', 'vectordb', 'clusters', 'clouds', 'regions', 'projects', 'invoices', 'usage', 'backups', 'jobs'),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    {
      unit: 'vcu',
      usd: '4',
      per: 1_000_000,
      asOf: '2026-10',
      source: 'docs.zilliz.com/docs/serverless-cluster-cost',
    },
  ],
  limits: [
    'Only serverless clusters of Zilliz Cloud state their cost (`cost`, in vCU); the others are billed by the hour.',
    'The SDKs speak gRPC (port 19530), which is tunnelled.',
  ],
} satisfies Provider;
