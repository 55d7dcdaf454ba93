import { afterEach, describe, expect, it, vi } from 'vitest';
import { openFrontDoor } from '../../../src/net/front-door.ts';
import { leastOf, untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';
import { closedPort } from '../../support/entrance.ts';
import type { RawClient } from '../../support/raw-client.ts';

describe.each([
  ['http-mitm-proxy', openFrontDoor],
  ['node:http', openBareFrontDoor],
])('net/forward, when it goes wrong, behind %s', (_name, open) => {
  const bench = new EngineBench(open);

  afterEach(() => bench.close());

  describe('a request that goes wrong', () => {
    it.each([
      ['nowhere.example:80', 502, 'upstream_unresolvable'],
      ['169.254.169.254', 403, 'address_refused'],
      ['[::ffff:a9fe:a9fe]', 403, 'address_refused'],
      ['rebind.example', 403, 'address_refused'],
      ['metadata.google.internal', 403, 'address_refused'],
    ])('to %s is answered with a %i, %s', async (host, status, type) => {
      await bench.start(() => {});
      const refused = await bench.client().send(`GET http://${host}/latest HTTP/1.1\r\nHost: ${host}\r\n\r\n`).over();
      expect(refused.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      const { error } = JSON.parse(refused.text.split('\r\n\r\n')[1] ?? '') as { error: object };
      expect(error).toEqual({ type, message: expect.stringMatching(/\w{3}/) as string, proxy: 'llm-proxy' });
    });

    it('to a closed port is answered with a 502 and recorded', async () => {
      await bench.start(() => {});
      const port = await closedPort();
      const refused = await bench
        .client()
        .send(`GET http://api.provider.example:${port}/ HTTP/1.1\r\nHost: h\r\n\r\n`)
        .over();
      expect(refused.text).toMatch(/^HTTP\/1\.1 502 /);
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([
        { outcome: 'upstream_error', error: { type: 'upstream_refused' } },
      ]);
    });

    it('to an upstream that closes without an answer is answered with a 502; the upstream may have worked on it', async () => {
      await bench.start((socket) => socket.once('data', () => socket.destroy()));
      const body = '{"model":"m"}';
      const refused = await bench
        .send(`POST http://@/v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
        .over();
      expect(refused.text).toMatch(/^HTTP\/1\.1 502 /);
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([
        { outcome: 'upstream_aborted', error: { type: 'upstream_reset' } },
      ]);
    });

    it('to an upstream that switches protocols unasked is answered with a 502', async () => {
      await bench.start(
        answering('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      );
      const refused = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n').over();
      expect(refused.text).toMatch(/^HTTP\/1\.1 502 [^]*switched protocols/);
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([
        { outcome: 'upstream_aborted', error: { type: 'upstream_reset' } },
      ]);
    });

    it('to an upstream whose body is no body gets what came before, and no clean end', async () => {
      await bench.start(answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n'));
      const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').over();
      expect(asked.text).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)+\r\n$/);
      expect(asked.error?.code).toBe('ECONNRESET');
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'upstream_aborted' }]);
    });

    it('to ourselves is refused at once, by every listener and every name', async () => {
      await bench.start(() => {});
      const { proxy_url: run } = await bench.proxy.entrance.openRun(process.pid);
      for (const port of [String(bench.proxy.port), new URL(run).port]) {
        for (const host of ['127.0.0.1', 'localhost.example', '[::1]', '0x7f.1', '0.0.0.0']) {
          const refused = await bench.client().send(`GET http://${host}:${port}/ HTTP/1.1\r\nHost: h\r\n\r\n`).over();
          expect(refused.text).toMatch(/^HTTP\/1\.1 403 /);
        }
      }
      expect(bench.proxy.entrance.status().connections).toBeLessThan(12);
    });

    it('hears its 502 even in the middle of a 20 MB upload', async () => {
      await bench.start(() => {});
      const port = await closedPort();
      const body = Buffer.alloc(20 * 1024 * 1024);
      const refused = bench
        .client()
        .send(`POST http://blind.example:${port}/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`);
      refused.send(body);
      await refused.over();
      expect(refused.text).toMatch(/^HTTP\/1\.1 502 /);
      expect(refused.error).toBeNull();
    });

    it('hears an early 413 although the upstream closes over the upload', async () => {
      await bench.start((socket) =>
        socket.once('data', () =>
          socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
        ),
      );
      const body = Buffer.alloc(20 * 1024 * 1024);
      const asked = bench.send(`POST http://@/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`);
      asked.send(body);
      await asked.hears('HTTP/1.1 413 Too Large\r\n');
    });

    it.each([
      ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart'],
      ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ])('is cut when the upstream cuts an answer with %s', async (_framing, answer) => {
      await bench.start(answering(answer));
      const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('part');
      bench.upstream.sockets[0]?.end();
      await asked.over();
      expect(asked.error?.code).toBe('ECONNRESET');
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'upstream_aborted' }]);
    });

    it('ends an answer until close with the upstream, in step', async () => {
      await bench.start((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')));
      const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('all of it\r\n0\r\n\r\n');
      expect(asked.error).toBeNull();
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'complete' }]);
    });

    it('is given up upstream within 100 ms when its client leaves', async () => {
      await bench.start(answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'));
      const heardAfter = await leastOf(100, async () => {
        const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('part');
        const upstream = bench.upstream.sockets.at(-1);
        const left = performance.now();
        // An end alone may be that of a client that still reads.
        asked.socket.resetAndDestroy();
        await untilTrue(() => upstream?.readableEnded === true || upstream?.destroyed === true, 'the upstream to hear');
        return performance.now() - left;
      });
      expect(heardAfter).toBeLessThan(100);
      const { recorder } = bench.proxy;
      await untilTrue(() => recorder.exchanges.every(({ ends }) => ends.length === 1), 'the end of each');
      expect(recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'client_aborted' }]);
    });

    it.each(['1.0', '1.1'])('is answered whole though its client ends behind it (HTTP/%s)', async (version) => {
      await bench.start((socket) => {
        // As most servers do: whoever ends is gone.
        socket.on('end', () => socket.destroy());
        answering('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npart')(socket);
      });
      const asked = bench.client();
      const body = '{"model":"m"}';
      const head = `POST http://${bench.authority}/v1/chat/completions HTTP/${version}\r\nHost: h`;
      asked.socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      await asked.hears('part');
      bench.upstream.sockets[0]?.write('rest');
      await asked.over();
      expect(asked.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\npartrest$/);
      expect(asked.error).toBeNull();
      await untilTrue(() => bench.proxy.recorder.exchanges[0]?.ends.length === 1, 'the end of the exchange');
      expect(bench.proxy.recorder.exchanges[0]?.ends).toMatchObject([{ outcome: 'complete' }]);
      await untilTrue(() => bench.upstream.sockets[0]?.destroyed === true, 'no connection left behind');
    });

    it('is answered behind an earlier one, when its client ends behind both', async () => {
      await bench.start((socket) => {
        socket.on('end', () => socket.destroy());
        answering(OK)(socket);
      });
      const asked = bench.client();
      const get = `GET http://${bench.authority}/ HTTP/1.1\r\nHost: h\r\n\r\n`;
      asked.socket.end(get + get);
      await asked.over();
      expect(asked.text.match(/\r\n\r\nok/g)).toHaveLength(2);
    });

    it('is told of a client that ends while it waits for the answer', async () => {
      await bench.start(() => {});
      const asked = bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n');
      await untilTrue(() => bench.upstream.sockets.length === 1 && bench.sent() !== '', 'the request upstream');
      const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1000);
      asked.socket.end();
      await untilTrue(() => bench.upstream.sockets[0]?.readableEnded === true, 'the end upstream');
      now.mockRestore();
    });

    it('is told of a client that ends while it is answered, and may still give the rest or not', async () => {
      const askAndEnd = async (): Promise<RawClient> => {
        const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('part');
        asked.socket.end();
        await untilTrue(() => bench.upstream.sockets.at(-1)?.readableEnded === true, 'the end upstream');
        return asked;
      };
      await bench.start(answering('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npart'));
      const reading = await askAndEnd();
      bench.upstream.sockets[0]?.end('rest');
      await reading.over();
      expect(reading.text).toMatch(/\r\n\r\npartrest$/);
      const gone = await askAndEnd();
      bench.upstream.sockets[1]?.end();
      await gone.over();
      const outcomes = bench.proxy.recorder.exchanges.map(({ ends }) => ends[0]?.outcome);
      expect(outcomes).toEqual(['complete', 'client_aborted']);
    });

    it('is not sent again when a fresh connection breaks, even a GET', async () => {
      await bench.start((socket) => socket.once('data', () => socket.resetAndDestroy()));
      const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').over();
      expect(asked.text).toMatch(/^HTTP\/1\.1 502 /);
      expect(bench.upstream.sockets).toHaveLength(1);
    });

    it('leaves no upstream connection behind when its client goes', async () => {
      await bench.start(answering(OK));
      const heardAfter = await leastOf(1_000, async () => {
        const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('ok');
        const upstream = bench.upstream.sockets.at(-1);
        const left = performance.now();
        asked.socket.end();
        await untilTrue(() => upstream?.readableEnded === true, 'the upstream to hear');
        return performance.now() - left;
      });
      expect(heardAfter).toBeLessThan(1_000);
    });

    it.each(['POST', 'GET'])('meets a kept connection that the upstream has just closed: %s', async (method) => {
      let requests = 0;
      await bench.start((socket) => {
        socket.on('data', () => {
          requests += 1;
          // The second request on the first connection is read and met with a reset.
          if (requests === 2) socket.resetAndDestroy();
          else socket.write(OK);
        });
      });
      const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').hears('ok');
      asked.forget().send(`${method} http://${bench.authority}/ HTTP/1.1\r\nHost: h\r\n\r\n`);
      await asked.hears(method === 'GET' ? 'ok' : 'HTTP/1.1 502 ');
      expect(requests).toBe(method === 'GET' ? 3 : 2);
    });

    it.each([
      'garbage\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`,
      'HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0\r\n\r\n',
    ])('does not pass a malformed answer on: %j', async (answer) => {
      await bench.start(answering(answer));
      const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n').over();
      expect(asked.text).toMatch(/^HTTP\/1\.1 502 /);
    });

    it.each([
      'GET http://@/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'POST http://@/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      'POST http://@/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST http://@/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'GET ftp://@/ HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET http://user:password@@/ HTTP/1.1\r\nHost: a\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
    ])('is refused when it can be read in two ways: %j', async (text) => {
      await bench.start(answering(OK));
      const refused = await bench.send(text).over();
      expect(refused.text).toMatch(/^HTTP\/1\.1 400 /);
      expect(refused.text).toContain('"type":"request_malformed"');
      expect(bench.upstream.sockets).toEqual([]);
    });
  });
});
