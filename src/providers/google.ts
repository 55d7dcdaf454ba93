import { geminiGrpcMethods, geminiMethods } from './families/gemini-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import { GOOGLE_PRICES } from './families/unit-prices.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'google',
  title: 'Google Gemini',
  // All but the first are Code Assist, to which Gemini CLI logs in.
  hosts: [
    'generativelanguage.googleapis.com',
    'cloudcode-pa.googleapis.com',
    'daily-cloudcode-pa.googleapis.com',
    'daily-cloudcode-pa.sandbox.googleapis.com',
  ],
  intercept: true,
  endpoints: [
    ...geminiMethods('/{version}/models'),
    ...geminiGrpcMethods('google.ai.generativelanguage.{version}.GenerativeService'),
    { method: 'POST', path: '/google.ai.generativelanguage.{service}/{rpc}', operation: 'grpc', kind: 'control' },
    ...geminiMethods('/{version}/tunedModels'),
    ...geminiMethods('/{version}/dynamic'),
    { method: 'POST', path: '/{version}/interactions', operation: 'interactions', family: 'gemini-interactions' },
    {
      method: 'GET',
      path: '/{version}/interactions/{id}',
      operation: 'fetch_response',
      kind: 'reread',
      family: 'gemini-interactions',
    },
    {
      method: 'POST',
      path: '/{version}/interactions/{id}/cancel',
      operation: 'cancel_response',
      kind: 'reread',
      family: 'gemini-interactions',
    },
    { method: '*', path: '/{version}/interactions/**', operation: 'interactions_admin', kind: 'control' },
    ...openaiInference('/{version}/openai'),
    { method: '*', path: '/{version}/openai/**', operation: 'openai_admin', kind: 'control' },
    {
      method: 'POST',
      path: '/v1internal:generateContent',
      operation: 'generate_content',
      family: 'gemini',
      billing: 'subscription',
    },
    {
      method: 'POST',
      path: '/v1internal:streamGenerateContent',
      operation: 'generate_content',
      family: 'gemini',
      billing: 'subscription',
    },
    { method: 'POST', path: '/v1internal:countTokens', operation: 'count_tokens', kind: 'count' },
    { method: '*', path: '/v1internal:{method}', operation: 'code_assist', kind: 'control' },
    { method: '*', path: '/{version}/cachedContents', operation: 'cached_contents', kind: 'control' },
    { method: '*', path: '/{version}/cachedContents/**', operation: 'cached_contents', kind: 'control' },
    { method: '*', path: '/{version}/models', operation: 'models', kind: 'control' },
    { method: '*', path: '/{version}/models/**', operation: 'models', kind: 'control' },
    {
      method: 'GET',
      path: '/{version}/batches/{id}',
      operation: 'fetch_batch',
      kind: 'batch_results',
      family: 'gemini',
      billing: 'batch',
    },
    // Results of large batches are files.
    {
      method: 'GET',
      path: '/download/{version}/files/{id}:download',
      operation: 'file_content',
      kind: 'batch_results',
      family: 'gemini',
      billing: 'batch',
    },
    { method: '*', path: '/{version}/batches', operation: 'batches', kind: 'control' },
    { method: '*', path: '/{version}/batches/**', operation: 'batches', kind: 'control' },
    { method: '*', path: '/{version}/operations/**', operation: 'operations', kind: 'control' },
    { method: '*', path: '/{version}/files', operation: 'files', kind: 'control' },
    { method: '*', path: '/{version}/files/**', operation: 'files', kind: 'control' },
    { method: '*', path: '/{version}/fileSearchStores', operation: 'files', kind: 'control' },
    { method: '*', path: '/{version}/fileSearchStores/**', operation: 'files', kind: 'control' },
    { method: '*', path: '/upload/**', operation: 'files', kind: 'control' },
    { method: '*', path: '/download/**', operation: 'files', kind: 'control' },
    { method: '*', path: '/resumable/**', operation: 'files', kind: 'control' },
    { method: '*', path: '/{version}/auth_tokens', operation: 'auth_tokens', kind: 'control' },
  ],
  limits: [
    'Video is billed by the second, which only the request states, and not always; a video that failed later is counted.',
  ],
  prices: GOOGLE_PRICES,
} satisfies Provider;
