import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

export const provider = {
  id: 'llamacpp',
  title: 'llama.cpp',
  hosts: [],
  intercept: true,
  localPort: 8080,
  endpoints: [
    ...openaiInference('/v1'),
    ...['/v1/reranking', '/rerank', '/reranking'].map((path): Endpoint => ({
      method: 'POST',
      path,
      operation: 'rerank',
      family: 'openai-chat',
    })),
    ...anthropicInference('/v1'),
    { method: 'POST', path: '/completion', operation: 'text_completion', family: 'llamacpp' },
    { method: 'POST', path: '/completions', operation: 'text_completion', family: 'llamacpp' },
    { method: 'POST', path: '/embedding', operation: 'embeddings', family: 'llamacpp' },
    { method: 'POST', path: '/infill', operation: 'text_completion', family: 'llamacpp' },
    { method: 'POST', path: '/tokenize', operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: '/detokenize', operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: '/apply-template', operation: 'count_tokens', kind: 'count' },
    { method: 'GET', path: '/v1/models', operation: 'models', kind: 'control' },
  ],
} satisfies Provider;
