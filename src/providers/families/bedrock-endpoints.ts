import type { Endpoint } from '../provider.ts';
import type { UsageMap } from './usage-map.ts';

/** InvokeModel states its counts in headers, for models whose own answers state none. The cache is beside the input. */
const INVOKE_HEADERS: UsageMap = {
  tokens: {
    input_tokens:
      'x-amzn-bedrock-input-token-count + x-amzn-bedrock-cache-read-input-token-count? + ' +
      'x-amzn-bedrock-cache-write-input-token-count?',
    output_tokens: 'x-amzn-bedrock-output-token-count',
    cache_read_tokens: 'x-amzn-bedrock-cache-read-input-token-count',
    cache_write_tokens: 'x-amzn-bedrock-cache-write-input-token-count',
  },
};

/**
 * Bedrock Runtime. Its model ids, inference profiles and ARNs are one encoded segment of the path; clients that do not
 * encode the slash of an ARN make it two. @param base empty, or `**` for any (there an id is one segment).
 */
export function bedrockRuntime(base: string): Endpoint[] {
  const at = base === '**' ? '**/model/{model}' : `${base}/model/{model+}`;
  const invoke = {
    method: 'POST',
    operation: 'invoke_model',
    family: 'bedrock-invoke',
    dims: { sold_as: 'req.path:model' },
  } as const;
  return [
    { method: 'POST', path: `${at}/converse`, operation: 'chat', family: 'bedrock-converse' },
    { method: 'POST', path: `${at}/converse-stream`, operation: 'chat', family: 'bedrock-converse' },
    { ...invoke, path: `${at}/invoke`, headerUsage: INVOKE_HEADERS },
    { ...invoke, path: `${at}/invoke-with-response-stream` },
    { ...invoke, path: `${at}/invoke-with-bidirectional-stream`, operation: 'realtime' },
    { method: 'POST', path: `${at}/count-tokens`, operation: 'count_tokens', kind: 'count' },
  ];
}
