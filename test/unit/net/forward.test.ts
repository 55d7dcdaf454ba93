import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openFrontDoor } from '../../../src/net/front-door.ts';
import { leastOf, untilTrue } from '../../support/async.ts';
import { openBareFrontDoor } from '../../support/bare-front-door.ts';
import { answering, EngineBench, OK } from '../../support/engine-bench.ts';

describe.each([
  ['http-mitm-proxy', openFrontDoor],
  ['node:http', openBareFrontDoor],
])('net/forward behind %s', (_name, open) => {
  const bench = new EngineBench(open);

  afterEach(() => bench.close());

  describe('a request that is forwarded', () => {
    it('keeps case, order and duplicates of headers, in both directions', async () => {
      const answer =
        'HTTP/1.1 200 Fine By Me\r\nX-B: 1\r\nx-a: 2\r\nX-b: 3\r\nSet-Cookie: a\r\nSet-Cookie: b\r\ncontent-LENGTH: 2\r\n\r\nok';
      await bench.start(answering(answer));
      const asked = bench.send(
        'GET http://@/v1/x?y=%2F HTTP/1.1\r\nx-One: 1\r\nHost: @\r\nX-two: 2\r\nx-one: 3\r\nAccept: */*\r\n\r\n',
      );
      await asked.hears('\r\n\r\nok');
      const authority = bench.authority;
      expect(bench.sent()).toBe(
        `GET /v1/x?y=%2F HTTP/1.1\r\nx-One: 1\r\nHost: ${authority}\r\nX-two: 2\r\nx-one: 3\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n`,
      );
      const kept = answer.split('\r\n\r\n')[0];
      expect(asked.text.startsWith(`${kept}\r\n`)).toBe(true);
      expect(asked.text).not.toMatch(/^date:/im);
    });

    it.each(['', 'Expect: 100-continue\r\n'])(
      'keeps bytes above 0x7f in headers that go ahead of their body: %j',
      async (expectation) => {
        const answer = 'HTTP/1.1 200 R\xe9sum\xe9\r\nX-File: caf\xe9 \xc3\xa9\r\nContent-Length: 2\r\n\r\n';
        await bench.start((socket) =>
          socket.on('data', (chunk: Buffer) => {
            if (chunk.includes('\r\n\r\n')) socket.write(answer, 'latin1');
            if (chunk.includes('{}')) socket.write('ok');
          }),
        );
        const head = `POST http://@/ HTTP/1.1\r\nHost: @\r\nX-Title: \xc3\x9c \xfc\r\n${expectation}Content-Length: 2\r\n\r\n`;
        const client = bench.send(head);
        await client.hears('R\xe9sum\xe9\r\nX-File: caf\xe9 \xc3\xa9\r\n');
        await client.send('{}').hears('ok');
        expect(bench.sent()).toContain('X-Title: \xc3\x9c \xfc\r\n');
      },
    );

    it('goes to the host of its target, whatever Host says', async () => {
      await bench.start(answering(OK));
      await bench.send('GET http://@/ HTTP/1.1\r\nhOST: evil.example\r\n\r\n').hears('ok');
      expect(bench.sent()).toContain(`hOST: ${bench.authority}\r\n`);
      expect(bench.sent()).not.toContain('evil.example');
    });

    it('leaves hop-by-hop and context headers behind', async () => {
      await bench.start(answering(OK));
      await bench
        .send(
          'GET http://@/ HTTP/1.1\r\nHost: @\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-LLMObserve-Agent: a\r\nx-llm-proxy-section: b\r\nX-Stays: 1\r\n\r\n',
        )
        .hears('ok');
      expect(bench.sent()).not.toMatch(/proxy-|x-hop|te:|llmobserve|llm-proxy/i);
      expect(bench.sent()).toContain('X-Stays: 1\r\n');
      // The recorder reads what the upstream must not.
      expect(bench.proxy.recorder.exchanges[0]?.requestHead).toContain('X-LLMObserve-Agent: a\r\n');
      expect(bench.proxy.recorder.exchanges[0]?.requestHead).not.toMatch(/proxy-authorization/i);
    });

    it('carries a body of any framing in both directions', async () => {
      const body = randomBytes(300_000);
      await bench.start((socket) => {
        socket.on('data', () => {
          if (!bench.upstream.received(bench.upstream.sockets.indexOf(socket)).includes(body.subarray(-100))) return;
          socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
        });
      });
      const head = `POST http://@/ HTTP/1.1\r\nHost: @\r\nContent-Length: ${body.length}\r\n\r\n`;
      await bench.send(head).send(body).hears('\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
      expect(bench.sent().endsWith(body.toString('latin1'))).toBe(true);
      expect(bench.proxy.recorder.exchanges[0]).toMatchObject({ responseBody: Buffer.from('hello') });
      expect(bench.proxy.recorder.exchanges[0]?.requestBody.equals(body)).toBe(true);
    });

    it('passes trailers on, in both directions', async () => {
      await bench.start((socket) => {
        socket.on('data', (chunk: Buffer) => {
          if (chunk.includes('X-Sum: 1')) {
            socket.write(
              'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Done\r\n\r\n2\r\nok\r\n0\r\nX-Done: yes\r\n\r\n',
            );
          }
        });
      });
      const asked = bench.send(
        'POST http://@/ HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n',
      );
      await asked.hears('0\r\nX-Done: yes\r\n\r\n');
      expect(bench.sent()).toContain('0\r\nX-Sum: 1\r\n\r\n');
    });

    it('takes the word of neither side that trailers come behind a length', async () => {
      await bench.start(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTrailer: X-Done\r\n\r\nok'));
      const asked = bench.send('POST http://@/ HTTP/1.1\r\nHost: @\r\nContent-Length: 3\r\nTrailer: X-Sum\r\n\r\nabc');
      await asked.hears(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
      expect(bench.sent()).toMatch(/\r\n\r\nabc$/);
    });

    it('streams: each piece arrives before the next is sent', async () => {
      await bench.start(
        answering('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
      );
      const asked = await bench.send('GET http://@/ HTTP/1.1\r\nHost: @\r\n\r\n').hears('event-stream');
      for (const piece of ['one', 'two', 'six']) {
        bench.upstream.sockets[0]?.write(`3\r\n${piece}\r\n`);
        await asked.hears(piece);
      }
      bench.upstream.sockets[0]?.write('0\r\n\r\n');
      await asked.hears('0\r\n\r\n');
    });

    it('waits for no body: the head is upstream before the first of it has come', async () => {
      await bench.start((socket) => {
        socket.on('data', (chunk: Buffer) => socket.write(chunk.includes('body') ? OK : 'HTTP/1.1 102 Busy\r\n\r\n'));
      });
      const asked = bench.send('POST http://@/ HTTP/1.1\r\nHost: @\r\nContent-Length: 4\r\n\r\n');
      await asked.hears('102 Busy');
      await asked.send('body').hears('ok');
    });

    it('asks before it uploads: 100 Continue is the upstream’s to say', async () => {
      await bench.start((socket) => {
        socket.on('data', (chunk: Buffer) =>
          socket.write(chunk.includes('Expect') ? 'HTTP/1.1 100 Continue\r\n\r\n' : OK),
        );
      });
      const asked = bench.send(
        'POST http://@/ HTTP/1.1\r\nHost: @\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n',
      );
      await asked.hears('HTTP/1.1 100 Continue\r\n\r\n');
      expect(bench.sent()).not.toContain('body');
      await asked.send('body').hears('ok');
      // The upload costs no connection.
      expect(asked.text).toContain('Connection: keep-alive\r\n');
    });

    it('passes a refused Expect on, and other interim answers', async () => {
      await bench.start(
        answering(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n`),
      );
      const asked = bench.send(
        'POST http://@/ HTTP/1.1\r\nHost: @\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n',
      );
      await asked.hears('HTTP/1.1 417 No\r\n');
      expect(asked.text.startsWith('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 417')).toBe(true);
    });

    it.each([
      ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'],
      ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
      ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n'],
      ['GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ])('knows that the answer to %s has no body: %j', async (method, answer) => {
      await bench.start(answering(answer));
      const asked = bench.send(`${method} http://@/ HTTP/1.1\r\nHost: @\r\n\r\n`);
      await asked.hears('\r\n\r\n');
      // The connection is in step: the next request is answered too.
      asked.forget().send(`GET http://${bench.authority}/2 HTTP/1.1\r\nHost: h\r\n\r\n`);
      await asked.hears(answer.split('\r\n')[0] ?? '');
      expect(bench.upstream.sockets).toHaveLength(1);
    });

    it('says that a POST without a body has none', async () => {
      await bench.start(answering(OK));
      await bench.send('POST http://@/ HTTP/1.1\r\nHost: @\r\n\r\n').hears('ok');
      expect(bench.sent()).toMatch(/\r\nContent-Length: 0\r\n/);
    });

    it('answers a client of HTTP/1.0 without chunks', async () => {
      await bench.start(answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'));
      const asked = await bench.send('GET http://@/ HTTP/1.0\r\n\r\n').over();
      expect(asked.text).toMatch(/\r\n\r\nok$/);
      expect(asked.text).not.toMatch(/chunked/i);
    });

    it('sends nothing on a kept connection that the upstream has ended, though it may still read there', async () => {
      await bench.start(answering(OK));
      const took = await leastOf(2000, async () => {
        const asked = bench.send('GET http://@/ HTTP/1.1\r\nHost: h\r\n\r\n');
        await asked.hears('\r\n\r\nok');
        const kept = bench.upstream.sockets.at(-1);
        const started = performance.now();
        kept?.end();
        await untilTrue(() => kept?.destroyed === true, 'the end of the kept connection');
        await asked.forget().send(`GET http://${bench.authority}/ HTTP/1.1\r\nHost: h\r\n\r\n`).hears('\r\n\r\nok');
        return performance.now() - started;
      });
      // An idle one is closed after three seconds anyway.
      expect(took).toBeLessThan(2000);
    });

    it('answers pipelined requests in order', async () => {
      await bench.start((socket) => {
        socket.on('data', (chunk: Buffer) => {
          const name = /GET \/(\w)/.exec(chunk.toString())?.[1] ?? '?';
          setTimeout(() => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`), name === 'a' ? 30 : 0);
        });
      });
      const asked = bench.send('GET http://@/a HTTP/1.1\r\nHost: h\r\n\r\nGET http://@/b HTTP/1.1\r\nHost: h\r\n\r\n');
      await asked.hears(/\r\n\r\na[^]*\r\n\r\nb$/);
      expect(bench.upstream.sockets).toHaveLength(1);
    });

    it('makes no call whose answer has no way to the client: the one before it ends the connection', async () => {
      await bench.start(answering(OK));
      const call = 'POST http://@/v1 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n';
      await bench.send(`GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n${call}${call}`).over();
      await untilTrue(() => bench.proxy.entrance.status().connections === 0, 'the end of the connection');
      expect(bench.proxy.recorder.exchanges).toEqual([]);
      expect(bench.upstream.sockets).toEqual([]);
    });

    it('holds little in memory while the client does not read, and then delivers all', async () => {
      const body = randomBytes(16 * 1024 * 1024);
      await bench.start((socket) =>
        socket.once('data', () =>
          socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body])),
        ),
      );
      const asked = bench.send('GET http://@/ HTTP/1.1\r\nHost: @\r\n\r\n');
      await asked.hears('\r\n\r\n');
      asked.socket.pause();
      const [exchange] = bench.proxy.recorder.exchanges;
      const got = (): number => exchange?.responseBody.length ?? 0;
      let last = -1;
      await untilTrue(() => {
        const steady = got() === last && last > 0;
        last = got();
        return steady;
      }, 'the flow to stop');
      expect(last).toBeLessThan(body.length);
      asked.socket.resume();
      await untilTrue(() => asked.bytes.length > body.length, 'all of it');
      expect(asked.bytes.subarray(-body.length).equals(body)).toBe(true);
    });
  });
});
