import type { Endpoint } from '../provider.ts';

/** The Messages API, also as others serve it. @param base e.g. `/v1`, or `**` for any. */
export function anthropicInference(base: string): Endpoint[] {
  return [
    { method: 'POST', path: `${base}/messages`, operation: 'chat', family: 'anthropic' },
    { method: 'POST', path: `${base}/messages/count_tokens`, operation: 'count_tokens', kind: 'count' },
  ];
}
