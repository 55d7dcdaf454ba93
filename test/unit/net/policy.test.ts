import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesHost, normaliseHost } from '../../../src/core/hosts.ts';
import { decideAbsolute, decideConnect, type FirstBytes, type PolicyRules, reachOf } from '../../../src/net/policy.ts';

function rules(overrides: Partial<PolicyRules> = {}): PolicyRules {
  return {
    hosts: {
      lookup: (host) => {
        if (matchesHost(host, 'anthropic.com')) return { provider: 'anthropic', intercept: true };
        if (matchesHost(host, 'openai.com')) return { provider: 'openai', intercept: true };
        if (matchesHost(host, 'stripe.com')) return { provider: 'stripe', intercept: false };
        return null;
      },
    },
    intercept: [],
    tunnel: [],
    leaves: { covers: (host) => !matchesHost(host, 'private.example') },
    ...overrides,
  };
}

const at = (host: string, port = 443): { host: string; port: number } => ({ host, port });
const hello = (serverName: string | null, alpn: readonly string[] | null = ['h2', 'http/1.1']): FirstBytes => ({
  serverName,
  alpn,
});
const anthropic = at('api.anthropic.com');

describe('net/policy', () => {
  describe('decideConnect, to a name', () => {
    it('waits for the hello of a provider', () => {
      expect(decideConnect(anthropic, 'unread', rules())).toEqual({ action: 'peek', patience: 'hello' });
    });

    it.each([
      ['api.anthropic.com', ['http/1.1']],
      ['api.anthropic.com', ['h2', 'http/1.1']],
      ['api.anthropic.com', ['http/1.0']],
      ['api.anthropic.com', null],
      ['API.Anthropic.COM', null],
      ['api.anthropic.com.', null],
      [null, null],
    ])('intercepts a hello for %j with ALPN %j', (serverName, alpn) => {
      expect(decideConnect(anthropic, hello(serverName, alpn), rules())).toEqual({
        action: 'intercept',
        target: anthropic,
        provider: 'anthropic',
      });
    });

    it.each([
      ['h2_only', hello('api.anthropic.com', ['h2'])],
      ['other_protocol', hello('api.anthropic.com', ['acme-tls/1'])],
      ['other_protocol', hello('api.anthropic.com', [])],
      ['not_tls', 'not-tls'],
      ['silent', 'silent'],
    ] as const)('tunnels a provider for the reason %s', (reason, first) => {
      expect(decideConnect(anthropic, first, rules())).toEqual({ action: 'tunnel', reason });
    });

    it.each([
      ['not_provider', 'example.com'],
      ['not_provider', 'evilanthropic.com'],
      ['not_provider', 'api.anthropic.com.evil.com'],
      ['not_named', 'api.stripe.com'],
    ])('tunnels at once, without waiting for first bytes: %s, %s', (reason, host) => {
      expect(decideConnect(at(host), 'unread', rules())).toEqual({ action: 'tunnel', reason });
    });

    it('tunnels what the user listed, even a provider', () => {
      const listed = rules({ tunnel: ['anthropic.com'], intercept: ['anthropic.com'] });
      expect(decideConnect(anthropic, 'unread', listed)).toEqual({ action: 'tunnel', reason: 'user_list' });
    });

    it('intercepts what the user named, with the provider if it is known', () => {
      const named = rules({ intercept: ['stripe.com', 'gateway.example:8443'] });
      expect(decideConnect(at('api.stripe.com'), hello(null), named)).toMatchObject({ provider: 'stripe' });
      expect(decideConnect(at('gateway.example', 8443), hello(null), named)).toEqual({
        action: 'intercept',
        target: at('gateway.example', 8443),
        provider: null,
      });
      expect(decideConnect(at('gateway.example'), 'unread', named)).toEqual({
        action: 'tunnel',
        reason: 'not_provider',
      });
    });

    it('tunnels a named host that no authority covers', () => {
      const named = rules({ intercept: ['private.example'] });
      expect(decideConnect(at('llm.private.example'), 'unread', named)).toEqual({
        action: 'tunnel',
        reason: 'not_covered',
      });
    });

    it.each([
      'api.openai.com',
      'example.com',
      '../../etc/x',
      'a\nb',
      '__proto__',
      'xapi.anthropic.com',
      'anthropic.com',
    ])('refuses the server name %j in a CONNECT to api.anthropic.com', (serverName) => {
      expect(decideConnect(anthropic, hello(serverName), rules())).toMatchObject({
        action: 'refuse',
        code: 'sni_mismatch',
        status: 421,
        message: expect.not.stringContaining('\n') as string,
      });
    });

    it('refuses names of metadata services, whatever the lists say', () => {
      const named = rules({ tunnel: ['internal'] });
      expect(decideConnect(at('metadata.google.internal', 80), 'unread', named)).toMatchObject({
        action: 'refuse',
        status: 403,
      });
    });
  });

  describe('decideConnect, to an IP address', () => {
    const ip = at('203.0.113.9');

    it('looks briefly for a hello', () => {
      expect(decideConnect(ip, 'unread', rules())).toEqual({ action: 'peek', patience: 'brief' });
    });

    it('follows the server name', () => {
      expect(decideConnect(ip, hello('API.anthropic.com.'), rules())).toEqual({
        action: 'intercept',
        target: anthropic,
        provider: 'anthropic',
      });
    });

    it.each([
      ['no_server_name', hello(null)],
      ['no_server_name', hello('../../x')],
      ['no_server_name', hello('127.0.0.1')],
      ['not_provider', hello('example.com')],
      ['not_named', hello('api.stripe.com')],
      ['h2_only', hello('api.anthropic.com', ['h2'])],
      ['silent', 'silent'],
      ['not_tls', 'not-tls'],
    ] as const)('tunnels for the reason %s', (reason, first) => {
      expect(decideConnect(ip, first, rules())).toEqual({ action: 'tunnel', reason });
    });

    it('tunnels what the user listed, by address or by server name', () => {
      expect(decideConnect(ip, 'unread', rules({ tunnel: ['203.0.113.9'] }))).toMatchObject({ reason: 'user_list' });
      expect(decideConnect(ip, hello('api.anthropic.com'), rules({ tunnel: ['anthropic.com'] }))).toMatchObject({
        reason: 'user_list',
      });
    });

    it('never intercepts an address as such, even a named one', () => {
      expect(decideConnect(ip, hello(null), rules({ intercept: ['203.0.113.9'] }))).toMatchObject({ action: 'tunnel' });
    });
  });

  describe('reachOf', () => {
    const named = rules({ intercept: ['10.0.0.1', '127.0.0.1:8000'] });

    it.each([
      ['127.0.0.1', at('127.0.0.1', 5432), 'anywhere'],
      ['::1', at('localhost', 5432), 'anywhere'],
      ['::ffff:127.0.0.1', at('localhost', 5432), 'anywhere'],
      ['192.168.1.7', at('127.0.0.1', 5432), 'outside'],
      ['fd00::2', at('web.example', 80), 'outside'],
      ['', at('web.example', 80), 'outside'],
      ['192.168.1.7', at('127.0.0.1', 8000), 'anywhere'],
      ['192.168.1.7', at('api.openai.com'), 'anywhere'],
    ])('lets a client at %j, for %o, reach what is %s', (client, target, reach) => {
      expect(reachOf(client, target, named)).toBe(reach);
    });
  });

  describe('decideAbsolute', () => {
    it('meters providers and named hosts, and forwards the others', () => {
      const named = rules({ intercept: ['127.0.0.1:8000'] });
      expect(decideAbsolute(anthropic, named)).toMatchObject({ action: 'intercept', provider: 'anthropic' });
      expect(decideAbsolute(at('127.0.0.1', 8000), named)).toMatchObject({ action: 'intercept', provider: null });
      expect(decideAbsolute(at('127.0.0.1', 8001), named)).toEqual({ action: 'tunnel', reason: 'not_provider' });
      expect(decideAbsolute(at('api.stripe.com'), named)).toEqual({ action: 'tunnel', reason: 'not_named' });
      expect(decideAbsolute(anthropic, rules({ tunnel: ['anthropic.com'] }))).toMatchObject({ reason: 'user_list' });
    });

    it('refuses metadata names', () => {
      expect(decideAbsolute(at('metadata.google.internal', 80), rules())).toMatchObject({
        action: 'refuse',
        status: 403,
      });
    });
  });

  it('intercepts names below a provider domain and no others, however they are spelled', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
    const spelling = fc.constantFrom(
      (name: string) => name,
      (name: string) => name.toUpperCase(),
      (name: string) => `${name}.`,
    );
    const shape = fc.constantFrom(
      (x: string) => [`${x}.anthropic.com`, true] as const,
      (x: string) => [`${x}anthropic.com`, false] as const,
      (x: string) => [`${x}-anthropic.com`, false] as const,
      (x: string) => [`anthropic.com.${x}.evil`, false] as const,
      (x: string) => [`anthropic.${x}.com`, false] as const,
      (x: string) => [`аnthropic.com${x === 'x' ? '' : `.${x}.dev`}`, false] as const,
    );
    fc.assert(
      fc.property(label, spelling, shape, (x, spell, make) => {
        const [name, provider] = make(x);
        const host = normaliseHost(spell(name));
        fc.pre(host !== null);
        expect(decideConnect(at(host), 'unread', rules()).action).toBe(provider ? 'peek' : 'tunnel');
      }),
      { numRuns: 500 },
    );
  });
});
