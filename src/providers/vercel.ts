import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

const AI_SDK_OPERATIONS = {
  'language-model': 'chat',
  'embedding-model': 'embeddings',
  'image-model': 'image_generation',
  'video-model': 'video_generation',
  'reranking-model': 'rerank',
} as const;

const AI_SDK_MODEL = ['req.header:ai-language-model-id', 'req.header:ai-model-id'];

export const provider = {
  id: 'vercel',
  title: 'Vercel AI Gateway',
  hosts: ['ai-gateway.vercel.sh'],
  intercept: true,
  endpoints: [
    ...openaiCompatible('/v1'),
    ...anthropicInference('/v1'),
    // The AI SDK's own protocol; its version is in the path, its model in a header.
    ...Object.entries(AI_SDK_OPERATIONS).map(([kind, operation]): Endpoint => ({
      method: 'POST',
      path: `/{version}/ai/${kind}`,
      operation,
      family: 'ai-sdk',
      model: AI_SDK_MODEL,
      // The answer has the inner provider's own name for it.
      dims: { inner_model: AI_SDK_MODEL },
    })),
    ...controls('/v1', 'credits', 'generation', 'report', 'ai/config'),
    { method: '*', path: '/{version}/ai/config', operation: 'models', kind: 'control' },
  ],
} satisfies Provider;
