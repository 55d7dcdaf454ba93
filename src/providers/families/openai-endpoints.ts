import type { Endpoint } from '../provider.ts';
import { controls } from './control-endpoints.ts';

/** The inference endpoints that OpenAI and its compatibles share. @param base e.g. `/v1`, or `**` for any. */
export function openaiInference(base: string): Endpoint[] {
  return [
    { method: 'POST', path: `${base}/chat/completions`, operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: `${base}/responses`, operation: 'responses', family: 'openai-responses' },
    { method: 'POST', path: `${base}/responses/compact`, operation: 'responses_compact', family: 'openai-responses' },
    { method: 'POST', path: `${base}/responses/input_tokens`, operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: `${base}/completions`, operation: 'text_completion', family: 'openai-chat' },
    { method: 'POST', path: `${base}/embeddings`, operation: 'embeddings', family: 'openai-chat' },
    { method: 'POST', path: `${base}/rerank`, operation: 'rerank', family: 'openai-chat' },
    { method: 'POST', path: `${base}/images/generations`, operation: 'image_generation', family: 'openai-responses' },
    { method: 'POST', path: `${base}/images/edits`, operation: 'image_edit', family: 'openai-responses' },
    { method: 'POST', path: `${base}/images/variations`, operation: 'image_variation', family: 'openai-responses' },
    { method: 'POST', path: `${base}/audio/transcriptions`, operation: 'transcription', family: 'openai-responses' },
    { method: 'POST', path: `${base}/audio/translations`, operation: 'translation', family: 'openai-responses' },
    { method: 'POST', path: `${base}/audio/speech`, operation: 'speech', family: 'openai-responses' },
    { method: 'POST', path: `${base}/moderations`, operation: 'moderation', kind: 'control', billing: 'free' },
  ];
}

/**
 * What OpenAI's compatibles serve: inference, stored answers, and the lists and files beside them. A path that one of
 * them lacks is never asked for.
 */
export function openaiCompatible(base: string): Endpoint[] {
  return [...openaiInference(base), ...storedAnswers(base), ...batches(base), ...controls(base, 'models', ...FILES)];
}

/** What a batch answered: summed up in its object, and one by one in a file. Other files have nothing to count. */
function batches(base: string): Endpoint[] {
  return [
    {
      method: 'GET',
      path: `${base}/batches/{id}`,
      operation: 'fetch_batch',
      kind: 'reread',
      family: 'openai-batch',
      billing: 'batch',
    },
    {
      method: 'GET',
      path: `${base}/files/{id}/content`,
      operation: 'file_content',
      kind: 'batch_results',
      billing: 'batch',
    },
  ];
}

/** Answers that the server keeps: reading one again states its usage again. */
function storedAnswers(base: string): Endpoint[] {
  return [
    {
      method: 'GET',
      path: `${base}/responses/{id}`,
      operation: 'fetch_response',
      kind: 'reread',
      family: 'openai-responses',
    },
    {
      method: 'POST',
      path: `${base}/responses/{id}/cancel`,
      operation: 'cancel_response',
      kind: 'reread',
      family: 'openai-responses',
    },
    { method: '*', path: `${base}/responses/**`, operation: 'responses_admin', kind: 'control' },
    {
      method: 'GET',
      path: `${base}/chat/completions/{id}`,
      operation: 'fetch_response',
      kind: 'reread',
      family: 'openai-chat',
    },
    { method: '*', path: `${base}/chat/completions/**`, operation: 'chat_admin', kind: 'control' },
    { method: 'GET', path: `${base}/chat/completions`, operation: 'chat_admin', kind: 'control' },
  ];
}

/** Stored answers, polled runs, and what OpenAI has beside inference. */
export function openaiPlatform(base: string): Endpoint[] {
  return [
    ...storedAnswers(base),
    { method: 'POST', path: `${base}/threads/{id}/runs`, operation: 'assistant_run', family: 'openai-chat' },
    { method: 'POST', path: `${base}/threads/runs`, operation: 'assistant_run', family: 'openai-chat' },
    {
      method: 'POST',
      path: `${base}/threads/{id}/runs/{run}/submit_tool_outputs`,
      operation: 'assistant_run',
      family: 'openai-chat',
    },
    {
      method: 'GET',
      path: `${base}/threads/{id}/runs/{run}`,
      operation: 'fetch_run',
      kind: 'reread',
      family: 'openai-chat',
    },
    { method: '*', path: `${base}/threads`, operation: 'threads', kind: 'control' },
    { method: '*', path: `${base}/threads/**`, operation: 'threads', kind: 'control' },
    ...batches(base),
    { method: 'POST', path: `${base}/videos`, operation: 'video_generation' },
    ...controls(base, ...CONTROL),
  ];
}

const FILES = ['files', 'batches', 'fine_tuning'];

const CONTROL = [
  'assistants',
  'audio/voices',
  'batches',
  'chatkit',
  'containers',
  'conversations',
  'evals',
  'files',
  'fine_tuning',
  'models',
  'organization',
  'projects',
  'realtime',
  'skills',
  'traces',
  'uploads',
  'vector_stores',
  'videos',
];
