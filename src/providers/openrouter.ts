import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible, openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'openrouter',
  title: 'OpenRouter',
  hosts: ['openrouter.ai'],
  intercept: true,
  requestIdHeaders: ['x-generation-id'],
  endpoints: [
    ...openaiCompatible('/api/v1'),
    ...anthropicInference('/api/v1'),
    ...openaiInference('/api/alpha'),
    // Images are made by chat models and counted as chat.
    {
      method: 'POST',
      path: '/api/v1/images',
      operation: 'image_generation',
      family: 'openai-chat',
      units: [{ unit: 'images', from: 'res.body:$.data#len if !res.body:$.usage' }],
    },
    { method: 'POST', path: '/api/v1/videos', operation: 'video_generation', family: 'openai-responses' },
    {
      method: 'GET',
      path: '/api/v1/videos/{id}',
      operation: 'fetch_video',
      kind: 'reread',
      family: 'openai-responses',
      countWhen: 'res.body:$.status=completed',
      job: 'req.path:id',
    },
    // What `generation` tells of a call is in its answer as well.
    ...controls(
      '/api/v1',
      'generation',
      'credits',
      'key',
      'keys',
      'auth',
      'providers',
      'activity',
      'endpoints',
      'parameters',
      'images',
      'videos',
      'guardrails',
      'organization',
    ),
  ],
} satisfies Provider;
