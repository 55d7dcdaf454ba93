import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFrontDoor } from '../../../src/net/front-door.ts';
import { untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { closedPort, startEntrance, type TestEntrance, type TestEntranceOptions } from '../../support/entrance.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, type Upstream } from '../../support/tls-upstream.ts';

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
/** For clients that do say something: on a busy machine later than any short wait. */
const PATIENT = { helloMs: 900_000, briefMs: 900_000 };

describe.each([
  ['http-mitm-proxy', openFrontDoor],
  ['node:http', openBareFrontDoor],
])('net/connect behind %s', (_name, open) => {
  let proxy: TestEntrance;
  let upstream: Upstream;
  const clients: RawClient[] = [];

  beforeEach(async () => {
    upstream = await startTcpUpstream((socket) =>
      socket.on('data', (chunk: Buffer) => socket.write(chunk)).on('end', () => socket.end()),
    );
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.stop();
    await upstream.close();
  });

  async function start(options: TestEntranceOptions = {}): Promise<void> {
    proxy = await startEntrance(open, options);
  }

  function client(): RawClient {
    const made = new RawClient(proxy.port);
    clients.push(made);
    return made;
  }

  function connect(authority: string): RawClient {
    return client().send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  }

  it('tunnels an unknown host at once, both ways, and counts the bytes', async () => {
    await start();
    const tunnel = await connect(`blind.example:${upstream.port}`).hears(ESTABLISHED);
    await tunnel.forget().send('ping').hears('ping');
    expect(proxy.counters.get('connections', 'verdict="tunnel",reason="not_provider"')).toBe(1);
    expect(proxy.counters.get('tunnel_bytes', 'direction="request"')).toBe(4);
    expect(proxy.counters.get('tunnel_bytes', 'direction="response"')).toBe(4);
    expect(proxy.intercepted).toEqual([]);
  });

  it('loses nothing of what a client sends behind its CONNECT', async () => {
    await start();
    const eager = client().send(`CONNECT blind.example:${upstream.port} HTTP/1.1\r\n\r\nearly`);
    await eager.hears(`${ESTABLISHED}early`);
  });

  it('lets a server speak first, on a name and on an IP address', async () => {
    await upstream.close();
    upstream = await startTcpUpstream((socket) => socket.write('220 hello'));
    await start();
    await connect(`mail.example:${upstream.port}`).hears(`${ESTABLISHED}220 hello`);
    await connect(`127.0.0.1:${upstream.port}`).hears(`${ESTABLISHED}220 hello`);
    expect(proxy.counters.get('connections', 'verdict="tunnel",reason="silent"')).toBe(1);
  });

  it('hands a provider over before any upstream is dialled, with its hello parsed and unread', async () => {
    await start();
    const hello = await helloBytes('api.provider.example', ['h2', 'http/1.1']);
    const tunnel = await connect(`API.provider.example.:${upstream.port}`).hears(ESTABLISHED);
    tunnel.send(hello);
    await untilTrue(() => proxy.intercepted.length === 1, 'the hand-over');
    const [handed] = proxy.intercepted;
    expect(handed).toMatchObject({
      target: { host: 'api.provider.example', port: upstream.port },
      provider: 'test',
      runId: null,
      hello: { serverName: 'api.provider.example', alpn: ['h2', 'http/1.1'] },
    });
    expect(upstream.sockets).toEqual([]);
    expect(await unread(handed!.socket, hello.length)).toEqual(hello);
  });

  it('reads a hello that comes in single bytes', async () => {
    await start();
    const hello = await helloBytes('api.provider.example');
    const tunnel = await connect('api.provider.example:443').hears(ESTABLISHED);
    for (const byte of hello) {
      tunnel.send(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await untilTrue(() => proxy.intercepted.length === 1, 'the hand-over');
    expect(await unread(proxy.intercepted[0]!.socket, hello.length)).toEqual(hello);
  });

  it('takes a hello that is sent together with the CONNECT', async () => {
    await start();
    const hello = await helloBytes('api.provider.example');
    const eager = client();
    eager.send(Buffer.concat([Buffer.from('CONNECT api.provider.example:443 HTTP/1.1\r\n\r\n'), hello]));
    await untilTrue(() => proxy.intercepted.length === 1, 'the hand-over');
    expect(await unread(proxy.intercepted[0]!.socket, hello.length)).toEqual(hello);
  });

  it.each([
    ['h2_only', ['h2']],
    ['other_protocol', ['acme-tls/1']],
  ])('tunnels a provider when the client cannot speak HTTP/1.1: %s', async (reason, alpn) => {
    await start();
    const hello = await helloBytes('api.provider.example', alpn);
    const tunnel = await connect(`api.provider.example:${upstream.port}`).hears(ESTABLISHED);
    tunnel.send(hello);
    await untilTrue(
      () => upstream.sockets.length === 1 && upstream.received(0).length === hello.length,
      'the hello upstream',
    );
    expect(upstream.received(0)).toEqual(hello);
    expect(proxy.counters.get('connections', `verdict="tunnel",reason="${reason}"`)).toBe(1);
  });

  it('tunnels a provider when the first bytes are no TLS', async () => {
    await start();
    const tunnel = await connect(`api.provider.example:${upstream.port}`).hears(ESTABLISHED);
    await tunnel.send('GET / HTTP/1.1\r\n\r\n').hears('GET / HTTP/1.1');
    expect(proxy.counters.get('connections', 'verdict="tunnel",reason="not_tls"')).toBe(1);
  });

  it('resets a client that has its 200 when the tunnel cannot be dialled', async () => {
    await start();
    const tunnel = await connect(`api.provider.example:${await closedPort()}`).hears(ESTABLISHED);
    await tunnel.send('GET / HTTP/1.1\r\n\r\n').over();
    expect(tunnel.error?.code).toBe('ECONNRESET');
  });

  it('tunnels a host that the authority does not cover, and says once how to add it', async () => {
    await start({ rules: { intercept: ['uncovered.example'] } });
    for (let round = 0; round < 2; round += 1) {
      await connect(`uncovered.example:${upstream.port}`).hears(ESTABLISHED);
    }
    expect(proxy.counters.get('connections', 'verdict="tunnel",reason="not_covered"')).toBe(2);
    expect(proxy.logged.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
      { host: 'uncovered.example', hint: 'llm-proxy ca add uncovered.example' },
    ]);
  });

  it.each(['api.provider.example', 'API.PROVIDER.EXAMPLE', 'other.provider.example', 'evil.example'])(
    'decides by CONNECT name and server name together: %s',
    async (serverName) => {
      await start();
      const hello = await helloBytes(serverName);
      for (const name of ['api.provider.example', 'Api.Provider.Example', 'api.provider.example.']) {
        const tunnel = await connect(`${name}:443`).hears(ESTABLISHED);
        tunnel.forget().send(hello);
        if (serverName.toLowerCase() === 'api.provider.example') continue;
        await tunnel.over();
        // A fatal TLS alert, unrecognized_name.
        expect([...tunnel.bytes]).toEqual([0x15, 3, 3, 0, 2, 2, 112]);
      }
      const same = serverName.toLowerCase() === 'api.provider.example';
      await untilTrue(() => proxy.intercepted.length === (same ? 3 : 0), 'the verdicts');
      expect(proxy.counters.get('connections', 'verdict="refuse",reason="sni_mismatch"')).toBe(same ? 0 : 3);
      expect(upstream.sockets).toEqual([]);
    },
  );

  it('follows the server name in a CONNECT to an IP address', async () => {
    await start({ connectTimeouts: PATIENT });
    const tunnel = await connect(`127.0.0.1:${upstream.port}`).hears(ESTABLISHED);
    tunnel.send(await helloBytes('api.provider.example'));
    await untilTrue(() => proxy.intercepted.length === 1, 'the hand-over');
    expect(proxy.intercepted[0]?.target).toEqual({ host: 'api.provider.example', port: upstream.port });
    await untilTrue(
      () => upstream.sockets.every((socket) => socket.destroyed || socket.readableEnded),
      'the first dial to be dropped',
    );
  });

  it('tunnels an IP address without a server name', async () => {
    await start({ connectTimeouts: PATIENT });
    const tunnel = await connect(`127.0.0.1:${upstream.port}`).hears(ESTABLISHED);
    const hello = await helloBytes('');
    tunnel.send(hello);
    await untilTrue(
      () => upstream.sockets.length === 1 && upstream.received(0).length === hello.length,
      'the hello upstream',
    );
    expect(proxy.counters.get('connections', 'verdict="tunnel",reason="no_server_name"')).toBe(1);
  });

  it.each([
    '::1:443',
    'http://x:443/',
    '*',
    '/x',
    'a@b.example:443',
    'x',
    'x:0',
    'x:99999',
    '..:443',
    '%2e%2e%2fevil:443',
    '../../evil:443',
    'a..b:443',
    '[::1:443',
  ])('refuses the authority %j with a clear 400', async (authority) => {
    await start();
    const refused = await connect(authority).over();
    expect(refused.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(refused.text.split('\r\n\r\n')[1] ?? '') as unknown).toMatchObject({
      error: { proxy: 'llm-proxy' },
    });
  });

  it.each([
    ['nowhere.example:443', 502, 'upstream_unresolvable'],
    ['169.254.169.254:80', 403, 'address_refused'],
    ['2852039166:80', 403, 'address_refused'],
    ['0xA9FEA9FE:80', 403, 'address_refused'],
    ['[::ffff:a9fe:a9fe]:80', 403, 'address_refused'],
    ['[fe80::1%25lo]:80', 403, 'address_refused'],
    ['rebind.example:80', 403, 'address_refused'],
    ['six.example:80', 403, 'address_refused'],
    ['metadata.google.internal:80', 403, 'address_refused'],
    ['0.0.0.0:80', 403, 'address_refused'],
  ])('says why %s is not tunnelled: %i %s', async (authority, status, type) => {
    await start();
    const refused = await connect(authority).over();
    expect(refused.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(refused.text).toContain(`"type":"${type}"`);
    expect(refused.text).not.toContain('200 Connection');
  });

  it('says that the upstream refused', async () => {
    await start();
    const refused = await connect(`blind.example:${await closedPort()}`).over();
    expect(refused.text).toMatch(/^HTTP\/1\.1 502 [^\r]*refused/i);
    expect(refused.text).toContain('"type":"upstream_refused"');
  });

  it('never dials itself, by whatever name of this machine', async () => {
    await start();
    for (const host of ['127.0.0.1', 'loop.example', '[::1]', '[::ffff:127.0.0.1]', '127.1', '0.0.0.0']) {
      const refused = await connect(`${host}:${proxy.port}`).over();
      expect(refused.text).toMatch(/^HTTP\/1\.1 403 /);
    }
    const { proxy_url: url } = await proxy.entrance.openRun(process.pid);
    const refused = await connect(`loop.example:${new URL(url).port}`).over();
    expect(refused.text).toContain('"type":"loop"');
    expect(proxy.entrance.status().connections).toBeLessThan(10);
  });

  it('writes no file, whatever the CONNECT names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-cwd-'));
    const [before, temporary] = [process.cwd(), process.env['TMPDIR']];
    process.chdir(folder);
    process.env['TMPDIR'] = folder;
    try {
      await start({ connectTimeouts: PATIENT });
      const hello = await helloBytes('api.provider.example');
      for (const authority of [
        '../../evil:443',
        '..:443',
        'api.provider.example:443',
        '....//evil:443',
        `127.0.0.1:${upstream.port}`,
      ]) {
        const tunnel = connect(authority);
        await untilTrue(() => tunnel.text !== '', 'an answer');
        tunnel.send(hello);
      }
      await untilTrue(() => proxy.intercepted.length === 2, 'the verdicts');
      expect(readdirSync(folder)).toEqual([]);
      expect(readdirSync(join(folder, '..')).filter((name) => name.startsWith('evil'))).toEqual([]);
    } finally {
      process.chdir(before);
      if (temporary === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = temporary;
      rmSync(folder, { recursive: true });
    }
  });

  it('closes a hello that does not end, and leaves others alone', async () => {
    await start({ connectTimeouts: { helloMs: 150, briefMs: 50 } });
    // Behind the CONNECT at once: a client that says nothing for so long is another matter.
    const slow = client().send('CONNECT api.provider.example:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x02\x00');
    const other = await connect(`blind.example:${upstream.port}`).hears(ESTABLISHED);
    await slow.over();
    expect(proxy.counters.get('connections', 'verdict="refuse",reason="hello_timeout"')).toBe(1);
    await other.forget().send('still here').hears('still here');
  });

  it('tunnels a provider whose client never says anything', async () => {
    await upstream.close();
    upstream = await startTcpUpstream((socket) => socket.write('220 hello'));
    await start({ connectTimeouts: { helloMs: 50, briefMs: 50 } });
    await connect(`api.provider.example:${upstream.port}`).hears(`${ESTABLISHED}220 hello`);
  });

  it('survives clients that reset at any moment', async () => {
    await start();
    const hello = await helloBytes('api.provider.example');
    for (const text of [
      'CONNECT',
      'CONNECT blind.example:1 HTTP/1.1\r\n\r\n',
      `CONNECT blind.example:${upstream.port} HTTP/1.1\r\n\r\n`,
    ]) {
      const leaving = client().send(text);
      await untilTrue(() => !leaving.socket.connecting, 'the connection');
      leaving.socket.resetAndDestroy();
    }
    const leaving = await connect('api.provider.example:443').hears(ESTABLISHED);
    leaving.send(hello.subarray(0, 40));
    leaving.socket.resetAndDestroy();
    await untilTrue(() => proxy.entrance.status().connections === 0, 'all connections to go');
    expect(proxy.intercepted).toEqual([]);
    expect(proxy.counters.get('internal_errors', 'part="connect"')).toBe(0);
    await connect(`blind.example:${upstream.port}`).hears(ESTABLISHED);
  });
});

/** Reads what was put back into a paused socket. */
async function unread(socket: Socket, length: number): Promise<Buffer> {
  const heard: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk)).resume();
  await untilTrue(() => Buffer.concat(heard).length >= length, 'the unread bytes');
  return Buffer.concat(heard);
}

/** What a real client says first. */
async function helloBytes(servername: string, alpn: string[] = ['http/1.1']): Promise<Buffer> {
  const heard: Buffer[] = [];
  const server = await startTcpUpstream((socket) => socket.on('data', (chunk: Buffer) => heard.push(chunk)));
  const tls = connectTls({ port: server.port, host: '127.0.0.1', servername, ALPNProtocols: alpn });
  tls.on('error', () => {});
  await untilTrue(() => heard.length > 0, 'a hello');
  tls.destroy();
  await server.close();
  return Buffer.concat(heard);
}
