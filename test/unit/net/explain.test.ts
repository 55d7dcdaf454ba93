import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/net/explain.ts';
import type { PolicyRules } from '../../../src/net/policy.ts';

const rules: PolicyRules = {
  hosts: {
    lookup: (host) =>
      host.endsWith('openai.com')
        ? { provider: 'openai', intercept: true }
        : host === 'api.stripe.com'
          ? { provider: 'stripe', intercept: false }
          : null,
  },
  intercept: ['llm.corp'],
  tunnel: ['eu.openai.com'],
  leaves: { covers: (host) => host !== 'llm.corp' },
};

describe('net/explain', () => {
  it.each([
    ['https://api.openai.com/v1/chat/completions', 'intercept', null, 'openai', 443],
    ['api.openai.com', 'intercept', null, 'openai', 443],
    ['http://api.openai.com:8080/v1', 'intercept', null, 'openai', 8080],
    ['https://eu.openai.com/', 'tunnel', 'user_list', 'openai', 443],
    ['https://api.stripe.com/v1/charges', 'tunnel', 'not_named', 'stripe', 443],
    ['https://example.org', 'tunnel', 'not_provider', null, 443],
    ['https://llm.corp', 'tunnel', 'not_covered', null, 443],
    ['https://192.0.2.7', 'tunnel', 'no_server_name', null, 443],
    ['http://169.254.169.254/latest', 'refuse', 'address_refused', null, 80],
    ['https://metadata.google.internal', 'refuse', 'address_refused', null, 443],
  ])('says what happens to %s', (url, verdict, reason, provider, port) => {
    const answer = explain(url, rules);
    expect(answer).toMatchObject({ verdict, reason, provider, port });
    expect(answer.message.length).toBeGreaterThan(10);
  });

  it('says that a mode sends it elsewhere', () => {
    const guard = { isOn: () => true, guards: () => true };
    expect(explain('https://api.openai.com/v1', { ...rules, guard }).message).toContain('where the mode says');
    expect(explain('https://example.org', { ...rules, guard })).toMatchObject({ verdict: 'refuse' });
  });

  it.each(['', 'ftp://example.org', 'https://', 'a b', 'javascript:alert(1)'])('takes no %j', (url) => {
    expect(() => explain(url, rules)).toThrow('url must be an address');
  });
});
