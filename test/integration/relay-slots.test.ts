import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecorderPort } from '../../src/core/recorder-port.ts';
import { untilTrue } from '../support/async.ts';
import { startRelayBench, type BenchOptions, type RelayBench } from '../support/relay-bench.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';

const post = (path: string, extra = '', body = '{}'): string =>
  `POST ${path} HTTP/1.1\r\nHost: api.test\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
/** Answers each request with its own path, once its body `{}` is there. */
const echoPaths = (socket: TLSSocket): void => {
  let seen = '';
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    for (let end = seen.indexOf('\r\n\r\n{}'); end >= 0; end = seen.indexOf('\r\n\r\n{}')) {
      socket.write(ok(seen.split(' ')[1] ?? ''));
      seen = seen.slice(end + 6);
    }
  });
};

const fail = (): never => {
  throw new Error('recorder is broken');
};

describe('relay: exchanges on one connection', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function setUp(
    script: (socket: TLSSocket, index: number) => void,
    options: BenchOptions = {},
  ): Promise<{ bench: RelayBench; upstream: Upstream<TLSSocket>; client: TLSSocket; text: () => string }> {
    const bench = await startRelayBench(options);
    const upstream = await startTlsUpstream(bench.upstreamLeaf, script);
    bench.upstreamPort = upstream.port;
    closers.push(
      () => bench.close(),
      () => upstream.close(),
    );
    const client = await bench.client();
    const chunks: Buffer[] = [];
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    return { bench, upstream, client, text: () => Buffer.concat(chunks).toString('latin1') };
  }

  it('rule 9: answers pipelined requests in their order', async () => {
    const { client, text, upstream, bench } = await setUp(echoPaths);
    const paths = ['/a', '/b', '/c', '/d', '/e', '/f'];
    client.write(paths.map((path) => post(path)).join(''));
    await untilTrue(() => text().endsWith('/f'));
    expect(text().match(/\/[a-f]/g)).toEqual(paths);
    expect(upstream.received(0).toString()).toBe(paths.map((path) => post(path)).join(''));
    expect(bench.recorder.exchanges.map(({ ends }) => ends[0]?.outcome)).toEqual(Array(6).fill('complete'));
    expect(bench.recorder.ended).toEqual([]);
    client.destroy();
    await untilTrue(() => bench.recorder.ended.length > 0, 'the end of the connection');
    expect(bench.recorder.ended).toEqual([...bench.recorder.connections.keys()]);
  });

  it('rule 9: answers all pipelined requests of a client that ends behind them, and tells the upstream of the end with the last', async () => {
    const { client, text, upstream } = await setUp((socket) => {
      echoPaths(socket);
      socket.on('end', () => socket.end());
    });
    client.end(['/a', '/b', '/c', '/d'].map((path) => post(path)).join(''));
    await once(client, 'end');
    expect(text().match(/\/[a-d]/g)).toEqual(['/a', '/b', '/c', '/d']);
    expect(upstream.received(0).toString()).toContain('POST /d ');
  });

  it('rule 9: hears a client out that has sent much behind a last answer', async () => {
    const last = 'HTTP/1.1 200 OK\r\n\r\nok';
    const { client, text } = await setUp((socket) => socket.once('data', () => setTimeout(() => socket.end(last), 20)));
    client.write(post('/a'));
    const sent = new Promise((resolve) => client.end(post('/b', '', 'x'.repeat(9_000_000)), () => resolve('all')));
    expect(await sent).toBe('all');
    await untilTrue(() => text().length >= last.length, 'the answer');
    expect(text()).toBe(last);
  });

  it('rule 9: keeps what an idle upstream says or does from the client, and dials again for the next request', async () => {
    const timeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
    const { client, text, upstream, bench } = await setUp((socket, index) => {
      echoPaths(socket);
      if (index === 0) socket.end(timeout);
    });
    await untilTrue(() => upstream.sockets[0]?.readableEnded === true || upstream.sockets[0]?.destroyed === true);
    client.write(post('/one'));
    await untilTrue(() => text().endsWith('/one'));
    upstream.sockets[1]?.end(timeout);
    await untilTrue(() => upstream.sockets[1]?.destroyed === true);
    client.write(post('/two'));
    await untilTrue(() => text().endsWith('/two'));
    expect(text()).toBe(ok('/one') + ok('/two'));
    expect(upstream.sockets).toHaveLength(3);
    expect(bench.recorder.exchanges.map(({ ends }) => ends[0]?.outcome)).toEqual(['complete', 'complete']);
  });

  it('rule 9: gives the end of the connection to the client when the upstream ends behind a last answer', async () => {
    const { client, text } = await setUp((socket) =>
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok`)),
    );
    client.write(post('/x'));
    await once(client, 'end');
    expect(text()).toMatch(/\r\n\r\nok$/);
  });

  it('rule 9: passes everything both ways after a 101, counts it and says so at the end', async () => {
    const { client, text, upstream, bench } = await setUp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst');
        socket.on('data', (chunk: Buffer) => socket.write(`<${chunk.toString()}>`));
      });
    });
    client.write('GET /v1/realtime HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await untilTrue(() => text().endsWith('first'));
    client.write('\0\x01not HTTP');
    await untilTrue(() => text().endsWith('<\0\x01not HTTP>'));
    client.end();
    await untilTrue(() => upstream.sockets[0]?.readableEnded === true);
    upstream.sockets[0]?.end();
    await once(client, 'close');
    await untilTrue(() => bench.recorder.exchanges[0]?.ends.length === 1);
    const [row] = bench.recorder.exchanges;
    expect(row?.ends[0]).toEqual({ outcome: 'upgraded', error: null, opaqueRequestBytes: 10, opaqueResponseBytes: 17 });
    expect(row?.responseHead).toMatch(/^HTTP\/1\.1 101 /);
    expect([row?.requestBody.toString(), row?.responseBody.toString()]).toEqual([
      '\0\x01not HTTP',
      'first<\0\x01not HTTP>',
    ]);
    expect(bench.counters.get('upgrades', 'protocol="websocket"')).toBe(1);
  });

  it.each([
    ['websocket', 'shows the recorder', ['up', 'down']],
    ['other', 'shows the recorder nothing', ['', '']],
  ])('rule 9: says that the upstream left a connection first, and of an upgrade to %s %s', async (to, _, shown) => {
    const { client, text, bench } = await setUp((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${to}\r\nConnection: Upgrade\r\n\r\n`);
        socket.once('data', () => socket.end('down'));
      });
    });
    client.write(`GET / HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade\r\nUpgrade: ${to}\r\n\r\n`);
    await untilTrue(() => text().endsWith('\r\n\r\n'));
    client.write('up');
    await once(client, 'end');
    client.end();
    await untilTrue(() => bench.recorder.exchanges[0]?.ends.length === 1);
    const [row] = bench.recorder.exchanges;
    expect([row?.requestBody.toString(), row?.responseBody.toString()]).toEqual(shown);
    expect(row?.ends[0]).toEqual({
      outcome: 'upgraded',
      error: null,
      opaqueRequestBytes: 2,
      opaqueResponseBytes: 4,
      ...(to === 'websocket' ? { upstreamLeft: true } : {}),
    });
  });

  it.each([
    ['both a length and chunks', 'POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['bare line feeds', 'POST / HTTP/1.1\nHost: a\n\nwhatever'],
    ['no HTTP at all', '\x00\x01\x02\x03 some other protocol'],
    ['a bad chunk size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n'],
    ['HTTP/2 without ALPN', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('rule 10: stops watching and passes on %s in pure passthrough', async (_, bytes) => {
    const { client, text, upstream, bench } = await setUp((socket) =>
      socket.on('data', () => socket.write('\x00answer')).on('end', () => socket.end()),
    );
    client.write(bytes, 'latin1');
    await untilTrue(() => text().includes('\x00answer'));
    client.write('and more');
    await untilTrue(() => upstream.received(0).toString('latin1') === `${bytes}and more`);
    client.destroy();
    expect(Object.keys(bench.counters.snapshot()).filter((key) => key.startsWith('unparsed'))).toHaveLength(1);
    await untilTrue(() => bench.recorder.exchanges.every(({ ends }) => ends.length === 1));
  });

  it('rule 10: stops watching an ambiguous answer and passes it on; the record says unparsed', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello';
    const { client, text, bench } = await setUp((socket) => socket.once('data', () => socket.end(answer)));
    client.write(post('/x'));
    await once(client, 'end');
    client.end();
    expect(text()).toBe(answer);
    await untilTrue(() => bench.recorder.exchanges[0]?.ends.length === 1);
    expect(bench.recorder.exchanges[0]?.ends[0]?.outcome).toBe('unparsed');
  });

  it.each([
    ['a request', 'hel', 'answer', { opaqueRequestBytes: 10, opaqueResponseBytes: 'answer'.length }],
    [
      'an answer',
      '',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nno length',
      { opaqueRequestBytes: 0, opaqueResponseBytes: 8 },
    ],
  ])('rule 10: counts no byte twice where it stops watching in the middle of %s', async (_, sent, answer, bytes) => {
    const { client, text, bench } = await setUp((socket) => socket.once('data', () => socket.end(answer)));
    const chunks = sent === '' ? '0\r\n\r\n' : `3\r\n${sent}\r\nno length!!`;
    client.write(`POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    await once(client, 'end');
    client.end();
    expect(text()).toBe(answer);
    await untilTrue(() => bench.recorder.exchanges[0]?.ends.length === 1);
    const [row] = bench.recorder.exchanges;
    expect(`${row?.requestBody.toString()}${row?.responseBody.toString()}`).toBe('hel');
    expect(row?.ends[0]).toMatchObject({ outcome: 'unparsed', ...bytes });
  });

  const contextual = 'X-LLMObserve-Session: s1\r\nAccept: */*\r\nx-llm-proxy-task:t\r\n';
  it('rule 10: cuts our context headers, tells them to the recorder, and from then on refuses what is ambiguous', async () => {
    const { client, text, upstream, bench } = await setUp(echoPaths);
    client.write(post('/a', contextual));
    await untilTrue(() => text().endsWith('/a'));
    expect(upstream.received(0).toString()).toBe(post('/a', 'Accept: */*\r\n'));
    expect(bench.recorder.exchanges[0]?.requestHead).toContain(contextual);
    client.write('POST /b HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x');
    await once(client, 'end');
    expect(text()).toMatch(/HTTP\/1\.1 400 [^]*ambiguous_request/);
    expect(upstream.received(0).toString()).not.toContain('/b');
    client.destroy();
  });

  it('rule 10: refuses an ambiguous head that holds our context headers, rather than let them out', async () => {
    const { client, text, upstream } = await setUp(echoPaths);
    client.write(`POST /b HTTP/1.1\r\n${contextual}Bad Name: x\r\n\r\n`);
    await once(client, 'end');
    expect(text()).toContain('HTTP/1.1 400 ');
    expect(upstream.received(0)).toHaveLength(0);
    client.destroy();
  });

  it('rule 10: cuts what the user names as well, whatever it begins with', async () => {
    const { client, text, upstream, bench } = await setUp(echoPaths, { cut: ['X-Task-ID', 'baggage'] });
    const named = 'x-task-id: t\r\nAccept: */*\r\nBaggage: session.id=s\r\nTracestate: a=b\r\n';
    client.write(post('/a', named));
    await untilTrue(() => text().endsWith('/a'));
    expect(upstream.received(0).toString()).toBe(post('/a', 'Accept: */*\r\nTracestate: a=b\r\n'));
    expect(bench.recorder.exchanges[0]?.requestHead).toContain(named);
    client.destroy();
  });

  it('rule 11: never cuts a context header that a signature covers', async () => {
    const { client, text, upstream } = await setUp(echoPaths);
    const signed = `Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host;x-llm-proxy-task, Signature=00\r\nX-LLM-Proxy-Task: t\r\n`;
    client.write(post('/a', signed));
    await untilTrue(() => text().endsWith('/a'));
    expect(upstream.received(0).toString()).toBe(post('/a', signed));
  });

  it('rule 17: a recorder that scribbles over what it is shown after the call spoils no byte, for it was given a copy to make', async () => {
    const kept: Uint8Array[] = [];
    const recorder: RecorderPort = {
      connection: () => {},
      open: () => {},
      head: (_exchange, _side, head) => kept.push(head),
      body: (_exchange, _side, bytes) => kept.push(bytes),
      end: () => {},
    };
    const big = 'x'.repeat(13_000_000);
    const { client, text } = await setUp((socket) => socket.once('data', () => socket.write(ok(big))), { recorder });
    client.write(post('/x'));
    await untilTrue(() => text().length >= ok(big).length, 'the answer');
    // Shown, not handed over: none of the buffers was detached by the relay or before it was written.
    expect(kept.every((bytes) => bytes.byteLength > 0)).toBe(true);
    expect(text()).toBe(ok(big));
  });

  it('goes on when the recorder throws at every call, and counts it', async () => {
    const recorder: RecorderPort = { connection: fail, open: fail, head: fail, body: fail, end: fail };
    const { client, text, bench } = await setUp(echoPaths, { recorder });
    client.write(post('/a') + post('/b'));
    await untilTrue(() => text().endsWith('/b'));
    expect(text()).toBe(ok('/a') + ok('/b'));
    expect(bench.counters.get('internal_errors', 'part="recorder_port"')).toBeGreaterThan(8);
  });

  it('keeps 100 parallel streams apart', async () => {
    const events = 20;
    const { bench } = await setUp((socket) => {
      socket.once('data', (chunk: Buffer) => {
        const path = chunk.toString('latin1').split(' ')[1] ?? '';
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        let sent = 0;
        const send = (): void => {
          const event = `data: ${path}#${sent}\n\n`;
          socket.write(`${event.length.toString(16)}\r\n${event}\r\n`);
          if (++sent < events) setImmediate(send);
          else socket.write('0\r\n\r\n');
        };
        send();
      });
    });
    const expected = (path: string): string =>
      Array.from({ length: events }, (_, index) => `data: ${path}#${index}\n\n`).join('');
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const client = await bench.client();
        let seen = '';
        client.on('data', (chunk: Buffer) => (seen += chunk.toString()));
        client.write(post(`/stream/${index}`));
        await untilTrue(() => seen.endsWith('\r\n0\r\n\r\n'), 'the stream');
        client.destroy();
      }),
    );
    expect(bench.recorder.exchanges).toHaveLength(100);
    for (const row of bench.recorder.exchanges) {
      expect(row.responseBody.toString()).toBe(expected(row.requestHead?.split(' ')[1] ?? ''));
      expect(row.ends.map(({ outcome }) => outcome)).toEqual(['complete']);
    }
  });
});
