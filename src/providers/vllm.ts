import { anthropicInference } from './families/anthropic-endpoints.ts';
import { openaiInference } from './families/openai-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

export const provider = {
  id: 'vllm',
  title: 'vLLM',
  hosts: [],
  intercept: true,
  localPort: 8000,
  endpoints: [
    ...openaiInference('/v1'),
    ...anthropicInference('/v1'),
    { method: 'POST', path: '/tokenize', operation: 'count_tokens', kind: 'count' },
    { method: 'POST', path: '/detokenize', operation: 'count_tokens', kind: 'count' },
    ...['/rerank', '/v2/rerank', '/score', '/v1/score', '/classify'].map((path): Endpoint => ({
      method: 'POST',
      path,
      operation: path === '/classify' ? 'classification' : 'rerank',
      family: 'openai-chat',
    })),
    { method: 'POST', path: '/pooling', operation: 'embeddings', family: 'openai-chat' },
    { method: 'GET', path: '/v1/models', operation: 'models', kind: 'control' },
    { method: 'POST', path: '/v1/{verb:load|unload}_lora_adapter', operation: 'models', kind: 'control' },
  ],
} satisfies Provider;
