import { openaiInference } from './families/openai-endpoints.ts';
import { COHERE_PRICES } from './families/unit-prices.ts';
import type { Endpoint, Provider } from './provider.ts';

/** @param operation that the OpenTelemetry conventions have a name for. */
function inference(path: string, operation: string): Endpoint {
  return { method: 'POST', path, operation, family: 'cohere' };
}

export const provider = {
  id: 'cohere',
  title: 'Cohere',
  hosts: ['api.cohere.com', 'api.cohere.ai'],
  base: 'https://api.cohere.com/v2',
  intercept: true,
  requestIdHeaders: ['x-debug-trace-id'],
  endpoints: [
    inference('/v2/chat', 'chat'),
    inference('/v1/chat', 'chat'),
    inference('/v1/generate', 'text_completion'),
    inference('/v1/summarize', 'summarize'),
    inference('/v2/embed', 'embeddings'),
    inference('/v1/embed', 'embeddings'),
    inference('/v2/rerank', 'rerank'),
    inference('/v1/rerank', 'rerank'),
    inference('/v1/classify', 'classify'),
    inference('/v2/parse', 'parse'),
    {
      ...inference('/v2/audio/transcriptions', 'transcription'),
      units: [{ unit: 'audio_seconds', from: ['res.body:$.duration', 'req.audio_seconds'] }],
    },
    // Paths without a version, of clients from before v1.
    inference('/chat', 'chat'),
    inference('/generate', 'text_completion'),
    inference('/embed', 'embeddings'),
    inference('/rerank', 'rerank'),
    inference('/classify', 'classify'),
    { method: 'POST', path: '/{version}/tokenize', operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: '/{version}/detokenize', operation: 'count_tokens', kind: 'count' },
    {
      method: 'GET',
      path: '/v2/batches/{id}',
      operation: 'fetch_batch',
      kind: 'reread',
      family: 'cohere',
      billing: 'batch',
    },
    {
      method: 'GET',
      path: '/v1/embed-jobs/{id}',
      operation: 'fetch_embed_job',
      kind: 'reread',
      family: 'cohere',
      model: ['res.body:$.model'],
      countWhen: 'res.body:$.status=complete',
      job: 'res.body:$.job_id',
    },
    ...openaiInference('/compatibility/v1'),
    // Keys, models, data sets, connectors, jobs whose work is done elsewhere.
    { method: '*', path: '/{version}/check-api-key', operation: 'check_api_key', kind: 'control' },
    { method: '*', path: '/v1/**', operation: 'admin', kind: 'control' },
    { method: '*', path: '/v2/**', operation: 'admin', kind: 'control' },
  ],
  limits: [
    'Transcriptions state no usage: the length of the audio is taken from the file, where its head tells.',
    'Fine-tuning runs at Cohere and states no usage.',
  ],
  prices: COHERE_PRICES,
} satisfies Provider;
