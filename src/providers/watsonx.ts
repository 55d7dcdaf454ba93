import type { Endpoint, Provider } from './provider.ts';

const MODEL = ['req.body:$.model_id'];

/** A model of IBM's, or one that is deployed, whose id takes the model's place in the path. */
function generation(owner: string): Endpoint[] {
  const post = (path: string, operation: string, facts: Partial<Endpoint>): Endpoint => ({
    method: 'POST',
    path: `${owner}/${path}`,
    operation,
    model: MODEL,
    ...facts,
  });
  return [
    post('text/generation', 'text_completion', { family: 'watsonx' }),
    post('text/generation_stream', 'text_completion', { family: 'watsonx' }),
    post('text/chat', 'chat', { family: 'openai-chat' }),
    post('text/chat_stream', 'chat', { family: 'openai-chat' }),
  ];
}

export const provider = {
  id: 'watsonx',
  title: 'IBM watsonx.ai',
  hosts: ['ml.cloud.ibm.com', 'wxai.ibm.com'],
  base: null,
  intercept: true,
  requestIdHeaders: ['x-request-id', 'x-global-transaction-id'],
  endpoints: [
    ...generation('/ml/v1'),
    ...generation('/ml/v1/deployments/{model}'),
    { method: 'POST', path: '/ml/v1/text/embeddings', operation: 'embeddings', family: 'watsonx', model: MODEL },
    { method: 'POST', path: '/ml/v1/text/rerank', operation: 'rerank', family: 'watsonx', model: MODEL },
    { method: 'POST', path: '/ml/v1/text/tokenization', operation: 'count_tokens', kind: 'count' },
    { method: '*', path: '/ml/v4/**', operation: 'admin', kind: 'control' },
    { method: 'GET', path: '/ml/v1/**', operation: 'admin', kind: 'control' },
  ],
} satisfies Provider;
