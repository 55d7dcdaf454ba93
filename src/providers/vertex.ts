import { geminiGrpcMethods, geminiMethods, geminiSocket } from './families/gemini-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import { GOOGLE_PRICES } from './families/unit-prices.ts';
import type { Endpoint, Provider } from './provider.ts';

/** Models of other makers keep their own dialect. */
function partner(publisher: string, facts: Partial<Endpoint>): Endpoint[] {
  return ['rawPredict', 'streamRawPredict'].map((method) => ({
    method: 'POST',
    path: `**/publishers/${publisher}/models/{model}:${method}`,
    operation: 'chat',
    ...facts,
  }));
}

export const provider = {
  id: 'vertex',
  title: 'Google Vertex AI',
  hosts: [
    'aiplatform.googleapis.com',
    '*-aiplatform.googleapis.com',
    'aiplatform.*.rep.googleapis.com',
    '*-aiplatform.*.rep.googleapis.com',
    'aiplatform.mtls.googleapis.com',
    '*-aiplatform.mtls.googleapis.com',
    // Endpoints of a user's own: <endpoint>.<region>-<project>.prediction.vertexai.goog
    'prediction.vertexai.goog',
  ],
  base: 'https://aiplatform.googleapis.com',
  intercept: true,
  endpoints: [
    {
      method: 'POST',
      path: '**/publishers/anthropic/models/count-tokens:rawPredict',
      operation: 'count_tokens',
      kind: 'count',
    },
    ...partner('anthropic', { family: 'anthropic' }),
    ...partner('{publisher}', {}),
    // Tuned and deployed models: their id is a number, the model's name is in the answer.
    ...geminiMethods('**/endpoints'),
    { method: 'POST', path: '**/endpoints/{model}:rawPredict', operation: 'chat' },
    { method: 'POST', path: '**/endpoints/{model}:streamRawPredict', operation: 'chat' },
    ...openaiInference('**/endpoints/openapi'),
    ...geminiMethods('**/models'),
    ...geminiGrpcMethods('google.cloud.aiplatform.{version}.PredictionService'),
    { method: 'POST', path: '/google.cloud.aiplatform.{service}/{rpc}', operation: 'grpc', kind: 'control' },
    geminiSocket('/ws/google.cloud.aiplatform.{service}/BidiGenerateContent'),
    { method: '*', path: '**/cachedContents', operation: 'cached_contents', kind: 'control' },
    { method: '*', path: '**/cachedContents/{cache}', operation: 'cached_contents', kind: 'control' },
    { method: '*', path: '**/batchPredictionJobs', operation: 'batches', kind: 'control' },
    { method: '*', path: '**/batchPredictionJobs/{job}', operation: 'batches', kind: 'control' },
    { method: '*', path: '**/tuningJobs', operation: 'fine_tuning', kind: 'control' },
    { method: '*', path: '**/tuningJobs/{job}', operation: 'fine_tuning', kind: 'control' },
    { method: '*', path: '**/operations/{operation}', operation: 'operations', kind: 'control' },
    { method: 'GET', path: '**/models/{name}', operation: 'models', kind: 'control' },
  ],
  limits: [
    'Results of batch prediction are written to Cloud Storage or BigQuery, not to the client: not metered.',
    'Calls over gRPC (the default of some of Google’s own clients) are metered only where HTTP/2 is read.',
    'Video is billed by the second, which only the request states, and not always; a video that failed later is counted.',
  ],
  prices: GOOGLE_PRICES,
} satisfies Provider;
