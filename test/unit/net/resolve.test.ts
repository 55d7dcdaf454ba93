import { describe, expect, it } from 'vitest';
import { createResolver } from '../../../src/net/resolve.ts';

const never = (): Promise<never> => new Promise<never>(() => {});
/** Behind the time from which on the name servers are asked. */
const slowly = (): Promise<string[]> => new Promise((done) => setTimeout(() => done(['192.0.2.1']), 20));
const fromServers = (): Promise<string[]> => Promise.resolve(['192.0.2.9']);
const notFound = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });

describe('net/resolve', () => {
  it('asks nobody for an address', async () => {
    const resolve = createResolver({ lookup: never, query: never });
    expect([await resolve('127.0.0.1'), await resolve('::1')]).toEqual([['127.0.0.1'], ['::1']]);
  });

  it('takes what the system says, and its failures', async () => {
    const resolve = createResolver({
      lookup: (host) => (host === 'a.example' ? Promise.resolve(['::2', '192.0.2.1']) : Promise.reject(notFound)),
      query: fromServers,
    });
    expect(await resolve('a.example')).toEqual(['::2', '192.0.2.1']);
    await expect(resolve('b.example')).rejects.toBe(notFound);
  });

  it('asks the name servers as well when the system takes long: two names that hang hold up all others there', async () => {
    const resolve = createResolver({ lookup: never, query: (host) => Promise.resolve([`of ${host}`]), slowMs: 1 });
    expect(await resolve('a.example')).toEqual(['of a.example']);
  });

  it.each([
    ['find none', (): Promise<string[]> => Promise.resolve([])],
    ['fail', (): Promise<string[]> => Promise.reject(notFound)],
  ])('waits for the system when the name servers %s', async (_, query) => {
    const found = createResolver({ lookup: slowly, query, slowMs: 1 })('a.example');
    expect(await found).toEqual(['192.0.2.1']);
  });

  it('begins no second lookup of a name while one hangs, and does not wait again to ask the name servers', async () => {
    let lookups = 0;
    const hanging = (): Promise<never> => {
      lookups += 1;
      return never();
    };
    const resolve = createResolver({ lookup: hanging, query: () => Promise.resolve(['192.0.2.1']), slowMs: 1 });
    expect(await resolve('a.example')).toEqual(['192.0.2.1']);
    expect(await resolve('a.example')).toEqual(['192.0.2.1']);
    expect(lookups).toBe(1);
  });

  it.each(['printer', 'printer.local'])('leaves %s to the system', async (host) => {
    const resolve = createResolver({ lookup: slowly, query: fromServers, slowMs: 1 });
    expect(await resolve(host)).toEqual(['192.0.2.1']);
  });

  it('leaves names of the hosts file to the system, and all when that cannot be read', async () => {
    const file = '127.0.0.1 localhost\n# 10.0.0.1 b.example\n10.0.0.1\tgateway  A.example # ours\n';
    const resolve = createResolver({
      lookup: slowly,
      query: fromServers,
      hosts: () => Promise.resolve(file),
      slowMs: 1,
    });
    expect([await resolve('a.example'), await resolve('b.example')]).toEqual([['192.0.2.1'], ['192.0.2.9']]);
    const blind = createResolver({
      lookup: slowly,
      query: fromServers,
      hosts: () => Promise.reject(notFound),
      slowMs: 1,
    });
    expect(await blind('b.example')).toEqual(['192.0.2.1']);
  });

  it('looks a name up once while that is under way, and anew afterwards', async () => {
    let lookups = 0;
    const resolve = createResolver({ lookup: () => Promise.resolve([`192.0.2.${++lookups}`]) });
    expect(await Promise.all([resolve('a.example'), resolve('a.example')])).toEqual([['192.0.2.1'], ['192.0.2.1']]);
    expect(await resolve('a.example')).toEqual(['192.0.2.2']);
  });
});
