import { anthropicInference } from './families/anthropic-endpoints.ts';
import { geminiMethods } from './families/gemini-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Endpoint } from './provider.ts';

/**
 * What a path means at a host that no provider file knows, or under a base path that it does not: the dialects'
 * own paths, whatever stands before them.
 */
export const GENERIC_ENDPOINTS: readonly Endpoint[] = [
  ...openaiInference('**'),
  ...anthropicInference('**'),
  ...geminiMethods('**/models'),
  { method: 'GET', path: '**/models', operation: 'models', kind: 'control' },
];
