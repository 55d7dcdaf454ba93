import { anthropicInference } from './families/anthropic-endpoints.ts';
import { bedrockRuntime } from './families/bedrock-endpoints.ts';
import { geminiMethods } from './families/gemini-endpoints.ts';
import { openaiInference, openaiSockets } from './families/openai-endpoints.ts';
import { TEI_HEADERS, TGI_HEADERS } from './families/tgi.ts';
import type { Endpoint } from './provider.ts';

/**
 * What a path means at a host that no provider file knows, or under a base path that it does not: the dialects'
 * own paths, whatever stands before them.
 */
export const GENERIC_ENDPOINTS: readonly Endpoint[] = [
  ...openaiSockets('**'),
  ...openaiInference('**'),
  ...anthropicInference('**'),
  ...geminiMethods('**/models'),
  { method: 'POST', path: '**/embed', operation: 'embeddings', headerUsage: TEI_HEADERS },
  { method: 'POST', path: '**/generate', operation: 'text_completion', family: 'tgi', headerUsage: TGI_HEADERS },
  { method: 'POST', path: '**/generate_stream', operation: 'text_completion', family: 'tgi', headerUsage: TGI_HEADERS },
  ...bedrockRuntime('**'),
  { method: 'GET', path: '**/models', operation: 'models', kind: 'control' },
];
