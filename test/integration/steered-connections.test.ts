import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { closedPort } from '../support/entrance.ts';
import type { RecordedExchange } from '../support/recording-port.ts';
import { answeringRequests, chunked, SteeredBench } from '../support/steered-bench.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET /v1/models HTTP/1.1\r\nHost: api.provider.example\r\n\r\n';
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const BODY = '{"stream":true}';
const POST = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

describe('intercepted connections that the http-engine serves', () => {
  const bench = new SteeredBench();

  afterEach(() => bench.close());

  const exchange = (index = 0): RecordedExchange | undefined => bench.proxy.recorder.exchanges[index];
  const ended = (): Promise<void> => untilTrue(() => exchange()?.ends.length === 1, 'the end of the exchange');

  it('are those of opted-in providers alone: the others keep every byte', async () => {
    await bench.start(
      answeringRequests(() => OK),
      { includeUsage: new Set(['another']) },
    );
    const client = await bench.client();
    await client.send(GET).hears('ok');
    expect(bench.sent()).toBe(GET);
    expect(client.text).toBe(OK);
  });

  it('keep names, order and target of a request, and the head of its answer', async () => {
    const answer = 'HTTP/1.1 200 Fine\r\nX-b: 1\r\nX-B: 2\r\ncontent-LENGTH: 2\r\n\r\nok';
    await bench.start(answeringRequests(() => answer));
    const client = await bench.client();
    const target = 'https://elsewhere.example/v1/%2f?q=%20';
    await client.send(`GET ${target} HTTP/1.1\r\nx-One: 1\r\nhOST: b.example\r\nX-two: 2\r\n\r\n`).hears('ok');
    // It goes where the connection goes, as on the relay.
    expect(bench.sent()).toBe(
      `GET ${target} HTTP/1.1\r\nx-One: 1\r\nhOST: b.example\r\nX-two: 2\r\nConnection: keep-alive\r\n\r\n`,
    );
    expect(client.text).toBe(answer.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n'));
  });

  it('are dialled before the first request, which goes out on that very connection', async () => {
    await bench.start(answeringRequests(() => OK));
    const client = await bench.client();
    await untilTrue(() => bench.upstream.sockets.length === 1, 'the dial');
    await client.send(GET).hears('ok');
    await client.forget().send(GET).hears('ok');
    expect(bench.upstream.sockets).toHaveLength(1);
  });

  it('leave an upstream that was dialled for nothing', async () => {
    await bench.start(answeringRequests(() => OK));
    const client = await bench.client();
    await untilTrue(() => bench.upstream.sockets.length === 1, 'the dial');
    client.destroy();
    await untilTrue(() => bench.upstream.sockets[0]?.readableEnded === true, 'its end');
  });

  it('upgrade: bytes flow both ways from there on', async () => {
    await bench.start((socket) => {
      socket.on('data', (chunk: Buffer) => {
        if (chunk.includes('Upgrade: websocket'))
          socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello');
        else socket.write(`<${chunk.toString('latin1')}>`);
      });
      socket.on('end', () => socket.end());
    });
    const client = await bench.client();
    await client
      .send('GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      .hears('hello');
    await client.send('ping').hears('<ping>');
    client.socket.end();
    await client.over();
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'upgraded', opaqueRequestBytes: 4, opaqueResponseBytes: 11 }]);
    expect(bench.proxy.counters.get('upgrades', 'protocol="websocket"')).toBe(1);
  });

  it('pass a reset of an upgraded connection on', async () => {
    await bench.start((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
      );
    });
    const client = await bench.client();
    await client
      .send('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      .hears('\r\n\r\n');
    const upstream = bench.upstream.sockets[0];
    let code: string | undefined;
    upstream?.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    bench.reset(client);
    await untilTrue(() => upstream?.destroyed === true, 'the end');
    expect(code).toBe('ECONNRESET');
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'upgraded' }]);
    expect(exchange()?.ends[0]?.upstreamLeft).toBeUndefined();
  });

  it('ignore an upgrade to HTTP/2, and go on', async () => {
    await bench.start(answeringRequests(() => OK));
    const client = await bench.client();
    await client
      .send(
        'GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n',
      )
      .hears('ok');
    await client.forget().send(GET).hears('ok');
    expect(bench.sent()).not.toMatch(/upgrade/i);
    expect(bench.proxy.recorder.exchanges).toHaveLength(2);
  });

  it('leave 100 Continue to the upstream', async () => {
    await bench.start((socket) => {
      socket.on('data', (chunk: Buffer) =>
        socket.write(chunk.includes('Expect') ? 'HTTP/1.1 100 Continue\r\n\r\n' : OK),
      );
    });
    const client = await bench.client();
    await client
      .send(POST.replace('Host: x', 'Host: x\r\nExpect: 100-continue').slice(0, -BODY.length))
      .hears('HTTP/1.1 100 Continue\r\n\r\n');
    await client.send(BODY).hears('ok');
    // Nothing can be decided on before the head must go.
    expect(bench.sent().endsWith(BODY)).toBe(true);
  });

  it('pass trailers on', async () => {
    await bench.start(
      answeringRequests(
        () =>
          `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${chunked('ok')}0\r\nX-Sum: 1\r\n\r\n`,
      ),
    );
    await (await bench.client()).send(GET).hears('0\r\nX-Sum: 1\r\n\r\n');
  });

  it('leave the upstream when the client leaves', async () => {
    await bench.start(answeringRequests(() => STREAM_HEAD));
    const client = await bench.client();
    await client.send(POST).hears('event-stream');
    // An end alone may be that of a client that still reads.
    bench.reset(client);
    await untilTrue(
      () => bench.upstream.sockets[0]?.destroyed === true || bench.upstream.sockets[0]?.readableEnded === true,
    );
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'client_aborted', marks: ['include_usage_added'] }]);
  });

  it('bring the answer to a client that has ended behind its request', async () => {
    await bench.start((socket) => {
      // As most servers do: whoever ends is gone.
      socket.on('end', () => socket.destroy());
      answeringRequests(() => STREAM_HEAD)(socket);
    });
    const client = await bench.client();
    client.socket.end(POST);
    await client.hears('event-stream');
    bench.upstream.sockets[0]?.write(`${chunked('data: {"late":1}\n\n')}0\r\n\r\n`);
    await client.hears('"late"');
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'complete' }]);
  });

  it('leave the upstream when the client leaves before the answer', async () => {
    let heard = 0;
    await bench.start(
      answeringRequests(() => {
        heard += 1;
        return null;
      }),
    );
    const client = await bench.client();
    client.send(POST);
    await untilTrue(() => heard === 1);
    bench.reset(client);
    await untilTrue(
      () => bench.upstream.sockets[0]?.destroyed === true || bench.upstream.sockets[0]?.readableEnded === true,
    );
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'client_aborted' }]);
  });

  it('send nothing of a request whose client leaves in the middle of it', async () => {
    await bench.start(answeringRequests(() => OK));
    const client = await bench.client();
    client.send(POST.slice(0, -3));
    await untilTrue(() => exchange()?.requestBody.length === BODY.length - 3);
    client.destroy();
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'client_aborted' }]);
    expect(bench.sent()).toBe('');
  });

  it('are reset when the upstream breaks off: what came is there, and no clean end', async () => {
    await bench.start(
      answeringRequests((_request, socket) => {
        socket.write(`${STREAM_HEAD}${chunked('data: {"choices":[{}]}\n\ndata: {"ha')}`);
        setImmediate(() => socket.destroy());
        return null;
      }),
    );
    const client = await (await bench.client()).send(POST).over();
    expect(client.text).toContain('data: {"choices":[{}]}\n\n');
    expect(client.text).toContain('data: {"ha');
    expect(client.text).not.toContain('0\r\n\r\n');
    await untilTrue(() => client.closed, 'the close');
    expect(client.error?.code).toBe('ECONNRESET');
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'upstream_aborted' }]);
  });

  it('hold a fast upstream back when the client does not read', async () => {
    const event = `data: {"choices":[{"delta":{"content":"${'x'.repeat(60_000)}"}}]}\n\n`;
    await bench.start(answeringRequests(() => STREAM_HEAD));
    const client = await bench.client();
    await client.send(POST).hears('event-stream');
    const upstream = bench.upstream.sockets[0];
    client.socket.pause();
    const total = 300;
    let written = 0;
    for (; written < total; written += 1) upstream?.write(chunked(event));
    const pending = (): number => upstream?.writableLength ?? 0;
    // What stands still over many looks is held back.
    let [last, looks] = [-1, 0];
    await untilTrue(() => {
      looks = pending() === last ? looks + 1 : 0;
      last = pending();
      return looks > 30;
    });
    expect(pending()).toBeGreaterThan(event.length * 100);
    let tail = '';
    client.socket.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString('latin1', chunk.length - 5)).slice(-5)));
    client.socket.resume();
    upstream?.write('0\r\n\r\n');
    await untilTrue(() => tail === '0\r\n\r\n', 'the end of the stream');
    expect(client.text.split('data: ').length - 1).toBe(total);
  });

  it('answer 502 with the reason where the upstream cannot be reached', async () => {
    await bench.start(answeringRequests(() => OK));
    const client = await bench.client(await closedPort());
    await client.send(POST).hears('upstream_refused');
    expect(client.text).toMatch(/^HTTP\/1\.1 502 Bad Gateway \(llm-proxy: /);
    await ended();
    expect(exchange()?.ends).toMatchObject([{ outcome: 'upstream_error' }]);
  });

  it('answer 400 to what is no request, and end', async () => {
    await bench.start(answeringRequests(() => OK));
    const client = await (await bench.client()).send('NONSENSE\r\n\r\n').over();
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(bench.sent()).toBe('');
  });

  it('are reset when nonsense follows in the middle of an answer', async () => {
    await bench.start(answeringRequests(() => STREAM_HEAD));
    const client = await bench.client();
    await client.send(GET).hears('event-stream');
    await client.send('NONSENSE\r\n\r\n').over();
    expect(client.text).not.toContain('400');
    await ended();
  });

  it('serve clients of HTTP/1.0 and HEAD', async () => {
    await bench.start(
      answeringRequests(({ head }) =>
        head.startsWith('HEAD') ? OK.slice(0, -2) : `${STREAM_HEAD}${chunked('ok')}0\r\n\r\n`,
      ),
    );
    const head = await bench.client();
    await head.send(GET.replace('GET', 'HEAD')).hears('\r\n\r\n');
    await head.forget().send(GET).hears('0\r\n\r\n');
    const old = await (await bench.client()).send('GET / HTTP/1.0\r\nHost: x\r\n\r\n').over();
    expect(old.text.endsWith('\r\n\r\nok')).toBe(true);
  });

  it('end at once on a stop when they are idle, and not while a call is live', async () => {
    await bench.start(
      answeringRequests(({ head }) => (head.startsWith('POST') ? STREAM_HEAD : OK)),
      { stopGraceMs: 900_000 },
    );
    const idle = await bench.client();
    await idle.send(GET).hears('ok');
    const live = await bench.client();
    await live.send(POST).hears('event-stream');
    const stopped = bench.proxy.stop();
    await idle.over();
    expect(live.closed || live.ended).toBe(false);
    bench.upstream.sockets.at(-1)?.write(`${chunked('data: 1\n\n')}0\r\n\r\n`);
    await live.hears('0\r\n\r\n');
    await stopped;
  });

  it('are closed without a word when they are never used, and told so when a head is not whole in time', async () => {
    const limits = { headTimeoutMs: 400, idleTimeoutMs: 900_000, checkEveryMs: 20, maxHeadBytes: 64 * 1024 };
    await bench.start(
      answeringRequests(() => OK),
      { limits },
    );
    const unused = await (await bench.client()).over();
    expect(unused.text).toBe('');
    const slow = await (await bench.client()).send('GET / HT').over();
    expect(slow.text).toMatch(/^HTTP\/1\.1 408 /);
  });
});
