import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openFrontDoor } from '../../../src/net/front-door.ts';
import { untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';
import { RawClient } from '../../support/raw-client.ts';

const STREAM = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n';

describe.each([
  ['http-mitm-proxy', openFrontDoor],
  ['node:http', openBareFrontDoor],
])('net/listeners behind %s', (_name, open) => {
  const bench = new EngineBench(open);
  const extra: RawClient[] = [];

  afterEach(async () => {
    for (const client of extra.splice(0)) client.destroy();
    await bench.close();
  });

  function clientOf(url: string): RawClient {
    const client = new RawClient(Number(new URL(url).port));
    extra.push(client);
    return client;
  }

  const get = (): string => `GET http://${bench.authority}/ HTTP/1.1\r\nHost: h\r\n\r\n`;

  describe('a run', () => {
    it('has a listener of its own, on loopback, and its calls carry its id', async () => {
      await bench.start(answering(OK));
      const one = await bench.proxy.entrance.openRun(process.pid);
      const two = await bench.proxy.entrance.openRun(process.pid);
      expect(one.run_id).not.toBe(two.run_id);
      await clientOf(one.proxy_url).send(get()).hears('ok');
      await clientOf(two.proxy_url).send(get()).hears('ok');
      await bench.client().send(get()).hears('ok');
      const ids = [...bench.proxy.recorder.connections.values()].map(({ runId }) => runId);
      expect(ids).toEqual([one.run_id, two.run_id, null]);
      expect(new URL(one.proxy_url).hostname).toBe('127.0.0.1');
      expect(bench.proxy.ownPorts.size).toBe(3);
    });

    it('gives its id to tunnels that are intercepted', async () => {
      await bench.start(() => {});
      const { run_id: runId, proxy_url: url } = await bench.proxy.entrance.openRun(process.pid);
      const client = await clientOf(url).send('CONNECT api.provider.example:443 HTTP/1.1\r\n\r\n').hears('200');
      client.send(tinyHello());
      await untilTrue(() => bench.proxy.intercepted.length === 1, 'the hand-over');
      expect(bench.proxy.intercepted[0]?.runId).toBe(runId);
    });

    it('closes when its connections have ended and the recorder has all rows', async () => {
      let flushed = 0;
      await bench.start(answering(STREAM), {
        flushRecorder: () => {
          flushed = bench.proxy.recorder.exchanges[0]?.ends.length ?? -1;
          return Promise.resolve();
        },
      });
      const { run_id: runId, proxy_url: url } = await bench.proxy.entrance.openRun(process.pid);
      const client = await clientOf(url).send(get()).hears('part');
      const closing = bench.proxy.entrance.closeRun(runId);
      expect(await refuses(url)).toBe(true);
      bench.upstream.sockets[0]?.write('0\r\n\r\n');
      await client.hears('0\r\n\r\n');
      client.socket.end();
      expect(await closing).toBe(1);
      expect(flushed).toBe(1);
      expect(bench.proxy.ownPorts.size).toBe(1);
      expect(await bench.proxy.entrance.closeRun(runId)).toBe(0);
    });

    it('ends connections that do not end by themselves', async () => {
      await bench.start(answering(STREAM), { runCloseGraceMs: 50 });
      const { run_id: runId, proxy_url: url } = await bench.proxy.entrance.openRun(process.pid);
      const client = await clientOf(url).send(get()).hears('part');
      await bench.proxy.entrance.closeRun(runId);
      await client.over();
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'client_aborted' }]);
    });

    it('closes when its process is gone', async () => {
      let alive = true;
      await bench.start(() => {}, { isAlive: () => alive, pidCheckMs: 10 });
      const { proxy_url: url } = await bench.proxy.entrance.openRun(4242);
      alive = false;
      await untilTrue(() => bench.proxy.ownPorts.size === 1, 'the listener to close');
      expect(await refuses(url)).toBe(true);
    });
  });

  describe('stop', () => {
    it('waits for no recorder', async () => {
      await bench.start(() => {}, { flushRecorder: () => new Promise(() => {}) });
      await expect(bench.proxy.entrance.stop()).resolves.toBeUndefined();
    });

    it('ends idle connections at once and lets live exchanges finish', async () => {
      await bench.start(answering(STREAM), { stopGraceMs: 900_000 });
      const idle = bench.client();
      await untilTrue(() => bench.proxy.entrance.status().connections === 1, 'the idle connection');
      const live = await bench.client().send(get()).hears('part');
      expect(bench.proxy.entrance.status()).toMatchObject({ connections: 2, in_flight: 1 });
      const stopping = bench.proxy.entrance.stop();
      await idle.over();
      bench.upstream.sockets[0]?.write('4\r\nlast\r\n0\r\n\r\n');
      await live.hears('4\r\nlast\r\n0\r\n\r\n');
      await stopping;
      await live.over();
      expect(live.error).toBeNull();
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'complete' }]);
      expect(await refuses(`http://127.0.0.1:${bench.proxy.port}`)).toBe(true);
    });

    it('ends what is left after the grace', async () => {
      await bench.start(answering(STREAM), { stopGraceMs: 50 });
      const live = await bench.client().send(get()).hears('part');
      await bench.proxy.entrance.stop();
      await live.over();
      expect(live.text).toMatch(/part\r\n$/);
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'shutdown' }]);
      expect(bench.proxy.entrance.status()).toMatchObject({ connections: 0, in_flight: 0 });
    });

    it('ends everything at once when it is asked twice', async () => {
      await bench.start(answering(STREAM), { stopGraceMs: 900_000 });
      await bench.client().send(get()).hears('part');
      const first = bench.proxy.entrance.stop();
      await bench.proxy.entrance.stop();
      await first;
      expect(bench.proxy.entrance.status().connections).toBe(0);
    });

    it('does not wait for the hello of a client that has none to say', async () => {
      // Longer than a test may take, both.
      const connectTimeouts = { helloMs: 900_000, briefMs: 100 };
      await bench.start(() => {}, { stopGraceMs: 900_000, connectTimeouts });
      const client = await bench.client().send('CONNECT api.provider.example:443 HTTP/1.1\r\n\r\n').hears('200');
      await bench.proxy.entrance.stop();
      await client.over();
    });

    it('ends intercepted connections when no exchange is live', async () => {
      await bench.start(() => {}, { stopGraceMs: 900_000 });
      const client = await bench.client().send('CONNECT api.provider.example:443 HTTP/1.1\r\n\r\n').hears('200');
      client.send(tinyHello());
      await untilTrue(() => bench.proxy.intercepted.length === 1, 'the hand-over');
      await bench.proxy.entrance.stop();
      await client.over();
    });
  });

  describe('beyond loopback', () => {
    it('refuses clients from public addresses', async () => {
      await startFor(bench, '203.0.113.5');
      for (const text of [
        'GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n',
        'CONNECT @ HTTP/1.1\r\n\r\n',
        'GET /health HTTP/1.1\r\n\r\n',
      ]) {
        const client = await bench.send(text).over();
        expect(client.text).toMatch(/^HTTP\/1\.1 403 /);
        expect(client.text).toContain('"type":"client_not_allowed"');
      }
      expect(bench.upstream.sockets).toEqual([]);
    });

    it.each(['10.88.0.3', '::ffff:172.17.0.2', 'fd00::2'])(
      'serves a neighbour at %s, but not what is for this machine',
      async (address) => {
        await startFor(bench, address);
        await bench.send(get()).hears('ok');
        await bench.send('CONNECT @ HTTP/1.1\r\n\r\n').hears('200 Connection Established');
        await bench.send('GET /health HTTP/1.1\r\nHost: proxy\r\n\r\n').hears('ok');
        for (const line of ['GET /api/mode', 'PUT /api/tracing', 'POST /api/stats']) {
          const refused = await bench.send(`${line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`).over();
          expect(refused.text).toMatch(/^HTTP\/1\.1 403 /);
        }
        expect(bench.proxy.entrance.url).toBe(`http://127.0.0.1:${bench.proxy.port}`);
      },
    );

    it('gives a neighbour no way to what listens on the loopback of this machine', async () => {
      await startFor(bench, '10.88.0.3');
      for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', 'rebinds-to-loopback.example']) {
        const authority = `${host}:${bench.upstream.port}`;
        for (const line of [`CONNECT ${authority}`, `GET http://${authority}/`]) {
          const refused = await bench.send(`${line} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`).over();
          expect([line, refused.text]).toEqual([line, expect.stringMatching(/^HTTP\/1\.1 403 [^]*own machine/)]);
        }
      }
      expect(bench.upstream.sockets).toEqual([]);
    });
  });
});

/** Tests have loopback alone: sockets are told where they come from. */
async function startFor(bench: EngineBench, address: string): Promise<void> {
  await bench.start(answering(OK), {
    host: '0.0.0.0',
    admin: () => ({ host: '127.0.0.1', port: bench.upstream.port }),
  });
  bench.proxy.entrance.net.registry.add = (socket) =>
    void Object.defineProperty(socket, 'remoteAddress', { value: address });
}

function refuses(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}

/** The shortest hello that has a shape: TLS 1.2, no extensions. */
function tinyHello(): Buffer {
  const body = Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32), Buffer.from([0, 0, 2, 0x13, 1, 1, 0])]);
  const handshake = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([0x16, 3, 1, 0, handshake.length]), handshake]);
}
