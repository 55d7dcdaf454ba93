import type { Endpoint } from '../provider.ts';

/** Method names of Google's `models/{model}:method` paths, the same for the Gemini API and Vertex AI. */
const METHODS: readonly (readonly [method: string, operation: string, kind: Endpoint['kind'] & string])[] = [
  ['generateContent', 'generate_content', 'inference'],
  ['streamGenerateContent', 'generate_content', 'inference'],
  ['countTokens', 'count_tokens', 'count'],
  ['computeTokens', 'count_tokens', 'count'],
  ['embedContent', 'embeddings', 'inference'],
  ['batchEmbedContents', 'embeddings', 'inference'],
  ['asyncBatchEmbedContent', 'batch_embeddings', 'control'],
  ['batchGenerateContent', 'batches', 'control'],
  ['generateAnswer', 'generate_answer', 'inference'],
  ['predict', 'predict', 'inference'],
  ['predictLongRunning', 'video_generation', 'inference'],
];

/** @param owner what stands before `/{model}:method`, e.g. `/{version}/models`. */
export function geminiMethods(owner: string): Endpoint[] {
  return METHODS.map(([method, operation, kind]) => ({
    method: 'POST',
    path: `${owner}/{model}:${method}`,
    operation,
    kind,
    family: 'gemini',
  }));
}
