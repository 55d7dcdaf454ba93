import type { Endpoint } from '../provider.ts';

/** Task and function of `/api/v1/services/...`, and what OpenTelemetry calls it. */
const SERVICES: readonly (readonly [path: string, operation: string])[] = [
  ['aigc/text-generation/generation', 'chat'],
  ['aigc/multimodal-generation/generation', 'chat'],
  ['embeddings/text-embedding/text-embedding', 'embeddings'],
  ['embeddings/multimodal-embedding/multimodal-embedding', 'embeddings'],
  ['rerank/text-rerank/text-rerank', 'rerank'],
  ['aigc/text2image/image-synthesis', 'image_generation'],
  ['aigc/image2image/image-synthesis', 'image_edit'],
  ['aigc/image-generation/generation', 'image_generation'],
  ['aigc/video-generation/video-synthesis', 'video_generation'],
  ['aigc/image2video/video-synthesis', 'video_generation'],
  ['audio/asr/transcription', 'transcription'],
  ['audio/tts/SpeechSynthesizer', 'speech'],
];

/** DashScope's own API. Jobs are submitted, then asked for as tasks; the task states the usage once it has ended. */
export function dashscopeNative(): Endpoint[] {
  return [
    ...SERVICES.map(([path, operation]): Endpoint => ({
      method: 'POST',
      path: `/api/v1/services/${path}`,
      operation,
      family: 'dashscope',
    })),
    { method: 'POST', path: '/api/v1/services/**', operation: 'generate', family: 'dashscope' },
    { method: 'POST', path: '/api/v1/apps/{app}/completion', operation: 'invoke_agent', family: 'dashscope' },
    { method: 'GET', path: '/api/v1/tasks/{id}', operation: 'fetch_task', kind: 'reread', family: 'dashscope' },
    { method: '*', path: '/api/v1/tasks/**', operation: 'tasks', kind: 'control' },
    { method: '*', path: '/api/v1/tasks', operation: 'tasks', kind: 'control' },
    { method: 'POST', path: '/api/v1/tokenizer', operation: 'count_tokens', kind: 'count' },
    { method: '*', path: '/api/v1/**', operation: 'admin', kind: 'control' },
  ];
}
