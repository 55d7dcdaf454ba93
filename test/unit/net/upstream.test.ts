import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Counters } from '../../../src/core/counters.ts';
import { parseConnectTo, redirect } from '../../../src/net/connect-to.ts';
import { parseUpstreamProxy } from '../../../src/net/upstream-proxy.ts';
import { Upstream, type UpstreamOptions } from '../../../src/net/upstream.ts';
import { makeCa, makeLeaf } from '../../support/certificates.ts';
import { startTcpUpstream, startTlsUpstream } from '../../support/tls-upstream.ts';

const ca = makeCa();
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function upstream(options: Partial<UpstreamOptions> = {}): Upstream {
  return new Upstream({
    context: () => createSecureContext({ ca: ca.pem }),
    connectTo: [],
    proxy: null,
    isOwnEndpoint: () => false,
    counters: new Counters(),
    resolve: () => Promise.resolve(['127.0.0.1']),
    ...options,
  });
}

describe('net/upstream', () => {
  it.each([
    ['169.254.169.254', 'address_refused'],
    ['0.0.0.0', 'address_refused'],
    ['::ffff:169.254.169.254', 'address_refused'],
  ])('refuses a name that resolves to %s', async (address, code) => {
    const dialler = upstream({ resolve: () => Promise.resolve([address]) });
    await expect(dialler.connect({ host: 'api.test', port: 80 })).rejects.toMatchObject({ code });
  });

  it('refuses its own listeners as a loop, on the resolved address', async () => {
    const dialler = upstream({ isOwnEndpoint: (address, port) => address === '127.0.0.1' && port === 8080 });
    await expect(dialler.connect({ host: 'api.test', port: 8080 })).rejects.toMatchObject({ code: 'loop' });
  });

  it('says that a name cannot be resolved, and that nobody listens', async () => {
    const lost = upstream({ resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })) });
    await expect(lost.connect({ host: 'no.test', port: 80 })).rejects.toMatchObject({ code: 'upstream_unresolvable' });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(upstream().connect({ host: 'api.test', port })).rejects.toMatchObject({ code: 'upstream_refused' });
  });

  it('gives up a name server and a handshake that do not answer', async () => {
    const hasty = { dialTimeoutMs: 100, handshakeTimeoutMs: 100 };
    const silent = upstream({ ...hasty, resolve: () => new Promise(() => {}) });
    await expect(silent.connect({ host: 'api.test', port: 80 })).rejects.toMatchObject({ code: 'upstream_timeout' });
    const server = await startTcpUpstream(() => {});
    closers.push(() => server.close());
    const target = { host: 'api.test', port: server.port };
    await expect(upstream(hasty).connectTls(target, null)).rejects.toMatchObject({ code: 'upstream_timeout' });
  });

  it('tries the next address when one refuses', async () => {
    const server = await startTcpUpstream((socket) => socket.end('hello'));
    closers.push(() => server.close());
    const dialler = upstream({ resolve: () => Promise.resolve(['::1', '127.0.0.1']) });
    const socket = await dialler.connect({ host: 'api.test', port: server.port });
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(socket.allowHalfOpen).toBe(true);
    socket.destroy();
  });

  it('reaches no loopback address for those who are kept outside, but where --connect-to says so', async () => {
    const server = await startTcpUpstream((socket) => socket.end('hello'));
    closers.push(() => server.close());
    const target = { host: 'api.test', port: server.port };
    await expect(upstream().connect(target, 'outside')).rejects.toMatchObject({ code: 'address_refused' });
    await expect(upstream().connectTls(target, null, 'outside')).rejects.toMatchObject({ code: 'address_refused' });
    const told = upstream({ connectTo: [parseConnectTo(`api.test:${server.port}:127.0.0.1:${server.port}`)] });
    (await told.connect(target, 'outside')).destroy();
  });

  it('goes through the upstream proxy with its credentials, verifies TLS end to end, and leaves loopback alone', async () => {
    const server = await startTlsUpstream(makeLeaf(ca, { dns: ['api.test'] }), (socket) => socket.end('hello'));
    const proxy = await startTcpUpstream((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        const there = connect(server.port, '127.0.0.1');
        there.pipe(socket).pipe(there);
      });
    });
    closers.push(
      () => proxy.close(),
      () => server.close(),
    );
    const dialler = upstream({ proxy: parseUpstreamProxy(`http://me:p%40ss@127.0.0.1:${proxy.port}`) });
    const socket = await dialler.connectTls({ host: 'api.test', port: 443 }, ['http/1.1']);
    const [data] = await once(socket, 'data');
    expect(String(data)).toBe('hello');
    expect(proxy.received(0).toString('latin1')).toContain(
      `CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\nProxy-Authorization: Basic ${Buffer.from('me:p@ss').toString('base64')}\r\n`,
    );
    socket.destroy();
    const local = await dialler.connect({ host: 'localhost', port: server.port });
    expect(proxy.sockets).toHaveLength(1);
    local.destroy();
  });

  it.each([
    ['with its answer', ['HTTP/1.1 200 OK\r\n\r\nhello']],
    ['later', ['HTTP/1.1 200 OK\r\n', '\r\n', 'hello']],
  ])('hands out a socket that flows to who listens, when the first bytes come %s', async (_when, parts) => {
    const proxy = await startTcpUpstream((socket) => {
      socket.once('data', () => {
        for (const [index, part] of parts.entries()) setTimeout(() => socket.write(part), 5 * index);
      });
    });
    closers.push(() => proxy.close());
    const dialler = upstream({ proxy: parseUpstreamProxy(`http://127.0.0.1:${proxy.port}`) });
    const socket = await dialler.connect({ host: 'api.test', port: 80 });
    const [data] = await once(socket, 'data', { signal: AbortSignal.timeout(25_000) });
    expect(String(data)).toBe('hello');
    socket.destroy();
  });

  it('says what the upstream proxy answered when it refuses', async () => {
    const proxy = await startTcpUpstream((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    });
    closers.push(() => proxy.close());
    const dialler = upstream({ proxy: parseUpstreamProxy(`http://127.0.0.1:${proxy.port}`) });
    const failure = dialler.connect({ host: 'api.test', port: 443 });
    await expect(failure).rejects.toMatchObject({
      code: 'upstream_proxy',
      message: expect.stringContaining('407') as string,
    });
  });

  it('verifies certificates whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    closers.push(() => vi.unstubAllEnvs());
    const server = await startTlsUpstream(makeLeaf(makeCa(), { dns: ['api.test'] }), (socket) => socket.end('x'));
    closers.push(() => server.close());
    const opening = upstream().connectTls({ host: 'api.test', port: server.port }, null);
    await expect(opening).rejects.toMatchObject({ code: 'upstream_certificate' });
  });

  it('dials where --connect-to says, and goes on naming the host in TLS', async () => {
    const server = await startTlsUpstream(makeLeaf(ca, { dns: ['api.test'] }), (socket) => socket.end('x'));
    closers.push(() => server.close());
    const dialler = upstream({ connectTo: [parseConnectTo(`api.test:443:127.0.0.1:${server.port}`)] });
    const socket = await dialler.connectTls({ host: 'api.test', port: 443 }, null);
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });
});

describe('net/connect-to', () => {
  it('matches like curl: empty fields match any and change nothing, the first rule decides', () => {
    const rules = ['a.test:443:[::1]:8443', ':80::8080', 'B.test.::c.test:'].map(parseConnectTo);
    expect(redirect({ host: 'a.test', port: 443 }, rules)).toEqual({ host: '::1', port: 8443 });
    expect(redirect({ host: 'a.test', port: 80 }, rules)).toEqual({ host: 'a.test', port: 8080 });
    expect(redirect({ host: 'b.test', port: 1 }, rules)).toEqual({ host: 'c.test', port: 1 });
    expect(redirect({ host: 'd.test', port: 1 }, rules)).toEqual({ host: 'd.test', port: 1 });
  });

  it.each(['', 'a:b', 'a:1:b', 'a:x:b:2', 'a:0:b:2', 'a:1:b:70000', 'a b:1:c:2', '::1:443:a:1'])(
    'refuses %j',
    (text) => {
      expect(() => parseConnectTo(text)).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error);
    },
  );
});

describe('net/upstream-proxy', () => {
  it.each([
    ['http://me:100%25@proxy:3128', 'me:100%'],
    ['http://me:100%@proxy:3128', 'me:100%'],
    ['http://me:p%ss%20@proxy:3128', 'me:p%ss%20'],
  ])('takes the password of %j, escaped or not', (url, credentials) => {
    expect(parseUpstreamProxy(url).authorization).toBe(`Basic ${Buffer.from(credentials).toString('base64')}`);
  });

  it.each(['', 'proxy:3128', 'https://proxy:3128', 'socks5://proxy:1080', 'http://'])(
    'refuses %j, without repeating it',
    (url) => {
      expect(() => parseUpstreamProxy(url)).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error);
    },
  );
});
