import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiCompatible, openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'baseten',
  title: 'Baseten',
  // Model APIs, and the host of each deployed model.
  hosts: ['inference.baseten.co', 'model-*.api.baseten.co', 'chain-*.api.baseten.co'],
  intercept: true,
  endpoints: [
    ...openaiCompatible('/v1'),
    ...anthropicInference('/v1'),
    ...openaiInference('/environments/{environment}/sync/v1'),
    ...openaiInference('/deployment/{deployment}/sync/v1'),
  ],
  limits: ['Deployed models are paid by the minute of their machine, which no answer states.'],
} satisfies Provider;
