import { openaiInference } from './families/openai-endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

/** A model is named in the path, by a version in the body, or by a deployment; the answer names it always. */
const SUBMIT = [
  '/v1/predictions',
  '/v1/models/{owner}/{name}/predictions',
  '/v1/models/{owner}/{name}/versions/{version}/predictions',
  '/v1/deployments/{owner}/{name}/predictions',
];

/** Polled any number of times; the one object is counted once, when it has ended. */
function polled(method: 'GET' | 'POST', path: string, operation: string): Endpoint {
  return { method, path, operation, kind: 'reread', family: 'replicate' };
}

export const provider = {
  id: 'replicate',
  title: 'Replicate',
  hosts: ['api.replicate.com', 'openai-proxy.replicate.com', 'replicate.com', 'replicate.net'],
  intercept: true,
  endpoints: [
    ...SUBMIT.map((path): Endpoint => ({ method: 'POST', path, operation: 'predict', family: 'replicate' })),
    polled('GET', '/v1/predictions/{id}', 'fetch_prediction'),
    polled('POST', '/v1/predictions/{id}/cancel', 'cancel_prediction'),
    polled('GET', '/v1/trainings/{id}', 'fetch_training'),
    polled('POST', '/v1/trainings/{id}/cancel', 'cancel_training'),
    ...openaiInference('/v1'),
    // What a prediction generates, as it comes: text without counts. Its prediction has them.
    { method: 'GET', path: '/v1/streams/{stream}', operation: 'stream_output', kind: 'control' },
    { method: 'GET', path: '/v1/files/{file}', operation: 'stream_output', kind: 'control' },
    { method: '*', path: '/v1/**', operation: 'admin', kind: 'control' },
  ],
  limits: [
    'A prediction that nobody asks for again (its result goes to a webhook, or to a stream) states its metrics to nobody here.',
    'Most models are billed by seconds of a kind of hardware that the answer does not name: counted, not priced.',
  ],
} satisfies Provider;
