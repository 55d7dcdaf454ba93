import { describe, expect, it } from 'vitest';
import { builtProviders, loadHosts, loadProviders, loadRegistry } from '../../../src/providers/registry.ts';

describe('providers/registry, as built', () => {
  it('loses nothing on the way through JSON: provider files are data', async () => {
    const [[name, text] = ['', '']] = await builtProviders();
    expect(name).toBe('providers.json');
    const { endpoints, providers } = JSON.parse(text) as { endpoints: unknown[]; providers: { endpoints: number[] }[] };
    const unpacked = providers.map((each) => ({ ...each, endpoints: each.endpoints.map((index) => endpoints[index]) }));
    expect(unpacked).toEqual(await loadProviders());
    expect(text).not.toContain('undefined');
  });

  it('gives every host to the same provider when it knows hosts alone', async () => {
    const [hosts, registry] = [await loadHosts(), await loadRegistry()];
    for (const provider of registry.all()) {
      for (const pattern of provider.hosts) {
        const host = pattern.replaceAll('*', 'x');
        expect(hosts.lookup(host, 443), host).toEqual(registry.lookup(host, 443));
      }
    }
    const [, [, text] = ['', '']] = await builtProviders();
    const names = (JSON.parse(text) as { id: string; hosts: string[] }[]).map(({ id, hosts: each }) => [id, each]);
    expect(names).toEqual(registry.all().map(({ id, hosts: each }) => [id, each]));
  });
});
