import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { BaseUrls } from '../../src/gateway/base-urls.ts';
import { answeringJson, ModesBench, post } from '../support/modes-bench.ts';
import { RawClient } from '../support/raw-client.ts';

const ASK = { model: 'claude-x', messages: [] };
const UPGRADE = 'GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

describe('mode target, for what cannot be read', () => {
  const bench = new ModesBench();
  const raw: RawClient[] = [];

  afterEach(async () => {
    for (const client of raw.splice(0)) client.destroy();
    await bench.close();
  });

  const start = (entrance: Parameters<ModesBench['startModes']>[2] = {}): Promise<void> =>
    bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({ target_url: url }), entrance);
  const connect = (authority: string): RawClient => {
    const client = new RawClient(bench.proxy.port);
    raw.push(client);
    return client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  };
  const untouched = (): void => expect(bench.upstream.sockets).toHaveLength(0);

  it.each(['api.provider.example', 'API.provider.example.'])('refuses a tunnel to %s of --tunnel', async (host) => {
    await start({ rules: { tunnel: ['provider.example'] } });
    const client = connect(`${host}:${bench.upstream.port}`);
    await client.hears('steered');
    expect(client.text).toMatch(/^HTTP\/1\.1 403 .*it is one of --tunnel/);
    untouched();
  });

  it('refuses a host that the CA does not cover, with what to do', async () => {
    await start({ rules: { leaves: { covers: () => false } } });
    await connect(`api.provider.example:${bench.upstream.port}`).hears('llm-proxy ca add');
    untouched();
  });

  it.each([
    ['HTTP in a tunnel', 'GET / HTTP/1.1\r\n\r\n', 'this is not TLS'],
    ['SSH in a tunnel', 'SSH-2.0-x\r\n', 'this is not TLS'],
  ])('refuses %s', async (_, bytes, why) => {
    await start();
    const client = connect(`api.provider.example:${bench.upstream.port}`);
    await client.hears('200');
    await client.send(bytes).hears(why);
    untouched();
  });

  it.each([
    ['by its name', (port: number) => `api.provider.example:${port}`],
    ['by its address', (port: number) => `127.0.0.1:${port}`],
  ])('refuses a client that speaks HTTP/2 alone, to a provider %s', async (_, authority) => {
    await start();
    const tcp = connectTcp({ port: bench.proxy.port, host: '127.0.0.1' });
    tcp.write(`CONNECT ${authority(bench.upstream.port)} HTTP/1.1\r\n\r\n`);
    await once(tcp, 'data');
    const tls = connectTls({ socket: tcp, servername: 'api.provider.example', ALPNProtocols: ['h2'] });
    const [error] = (await once(tls, 'error')) as [Error];
    expect(error.message).toMatch(/unrecognized name/);
    untouched();
    tcp.destroy();
  });

  it('refuses what is forwarded unread over plain HTTP', async () => {
    await start({ rules: { tunnel: ['provider.example'] } });
    const client = new RawClient(bench.proxy.port);
    raw.push(client);
    const url = `http://api.provider.example:${bench.upstream.port}/v1/messages`;
    await client.send(`POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`).hears('steered');
    expect(client.text).toMatch(/^HTTP\/1\.1 403 /);
    untouched();
  });

  it('leaves all other hosts alone', async () => {
    await start();
    const client = connect(`blind.example:${bench.target.port}`);
    await client.hears('200');
    await client.forget().send('GET / HTTP/1.1\r\n\r\n').hears('{"ok":true}');
    const named = connect(`127.0.0.1:${bench.target.port}`);
    await named.hears('200');
    await named.forget().send('GET / HTTP/1.1\r\n\r\n').hears('{"ok":true}');
  });

  it('steers calls of plain proxying and of base URLs', async () => {
    const baseUrls = new BaseUrls({
      providers: {
        get: (id) => (id === 'test' ? { id } : null),
        mount: () => 'https://api.provider.example',
        lookup: (host) => (host === 'api.provider.example' ? { provider: 'test' } : null),
        isServer: () => false,
      },
      backends: {},
      passthrough: 'https://api.provider.example',
      intercept: [],
      bedrockRegion: null,
    });
    await start({ baseUrls });
    const client = new RawClient(bench.proxy.port);
    raw.push(client);
    await client.send(post('/test/v1/messages', ASK)).hears('ok');
    await client.forget().send(post('http://api.provider.example/v1/messages', ASK)).hears('ok');
    await client.forget().send(post('https://api.provider.example/v1/messages', ASK)).hears('ok');
    expect(bench.targetHeard().match(/POST \/v1\/messages /g)).toHaveLength(3);
    // Its keys are lent to nobody's pages.
    const page = new RawClient(bench.proxy.port);
    raw.push(page);
    await page.send(post('/test/v1/messages', ASK, ['Origin: https://page.example'])).hears('403');
    const unknown = new RawClient(bench.proxy.port);
    raw.push(unknown);
    await unknown.send(post('/some/other/path', ASK)).hears('404');
    untouched();
  });

  it('ends WebSockets and tunnels that were open before the switch, once nothing moves on them', async () => {
    await bench.startModes(
      { provider: upgrading, target: answeringJson() },
      (url) => ({ mode: 'passthrough', target_url: url }),
      { unreadTickMs: 5, rules: { tunnel: ['blind.provider.example'] } },
    );
    const [relayed, tunnelled] = [await bench.client(), connect(`blind.provider.example:${bench.target.port}`)];
    await relayed.send(UPGRADE).hears('101');
    await tunnelled.hears('200');
    await tunnelled.forget().send('GET / HTTP/1.1\r\n\r\n').hears('{"ok":true}');
    bench.modes.switch.change({ mode: 'compare' });
    await relayed.forget().send('ping').hears('pong');
    bench.modes.switch.change({ mode: 'target' });
    await relayed.over();
    await tunnelled.over();
  });
});

function upgrading(socket: Socket): void {
  socket.on('data', (chunk: Buffer) => socket.write(chunk.includes('Upgrade') ? SWITCHED : 'pong'));
}
