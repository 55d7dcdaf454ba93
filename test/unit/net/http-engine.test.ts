import { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { openFrontDoor } from '../../../src/net/front-door.ts';
import { untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { makeCa, makeLeaf } from '../../support/certificates.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';
import { closedPort } from '../../support/entrance.ts';
import { startTlsUpstream } from '../../support/tls-upstream.ts';

describe.each([
  ['http-mitm-proxy', openFrontDoor],
  ['node:http', openBareFrontDoor],
])('net/http-engine behind %s', (_name, open) => {
  const bench = new EngineBench(open);

  afterEach(() => bench.close());

  describe('an upgrade', () => {
    const upgrade =
      'GET http://@/ws HTTP/1.1\r\nHost: @\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: realtime\r\n\r\n';

    it('is relayed when the upstream agrees', async () => {
      await bench.start((socket) => {
        socket.once('data', () => {
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: realtime\r\n\r\nfirst',
          );
          socket.on('data', (chunk: Buffer) => socket.write(chunk));
        });
      });
      const asked = await bench.send(upgrade).hears('\r\n\r\nfirst');
      expect(bench.sent()).toContain('Connection: Upgrade\r\nUpgrade: websocket\r\n');
      expect(asked.text).toContain('Sec-WebSocket-Protocol: realtime\r\n');
      await asked.send('frame').hears('frame');
      asked.socket.end();
      await untilTrue(() => bench.upstream.sockets[0]?.readableEnded === true, 'the end upstream');
      bench.upstream.sockets[0]?.end();
      await untilTrue(() => bench.proxy.recorder.exchanges[0]?.ends.length === 1, 'the end of the exchange');
      expect(bench.proxy.recorder.exchanges[0]?.ends).toEqual([
        { outcome: 'upgraded', error: null, opaqueRequestBytes: 5, opaqueResponseBytes: 10 },
      ]);
      const [row] = bench.proxy.recorder.exchanges;
      expect([row?.requestBody.toString(), row?.responseBody.toString()]).toEqual(['frame', 'firstframe']);
      expect(bench.proxy.counters.get('upgrades', 'protocol="websocket"')).toBe(1);
    });

    it('is answered as the upstream answers when it does not agree', async () => {
      await bench.start(answering('HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n'));
      const asked = await bench.send(upgrade).over();
      expect(asked.text).toBe('HTTP/1.1 403 No\r\nConnection: close\r\n\r\nno');
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'complete' }]);
    });

    it('is given up upstream when its client leaves before the answer', async () => {
      await bench.start(() => {});
      const asked = bench.send(upgrade);
      await untilTrue(() => bench.upstream.sockets.length === 1 && bench.sent().endsWith('\r\n\r\n'), 'the request');
      asked.destroy();
      await untilTrue(() => bench.upstream.sockets[0]?.readableEnded === true, 'the end upstream');
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'client_aborted' }]);
    });

    it('keeps what the client says before the answer', async () => {
      await bench.start((socket) => {
        socket.once('data', () =>
          setTimeout(() => socket.write('HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'), 5),
        );
      });
      const asked = bench.send(`${upgrade}first`).send('second');
      await asked.hears(' 101 ');
      await untilTrue(() => bench.sent().endsWith('\r\n\r\nfirstsecond'), 'both');
    });

    it('hears what is wrong when there is no upstream', async () => {
      await bench.start(() => {});
      const port = await closedPort();
      const asked = await bench
        .client()
        .send(upgrade.replaceAll('@', `api.provider.example:${port}`))
        .over();
      expect(asked.text).toMatch(/^HTTP\/1\.1 502 /);
    });

    it('to HTTP/2 is not heard: the request is served as it is, body and all', async () => {
      await bench.start((socket) => {
        socket.on('data', (chunk: Buffer) => {
          if (chunk.includes('body')) socket.write(OK);
        });
      });
      const asked = bench.send(
        'POST http://@/ HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nHost: @\r\nContent-Length: 4\r\nHTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n\r\nbo',
      );
      asked.send('dy');
      await asked.hears('ok');
      expect(bench.sent()).not.toMatch(/upgrade|http2/i);
      expect(bench.sent().endsWith('body')).toBe(true);
      // And so is the next one on this connection.
      asked.forget().send(`POST http://${bench.authority}/ HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody`);
      await asked.hears('ok');
    });
  });

  describe('who is recorded', () => {
    it('a provider: every row, in order, with its connection told once, and its end', async () => {
      await bench.start(answering(OK));
      const asked = await bench
        .send('POST http://@/v1/messages HTTP/1.1\r\nHost: @\r\nContent-Length: 2\r\n\r\nhi')
        .hears('ok');
      asked.forget().send(`GET http://${bench.authority}/v1/models HTTP/1.1\r\nHost: h\r\n\r\n`);
      await asked.hears('ok');
      expect([...bench.proxy.recorder.connections.values()]).toEqual([
        {
          connection: 1,
          scheme: 'http',
          host: 'api.provider.example',
          port: bench.upstream.port,
          provider: 'test',
          runId: null,
          clientAddress: '127.0.0.1',
        },
      ]);
      const [first, second] = bench.proxy.recorder.exchanges;
      expect(first?.rows).toEqual(['open', 'requestHead', 'requestBody', 'responseHead', 'responseBody', 'end']);
      expect(first?.requestHead).toMatch(/^POST \/v1\/messages HTTP\/1\.1\r\nHost: [^]*\r\n\r\n$/);
      expect(first?.responseHead).toBe('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
      expect(first?.ends).toEqual([
        { outcome: 'complete', error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0 },
      ]);
      expect(second?.connection).toBe(1);
      expect(bench.proxy.entrance.status().in_flight).toBe(0);
      expect(bench.proxy.recorder.ended).toEqual([]);
      asked.destroy();
      await untilTrue(() => bench.proxy.recorder.ended.length > 0, 'the end of the connection');
      expect(bench.proxy.recorder.ended).toEqual([1]);
    });

    it('a named host, such as a local model server; not others', async () => {
      await bench.start(answering(OK));
      await bench.restart({ rules: { intercept: [`local.example:${bench.upstream.port}`] } });
      for (const host of ['local.example', 'other.example', 'api.known.example']) {
        await bench.client().send(`GET http://${host}:${bench.upstream.port}/ HTTP/1.1\r\nHost: h\r\n\r\n`).hears('ok');
      }
      expect([...bench.proxy.recorder.connections.values()]).toMatchObject([{ host: 'local.example', provider: null }]);
      expect(bench.proxy.counters.get('connections', 'verdict="tunnel",reason="not_named"')).toBe(1);
    });

    it('never shares an upstream connection between clients', async () => {
      await bench.start(answering(OK));
      for (let index = 0; index < 3; index += 1)
        await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('ok');
      expect(bench.upstream.sockets).toHaveLength(3);
    });

    it('loses no call when the recorder throws', async () => {
      await bench.start(answering(OK));
      Object.assign(bench.proxy.recorder, {
        connection: throwing,
        open: throwing,
        head: throwing,
        body: throwing,
        end: throwing,
      });
      await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('ok');
      expect(bench.proxy.counters.get('internal_errors', 'part="recorder_port"')).toBeGreaterThan(4);
    });
  });

  it('forwards https:// over verified TLS, metered', async () => {
    const ca = makeCa();
    const leaf = makeLeaf(ca, { dns: ['api.provider.example'] });
    const server = await startTlsUpstream(leaf, answering(OK));
    await bench.start(() => {}, { context: createSecureContext({ ca: ca.pem }) });
    const asked = bench
      .client()
      .send(
        `POST https://api.provider.example:${server.port}/v1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: 2\r\n\r\nhi`,
      );
    await asked.hears('ok');
    expect([...bench.proxy.recorder.connections.values()]).toMatchObject([{ scheme: 'https', provider: 'test' }]);
    const wrong = await bench
      .client()
      .send(`GET https://other.provider.example:${server.port}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n\r\n`)
      .over();
    expect(wrong.text).toMatch(/^HTTP\/1\.1 502 /);
    expect(wrong.text).toContain('"type":"upstream_certificate"');
    expect(server.received(1).toString()).toBe('');
    await server.close();
  });

  describe('a path of our own', () => {
    it.each([
      '/',
      '/v1/messages',
      '/healthy',
      '/api/calls',
      '/api/stats/../calls',
      '/health/../api/calls',
      '/health/./x',
      '/health//api/calls',
      '/ca.pemx',
      '//evil.example/health',
    ])('explains the proxy at %s', async (path) => {
      await bench.start(answering(OK), { admin: () => ({ host: '127.0.0.1', port: 1 }) });
      const told = await bench.client().send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).over();
      expect(told.text).toMatch(/^HTTP\/1\.1 404 /);
      expect(told.text).toContain(`HTTPS_PROXY=http://127.0.0.1:${bench.proxy.port}`);
      expect(told.text).toContain('llm-proxy run');
    });

    it.each(['/health', '/health/live', '/ca.pem', '/api/stats?x=1', '/api/mode', '/api/tracing'])(
      'asks the admin API for %s',
      async (path) => {
        await bench.start(answering(OK), { admin: () => ({ host: '127.0.0.1', port: bench.upstream.port }) });
        await bench
          .client()
          .send(
            `PUT ${path} HTTP/1.1\r\nhost: evil.example\r\nAuthorization: Bearer t\r\nOrigin: http://evil.example\r\nContent-Length: 2\r\n\r\n{}`,
          )
          .hears('ok');
        // Its own rules see what the client sent.
        expect(bench.sent()).toMatch(
          new RegExp(
            `^PUT ${path.replace('?', '\\?')} HTTP/1\\.1\r\nhost: evil\\.example\r\nAuthorization: Bearer t\r\nOrigin: `,
          ),
        );
        expect(bench.proxy.recorder.exchanges).toEqual([]);
      },
    );

    it('is a 404 while there is no admin API, and a 502 when it is gone', async () => {
      await bench.start(() => {});
      expect((await bench.client().send('GET /health HTTP/1.1\r\nHost: h\r\n\r\n').over()).text).toMatch(
        /^HTTP\/1\.1 404 /,
      );
      const port = await closedPort();
      await bench.restart({ admin: () => ({ host: '127.0.0.1', port }) });
      expect((await bench.client().send('GET /health HTTP/1.1\r\nHost: h\r\n\r\n').over()).text).toMatch(
        /^HTTP\/1\.1 502 /,
      );
    });
  });
});

function throwing(): never {
  throw new Error('recorder');
}
