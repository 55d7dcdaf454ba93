import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { ownProvider } from '../../../src/providers/own-provider.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';

const WHOLE = `
[[provider]]
id = "acme"
title = "Acme AI"
hosts = ["api.acme.example", "*.gpu.acme.example"]
requestIdHeaders = ["x-acme-id"]
limits = ["Streams of the beta state no usage."]

[[provider.endpoints]]
method = "POST"
path = "/v1/chat/completions"
operation = "chat"
family = "openai-chat"

[[provider.endpoints]]
method = "POST"
path = "/v1/speak/{voice}"
operation = "speech"
units = [{ unit = "characters", from = "req.body:$.text#codepoints" }]

[[provider.endpoints]]
method = "POST"
path = "/v1/odd"
operation = "odd"
[provider.endpoints.usage]
tokens = { input_tokens = "meta.in", output_tokens = ["meta.out", "out"] }
total = { at = "meta.sum", distrust = "nothing" }

[[provider.prices]]
unit = "characters"
usd = "0.015"
per = 1000
asOf = "2026-11"
`;

const tables = (toml: string): unknown[] => (parse(toml) as { provider: unknown[] }).provider;
const wrong = (toml: string) => () => ownProvider(tables(toml)[0], 0);
const minimal = (more: string): string => `[[provider]]\nid = "acme"\nhosts = ["api.acme.example"]\n${more}`;

const load = (more: string, host = 'api.acme.example') =>
  loadRegistry({ own: tables(minimal(more).replace('api.acme.example', host)) });
const endpoint = (path: string, family: string): string =>
  `[[provider.endpoints]]\nmethod = "GET"\npath = "${path}"\noperation = "x"\nfamily = "${family}"`;

describe('providers/own-provider', () => {
  it('is served by the registry like a provider file', async () => {
    const registry = await loadRegistry({ own: tables(WHOLE) });
    expect(registry.lookup('api.acme.example', 443)).toEqual({ provider: 'acme', intercept: true });
    expect(registry.lookup('a.gpu.acme.example', 443)?.provider).toBe('acme');
    expect(registry.endpoint('acme', 'POST', '/v1/odd')?.endpoint.operation).toBe('odd');
    expect(registry.get('acme')?.prices?.[0]).toMatchObject({ usd: '0.015', source: 'configuration' });
  });

  it('needs no more than an id and hosts: what is there is metered by dialect', async () => {
    const registry = await loadRegistry({ own: tables(minimal('')) });
    expect(registry.get('acme')).toMatchObject({ title: 'acme', intercept: true, endpoints: [] });
    expect(registry.endpoint('acme', 'POST', '/any/v1/chat/completions')?.endpoint.operation).toBe('chat');
  });

  it.each([
    ['[[provider]]\nhosts = ["x.example"]', '[[provider]] number 1 needs id'],
    ['[[provider]]\nid = "acme"', 'provider acme needs hosts'],
    [minimal('colour = "red"'), 'provider acme has no colour; it takes id, title,'],
    [minimal('intercept = "yes"'), 'provider acme.intercept must be true or false'],
    [minimal('kind = "llm"'), 'provider acme.kind must be one of model, vector_database'],
    [minimal('localPort = 70000'), 'provider acme.localPort must be a port'],
    [
      minimal('[[provider.endpoints]]\nmethod = "FETCH"\npath = "/"\noperation = "x"'),
      'provider acme.endpoints[1].method must be one of GET, POST',
    ],
    [minimal('[[provider.endpoints]]\nmethod = "GET"\noperation = "x"'), 'provider acme.endpoints[1] needs path'],
    [
      minimal(
        '[[provider.endpoints]]\nmethod = "GET"\npath = "/"\noperation = "x"\nunits = [{unit = "miles", from = "const:1"}]',
      ),
      'provider acme.endpoints[1].units[1].unit must be one of',
    ],
    [
      minimal('[[provider.prices]]\nunit = "images"\nusd = 0.04\nper = 1\nasOf = "2026-11"'),
      'provider acme.prices[1].usd must be a price as a text',
    ],
    [
      minimal('[[provider.prices]]\nunit = "images"\nusd = "0.04"\nper = 1\nasOf = "soon"'),
      'provider acme.prices[1].asOf must be a date',
    ],
    [minimal('hosts2 = []\n[provider.__proto__]\nx = 1'), 'provider acme has no'],
  ])('refuses %j and says why', (toml, message) => {
    expect(wrong(toml)).toThrow(message);
  });

  it('refuses hosts that belong to another provider, unknown dialects and bad paths', async () => {
    await expect(load('', 'api.openai.com')).rejects.toThrow('host api.openai.com belongs to openai and acme');
    await expect(load(endpoint('/x', 'klingon'))).rejects.toThrow('provider acme, /x: no family klingon');
    await expect(load(endpoint('x', 'openai-chat'))).rejects.toThrow('provider acme, x: not a path pattern: x');
    await expect(loadRegistry({ own: [{ id: 'openai', hosts: ['x.example'] }] })).rejects.toThrow(
      'provider openai is defined twice',
    );
  });
});
