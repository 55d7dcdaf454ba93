import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'ollama',
  title: 'Ollama',
  hosts: ['ollama.com'],
  base: 'http://127.0.0.1:11434',
  intercept: true,
  localPort: 11434,
  // The cloud is sold by the month; a server of the user's own costs nothing.
  billing: 'subscription',
  passedOn: '*:cloud|*-cloud',
  endpoints: [
    { method: 'POST', path: '/api/chat', operation: 'chat', family: 'ollama' },
    { method: 'POST', path: '/api/generate', operation: 'text_completion', family: 'ollama' },
    { method: 'POST', path: '/api/embed', operation: 'embeddings', family: 'ollama' },
    { method: 'POST', path: '/api/embeddings', operation: 'embeddings', family: 'ollama' },
    { method: '*', path: '/api/**', operation: 'models', kind: 'control' },
    ...openaiInference('/v1'),
    ...anthropicInference('/v1'),
    { method: '*', path: '/v1/models', operation: 'models', kind: 'control' },
    { method: '*', path: '/v1/models/**', operation: 'models', kind: 'control' },
  ],
} satisfies Provider;
