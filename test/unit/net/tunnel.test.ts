import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { startEntrance, type TestEntrance } from '../../support/entrance.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, type Upstream } from '../../support/tls-upstream.ts';

describe('net/tunnel', () => {
  let proxy: TestEntrance;
  let upstream: Upstream;
  let client: RawClient;

  afterEach(async () => {
    client.destroy();
    await proxy.stop();
    await upstream.close();
  });

  async function start(script: (socket: Socket) => void = () => {}): Promise<Socket> {
    upstream = await startTcpUpstream(script);
    proxy = await startEntrance(openBareFrontDoor);
    client = new RawClient(proxy.port).send(`CONNECT blind.example:${upstream.port} HTTP/1.1\r\n\r\n`);
    await client.hears('\r\n\r\n');
    client.forget();
    await untilTrue(() => upstream.sockets.length === 1, 'the upstream connection');
    return upstream.sockets[0]!;
  }

  it('lets the client end first and still hear the answer', async () => {
    const server = await start();
    client.socket.end('request');
    await untilTrue(() => server.readableEnded && upstream.received(0).toString() === 'request', 'the end upstream');
    server.end('answer');
    await client.over();
    expect(client.text).toBe('answer');
    await untilTrue(() => proxy.entrance.net.registry.size === 0, 'both sockets to go');
  });

  it('lets the server end first and still hear the client', async () => {
    const server = await start();
    server.end('413');
    await client.over();
    expect(client.text).toBe('413');
    client.send('the rest of the upload');
    await untilTrue(() => upstream.received(0).toString() === 'the rest of the upload', 'the upload');
    client.socket.end();
    await untilTrue(() => server.readableEnded, 'the end upstream');
  });

  it('passes a reset of the upstream on, after the bytes that came before it', async () => {
    const server = await start();
    server.write('part');
    await client.hears('part');
    server.resetAndDestroy();
    await untilTrue(() => client.closed, 'the reset');
    expect(client.error?.code).toBe('ECONNRESET');
    expect(client.ended).toBe(false);
  });

  it('passes a reset of the client on', async () => {
    const server = await start();
    let code: string | undefined;
    server.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    client.socket.resetAndDestroy();
    await untilTrue(() => server.destroyed, 'the reset');
    expect(code).toBe('ECONNRESET');
  });

  it('holds little in memory while the client does not read, and then delivers all', async () => {
    const body = randomBytes(24 * 1024 * 1024);
    const server = await start();
    client.socket.pause();
    server.end(body);
    await untilTrue(() => proxy.counters.get('tunnel_bytes', 'direction="response"') > 0, 'the first bytes');
    let last = -1;
    await untilTrue(() => {
      const now = proxy.counters.get('tunnel_bytes', 'direction="response"');
      const steady = now === last;
      last = now;
      return steady;
    }, 'the flow to stop');
    expect(last).toBeLessThan(body.length / 2);
    client.socket.resume();
    await client.over();
    expect(client.bytes.equals(body)).toBe(true);
    expect(proxy.counters.get('tunnel_bytes', 'direction="response"')).toBe(body.length);
  });

  it('delivers what the client wrote before it left while the upstream was slow', async () => {
    const body = randomBytes(8 * 1024 * 1024);
    const server = await start((socket) => socket.pause());
    client.socket.end(body);
    await untilTrue(() => proxy.counters.get('tunnel_bytes', 'direction="request"') > 0, 'the first bytes');
    server.resume();
    await untilTrue(() => server.readableEnded, 'the end upstream');
    expect(upstream.received(0).equals(body)).toBe(true);
    server.end();
  });
});
