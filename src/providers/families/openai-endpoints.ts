import type { Endpoint, FactSource } from '../provider.ts';
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
    image(`${base}/images/generations`, 'image_generation'),
    image(`${base}/images/edits`, 'image_edit'),
    image(`${base}/images/variations`, 'image_variation'),
    listening(`${base}/audio/transcriptions`, 'transcription'),
    listening(`${base}/audio/translations`, 'translation'),
    {
      method: 'POST',
      path: `${base}/audio/speech`,
      operation: 'speech',
      family: 'openai-responses',
      // Some models are paid by the token, which only a stream of events states.
      units: [{ unit: 'characters', from: 'req.body:$.input#codepoints' }],
    },
    { method: 'POST', path: `${base}/moderations`, operation: 'moderation', kind: 'control', billing: 'free' },
  ];
}

/** WebSockets: each answer on one is a call. @param base as that of `openaiInference` */
export function openaiSockets(base: string): Endpoint[] {
  return [responsesSocket(`${base}/responses`), realtimeSocket(`${base}/realtime`, ['req.query:model'])];
}

export function responsesSocket(path: string): Endpoint {
  return { method: 'WS', path, operation: 'responses', family: 'openai-responses' };
}

/** @param model where the URL names it. */
export function realtimeSocket(path: string, model: readonly FactSource[]): Endpoint {
  return { method: 'WS', path, operation: 'realtime', family: 'openai-responses', model };
}

/** Paid by the token, or by the image: the answer says which. */
function image(path: string, operation: string): Endpoint {
  const dims = {
    size: ['res.body:$.size', 'req.body:$.size'],
    quality: ['res.body:$.quality', 'req.body:$.quality'],
  };
  const units = [{ unit: 'images', from: 'res.body:$.data#len if !res.body:$.usage' }] as const;
  return { method: 'POST', path, operation, family: 'openai-responses', units, dims };
}

/** Paid by the token, or by the second; an answer without usage may say how long the audio is, or the file itself does. */
function listening(path: string, operation: string): Endpoint {
  const from = ['res.body:$.duration', 'req.audio_seconds if !res.body:$.usage'];
  return { method: 'POST', path, operation, family: 'openai-responses', units: [{ unit: 'audio_seconds', from }] };
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
    {
      method: 'GET',
      path: `${base}/videos/{id}`,
      operation: 'fetch_video',
      kind: 'reread',
      units: [{ unit: 'video_seconds', from: 'res.body:$.seconds' }],
      model: ['res.body:$.model'],
      dims: { size: 'res.body:$.size' },
      countWhen: 'res.body:$.status=completed',
      job: 'res.body:$.id',
    },
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
