import type { Endpoint } from '../provider.ts';

/** Method names of Google's `models/{model}:method` paths, the same for the Gemini API and Vertex AI. */
const METHODS: readonly (readonly [method: string, operation: string, facts: Partial<Endpoint>])[] = [
  ['generateContent', 'generate_content', { family: 'gemini' }],
  ['streamGenerateContent', 'generate_content', { family: 'gemini' }],
  ['countTokens', 'count_tokens', { kind: 'count' }],
  ['computeTokens', 'count_tokens', { kind: 'count' }],
  ['embedContent', 'embeddings', { family: 'gemini' }],
  ['batchEmbedContents', 'embeddings', { family: 'gemini' }],
  ['asyncBatchEmbedContent', 'batch_embeddings', { kind: 'control' }],
  ['batchGenerateContent', 'batches', { kind: 'control' }],
  ['generateAnswer', 'generate_answer', { family: 'gemini' }],
  // PaLM, the API before Gemini: without usage.
  ['generateText', 'text_completion', {}],
  ['generateMessage', 'chat', {}],
  ['embedText', 'embeddings', {}],
  ['batchEmbedText', 'embeddings', {}],
  ['countTextTokens', 'count_tokens', { kind: 'count' }],
  ['countMessageTokens', 'count_tokens', { kind: 'count' }],
  ['predict', 'predict', { family: 'vertex-predict' }],
  // Paid by the second. What a request leaves unsaid is for the model to choose.
  [
    'predictLongRunning',
    'video_generation',
    {
      units: [
        {
          unit: 'video_seconds',
          from: [
            'req.body:$.parameters.durationSeconds * req.body:$.parameters.sampleCount',
            'req.body:$.parameters.durationSeconds',
          ],
        },
      ],
      dims: { resolution: 'req.body:$.parameters.resolution' },
    },
  ],
  ['fetchPredictOperation', 'operations', { kind: 'control' }],
];

/** The same methods over gRPC. @param service e.g. `google.ai.generativelanguage.{version}.GenerativeService`. */
export function geminiGrpcMethods(service: string): Endpoint[] {
  return METHODS.map(([method, operation, facts]) => ({
    method: 'POST',
    path: `/${service}/${method.charAt(0).toUpperCase()}${method.slice(1)}`,
    operation,
    ...facts,
  }));
}

/** The Live API, over a WebSocket: each turn of it is a call. @param path e.g. `/ws/…BidiGenerateContent` */
export function geminiSocket(path: string): Endpoint {
  return { method: 'WS', path, operation: 'realtime', family: 'gemini-live' };
}

/** @param owner what stands before `/{model}:method`, e.g. `/{version}/models`. */
export function geminiMethods(owner: string): Endpoint[] {
  return METHODS.map(([method, operation, facts]) => ({
    method: 'POST',
    path: `${owner}/{model}:${method}`,
    operation,
    ...facts,
  }));
}
