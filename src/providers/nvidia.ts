import { openaiCompatible } from './families/openai-endpoints.ts';
import type { Provider } from './provider.ts';

export const provider = {
  id: 'nvidia',
  title: 'NVIDIA NIM',
  hosts: ['integrate.api.nvidia.com', 'ai.api.nvidia.com'],
  intercept: true,
  requestIdHeaders: ['nvcf-reqid'],
  endpoints: [
    ...openaiCompatible('/v1'),
    { method: 'POST', path: '/v1/ranking', operation: 'rerank', family: 'openai-chat' },
    { method: 'POST', path: '/v1/retrieval/{model+}/reranking', operation: 'rerank', family: 'openai-chat' },
    { method: 'POST', path: '/v1/genai/{model+}', operation: 'image_generation', family: 'openai-responses' },
    { method: 'POST', path: '/v1/vlm/{model+}', operation: 'chat', family: 'openai-chat' },
    // A call that takes long answers 202; its answer is polled for here.
    {
      method: 'GET',
      path: '/v2/nvcf/pexec/status/{id}',
      operation: 'fetch_response',
      kind: 'reread',
      family: 'openai-chat',
    },
    { method: 'GET', path: '/v1/status/{id}', operation: 'fetch_response', kind: 'reread', family: 'openai-chat' },
  ],
  limits: ['Self-hosted NIM containers are OpenAI-compatible hosts of the user: metered by dialect.'],
} satisfies Provider;
