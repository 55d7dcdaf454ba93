import { anthropicInference } from './families/anthropic-endpoints.ts';
import { controls } from './families/control-endpoints.ts';
import { openaiCompatible, openaiSockets } from './families/openai-endpoints.ts';
import { XAI_PRICES } from './families/unit-prices.ts';
import type { Provider } from './provider.ts';

/** A deferred request is answered by the id under which its answer is fetched; other answers have no such member. */
const chat = openaiCompatible('/v1').map((endpoint) =>
  endpoint.operation === 'chat' ? { ...endpoint, job: 'res.body:$.request_id' } : endpoint,
);

export const provider = {
  id: 'xai',
  title: 'xAI',
  // Regional hosts (eu-west-1.api.x.ai) are below it.
  hosts: ['api.x.ai'],
  intercept: true,
  requestIdHeaders: ['x-request-id'],
  endpoints: [
    ...openaiSockets('/v1'),
    // The answer to a deferred request counts once, and settles that request.
    {
      method: 'GET',
      path: '/v1/chat/deferred-completion/{id}',
      operation: 'fetch_response',
      kind: 'reread',
      family: 'openai-chat',
      job: 'req.path:id',
    },
    { method: 'POST', path: '/v1/videos/generations', operation: 'video_generation', job: 'res.body:$.request_id' },
    { method: 'POST', path: '/v1/videos/edits', operation: 'video_generation', job: 'res.body:$.request_id' },
    // The finished video states its price; the id is in the path alone.
    {
      method: 'GET',
      path: '/v1/videos/{id}',
      operation: 'fetch_video',
      kind: 'reread',
      family: 'openai-responses',
      countWhen: 'res.body:$.status=done',
      job: 'req.path:id',
    },
    { method: 'POST', path: '/v1/tokenize-text', operation: 'count_tokens', kind: 'count' },
    // Results come in pages, each of which counts once, by the first answer in it.
    {
      method: 'GET',
      path: '/v1/batches/{id}/results',
      operation: 'batch_results',
      kind: 'batch_results',
      billing: 'batch',
      job: 'res.body:$.results[0].batch_result.response.*.id',
    },
    // gRPC, which the Python SDK speaks.
    { method: 'POST', path: '/xai_api.Chat/GetCompletion', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/xai_api.Chat/GetCompletionChunk', operation: 'chat', family: 'openai-chat' },
    { method: 'POST', path: '/xai_api.{service}/{rpc}', operation: 'grpc', kind: 'control' },
    ...chat,
    ...anthropicInference('/v1'),
    ...controls(
      '/v1',
      'api-key',
      'language-models',
      'embedding-models',
      'image-generation-models',
      'video-generation-models',
      'realtime',
    ),
  ],
  limits: ['The Python SDK speaks gRPC over HTTP/2: metered only where HTTP/2 is read.'],
  prices: XAI_PRICES,
} satisfies Provider;
