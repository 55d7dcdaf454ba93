import { LITELLM } from './families/price-sources.ts';
import type { UsageMap } from './families/usage-map.ts';
import type { Endpoint, Provider } from './provider.ts';

const PACK = { asOf: '2026-11', source: 'pack of a billion tokens for $50, not verified' } as const;

const API = ['api.jina.ai', 'svip.jina.ai'];
const READER = ['r.jina.ai', 's.jina.ai', 'eu.r.jina.ai', 'eu.s.jina.ai'];

/** Embeddings and rerank are billed by what goes in, the reader by what comes out. */
const INPUT: UsageMap = { tokens: { input_tokens: ['usage.total_tokens', 'usage.tokens'] } };
const OUTPUT: UsageMap = { tokens: { output_tokens: ['data.usage.tokens', 'data[].usage.tokens'] } };
const OUTPUT_HEADER: UsageMap = { tokens: { output_tokens: 'x-usage-tokens' } };

function inference(path: string, operation: string): Endpoint {
  return { method: 'POST', path, hosts: API, operation, usage: INPUT };
}

function reader(method: 'GET' | 'POST', path: string): Endpoint {
  return { method, path, hosts: READER, operation: 'read_page', usage: OUTPUT, headerUsage: OUTPUT_HEADER };
}

export const provider = {
  id: 'jina',
  title: 'Jina AI',
  hosts: ['jina.ai'],
  base: 'https://api.jina.ai/v1',
  intercept: true,
  kind: 'model',
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    { method: 'POST', path: '/v1/embeddings', hosts: API, operation: 'embeddings', family: 'openai-chat' },
    inference('/v1/batch/embeddings', 'embeddings'),
    inference('/v1/multi-vector', 'embeddings'),
    { method: 'POST', path: '/v1/rerank', hosts: API, operation: 'rerank', family: 'openai-chat' },
    inference('/v1/classify', 'classify'),
    inference('/v1/train', 'train'),
    { method: 'POST', path: '/v1/segment', operation: 'segment', usage: INPUT },
    {
      method: 'POST',
      path: '/v1/chat/completions',
      hosts: ['deepsearch.jina.ai'],
      operation: 'chat',
      family: 'openai-chat',
    },
    reader('GET', '/'),
    reader('GET', '/**'),
    reader('POST', '/'),
    reader('POST', '/**'),
    { method: '*', path: '/**', operation: 'admin', kind: 'control' },
  ],
  prices: [
    {
      unit: 'input_tokens',
      usd: '0.018',
      per: 1_000_000,
      model: 'jina-reranker-v2-base-multilingual',
      ...LITELLM,
    },
    {
      unit: 'input_tokens',
      usd: '0.05',
      per: 1_000_000,
      operation: 'embeddings|rerank|classify|train|segment|chat',
      note: 'Tokens are prepaid in packs that all models share',
      ...PACK,
    },
    {
      unit: 'output_tokens',
      usd: '0.05',
      per: 1_000_000,
      operation: 'read_page|chat',
      ...PACK,
    },
  ],
  limits: ['The reader answers in plain text without a count unless it is asked for JSON or sends `x-usage-tokens`.'],
} satisfies Provider;
