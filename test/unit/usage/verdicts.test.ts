import { describe, expect, it } from 'vitest';
import type { EndpointMatch, Provider } from '../../../src/providers/provider.ts';
import { type BillingFacts, billingOf } from '../../../src/usage/verdicts.ts';

const PROVIDER: Provider = {
  id: 'acme',
  title: 'Acme',
  hosts: ['api.acme.example'],
  intercept: true,
  subscriptionMarks: [{ header: 'authorization', startsWith: 'Bearer sub-' }],
  endpoints: [],
};

function billing(fields: Partial<BillingFacts> = {}): string {
  return billingOf({
    provider: PROVIDER,
    match: null,
    requestHeaders: [],
    responseHeaders: [],
    serviceTier: null,
    local: false,
    model: null,
    ...fields,
  });
}

function match(endpoint: Partial<EndpointMatch['endpoint']>): EndpointMatch {
  return {
    endpoint: { method: 'POST', path: '/x', operation: 'chat', ...endpoint },
    model: null,
    id: null,
    groups: {},
  };
}

describe('usage/verdicts', () => {
  it.each([
    ['cf-aig-cache-status', 'HIT', true],
    ['cf-aig-cache-status', 'MISS', false],
    ['Helicone-Cache', 'HIT', true],
    ['Helicone-Cache', 'MISS', false],
    ['x-portkey-cache-status', 'HIT', true],
    ['x-portkey-cache-status', 'SEMANTIC HIT', true],
    ['x-portkey-cache-status', 'SEMANTIC MISS', false],
    ['x-portkey-cache-status', 'DISABLED', false],
    ['x-openrouter-cache-status', 'HIT', true],
    ['x-openrouter-cache-status', 'MISS', false],
    ['x-litellm-cache-key', '4e2f', true],
    ['x-litellm-cache-key', '', false],
    ['X-Cache-Status', 'Hit', true],
    ['X-Cache-Status', 'Bypass', false],
  ])('reads %s: %s', (name, value, isHit) => {
    expect(billing({ responseHeaders: [[name, value]] })).toBe(isHit ? 'cached_by_gateway' : 'metered');
  });

  it('takes nothing for the cache of a gateway that a client sent', () => {
    expect(billing({ requestHeaders: [['helicone-cache', 'HIT']] })).toBe('metered');
  });

  it('knows what is free: counting tokens, and model servers of the user', () => {
    expect(billing({ match: match({ kind: 'count' }) })).toBe('free');
    expect(billing({ local: true })).toBe('free');
  });

  it('marks the traffic of a subscription, whatever the letter case of its scheme', () => {
    expect(billing({ requestHeaders: [['Authorization', 'bearer sub-123']] })).toBe('subscription');
    expect(billing({ requestHeaders: [['Authorization', 'Bearer key-123']] })).toBe('metered');
  });

  it('takes the word of the endpoint, then of the service tier', () => {
    expect(billing({ match: match({ billing: 'batch' }) })).toBe('batch');
    expect(billing({ serviceTier: 'batch' })).toBe('batch');
    expect(billing({ match: match({}) })).toBe('metered');
  });
});
