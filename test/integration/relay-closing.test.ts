import { EventEmitter, once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { leastOf, untilTrue } from '../support/async.ts';
import { HOST, startRelayBench, type RelayBench } from '../support/relay-bench.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';

const POST = 'POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\n\r\n{}';
/** Connections side by side where each waits for a timer. */
const LANES = 8;
const json = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** How a client sees its connection go. */
interface Seen {
  bytes: Buffer;
  /** FIN with everything whole before it. */
  ended: boolean;
  error: string | null;
}

function watch(client: TLSSocket, endsToo = true): { seen: Seen; closed: Promise<unknown> } {
  const chunks: Buffer[] = [];
  const seen = {
    get bytes() {
      return Buffer.concat(chunks);
    },
    ended: false,
    error: null as string | null,
  };
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  client.on('end', () => {
    seen.ended = true;
    if (endsToo) client.end();
  });
  client.on('error', (error: NodeJS.ErrnoException) => {
    seen.error = error.code ?? error.message;
  });
  return {
    seen,
    closed: client.destroyed ? Promise.resolve() : new Promise((resolve) => client.once('close', resolve)),
  };
}

/** For what must come to its time: elsewhere a machine that stands still for a moment would end a call. */
const impatientBench = (): Promise<RelayBench> =>
  startRelayBench({ times: { headMs: 150, stalledWriteMs: 300, lingerMs: 1_000 } });

describe('relay: closing', () => {
  let bench: RelayBench;
  const upstreams: Upstream[] = [];
  const upstreamThat = async (script: (socket: TLSSocket, index: number) => void): Promise<Upstream<TLSSocket>> => {
    const upstream = await startTlsUpstream(bench.upstreamLeaf, script);
    upstreams.push(upstream);
    bench.upstreamPort = upstream.port;
    return upstream;
  };

  /** Opens when an upstream may be dialled. */
  const gate = new EventEmitter();
  let isShut = false;

  beforeAll(async () => {
    bench = await startRelayBench({
      upstream: {
        resolve: async () => {
          if (isShut) await once(gate, 'open');
          return ['127.0.0.1'];
        },
      },
    });
  });
  afterEach(async () => {
    for (const upstream of upstreams.splice(0)) await upstream.close();
  });
  afterAll(() => bench.close());

  it('rule 1: gives a stalled reader every byte, at 103 sizes, when the upstream closes behind them', async () => {
    let size = 0;
    await upstreamThat((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
        socket.end(Buffer.alloc(size, 'x'));
      });
    });
    const wrong: number[] = [];
    for (let index = 0; index < 103; index++) {
      size = 1_000_000 + index * 38_000;
      const client = await bench.client();
      client.pause();
      client.write(POST);
      // As long as the reader is stalled, the proxy's side fills up to what it may hold.
      const before = performance.now();
      await untilTrue(() => performance.now() - before > 8);
      let length = 0;
      client.on('data', (chunk: Buffer) => (length += chunk.length));
      client.resume();
      await once(client, 'end');
      client.end();
      const head = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`.length;
      if (length !== head + size) wrong.push(size);
    }
    expect(wrong).toEqual([]);
  });

  it('rule 2: shows an early 413 with half-close to 10 of 10 clients that are uploading 20 MB', async () => {
    const answer = 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig';
    let drained = 0;
    await upstreamThat((socket) => {
      socket.once('data', () => socket.end(answer));
      socket.on('data', (chunk: Buffer) => (drained += chunk.length));
    });
    const size = 20 * 1024 * 1024;
    for (let round = 0; round < 10; round++) {
      const client = await bench.client();
      const { seen, closed } = watch(client, false);
      client.write(`POST /v1/files HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${size}\r\n\r\n`);
      for (let sent = 0; sent < size && !client.destroyed; sent += 1024 * 1024) {
        if (!client.write(Buffer.alloc(1024 * 1024))) await Promise.race([once(client, 'drain'), closed]);
      }
      client.end();
      await closed;
      expect(seen.bytes.toString()).toBe(answer);
      expect(seen.error).toBeNull();
    }
    await untilTrue(() => drained >= 10 * size, 'the upstream to have every byte');
    expect(bench.recorder.exchanges.slice(-10).map(({ ends }) => ends[0]?.outcome)).toEqual(Array(10).fill('complete'));
  });

  const sse = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n${[
    'event: a\ndata: {}\n\n',
    'data: [DONE]\n\n',
  ]
    .map((event) => `${event.length.toString(16)}\r\n${event}\r\n`)
    .join('')}0\r\n\r\n`;
  it.each([
    ['an SSE answer in chunks', sse],
    ['a JSON answer with a length', json('{"usage":{"input_tokens":7}}')],
  ])('rule 3: never ends %s cleanly when it is cut, at any byte', async (_name, answer) => {
    await upstreamThat((socket) =>
      socket.once('data', (request: Buffer) => {
        const cut = Number(/cut=(\d+)/.exec(request.toString())?.[1]);
        socket.end(answer.slice(0, cut));
      }),
    );
    const clean: string[] = [];
    const lost: number[] = [];
    const first = bench.recorder.exchanges.length;
    const tryAt = async (cut: number): Promise<void> => {
      const client = await bench.client();
      const { seen, closed } = watch(client);
      client.write(POST.replace('/messages', `/messages?cut=${cut}`));
      await closed;
      if (seen.ended || seen.error !== 'ECONNRESET') clean.push(`${cut}: ${seen.ended} ${seen.error}`);
      if (seen.bytes.toString() !== answer.slice(0, cut)) lost.push(cut);
    };
    // A reset is sent a moment after the last byte: side by side the moments pass as one.
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let cut = lane; cut < answer.length; cut += LANES) await tryAt(cut);
    });
    await Promise.all(lanes);
    expect(clean).toEqual([]);
    expect(lost).toEqual([]);
    const outcomes = bench.recorder.exchanges.slice(first).map(({ ends }) => ends.map(({ outcome }) => outcome).join());
    expect(outcomes).toEqual(Array(answer.length).fill('upstream_aborted'));
  });

  it('rule 3: passes a reset inside a body that runs until the close on as a reset, and an end as an end', async () => {
    let reset = false;
    const upstream = await upstreamThat((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nsome bytes'));
    });
    const run = async (): Promise<Seen> => {
      const client = await bench.client();
      const { seen, closed } = watch(client);
      client.write(POST);
      await untilTrue(() => seen.bytes.toString().endsWith('some bytes'));
      const socket = upstream.sockets.at(-1)!;
      // The TCP socket below; Node keeps it there.
      if (reset) (socket as unknown as { _parent: import('node:net').Socket })._parent.resetAndDestroy();
      else socket.end();
      await closed;
      return seen;
    };
    const ended = await run();
    expect([ended.ended, ended.error]).toEqual([true, null]);
    reset = true;
    const cut = await run();
    expect([cut.ended, cut.error]).toEqual([false, 'ECONNRESET']);
    expect(bench.recorder.exchanges.slice(-2).map(({ ends }) => ends[0]?.outcome)).toEqual([
      'complete',
      'upstream_aborted',
    ]);
  });

  it.each(['destroy', 'reset'] as const)(
    'rule 4: closes the upstream within 100 ms when the client is gone (%s)',
    async (how) => {
      let upstreamClosed = 0;
      await upstreamThat((socket) => {
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'));
        socket.on('end', () => socket.end());
        socket.on('close', () => (upstreamClosed = performance.now()));
      });
      const closedAfter = await leastOf(100, async () => {
        const tcp = connectTcp({ port: bench.port, host: '127.0.0.1' });
        tcp.on('error', () => {});
        const client = connectTls({ socket: tcp, servername: HOST, ca: bench.proxyCa.pem });
        client.on('error', () => {});
        await once(client, 'secureConnect');
        client.write(POST);
        await once(client, 'data');
        upstreamClosed = 0;
        const left = performance.now();
        if (how === 'reset') tcp.resetAndDestroy();
        else client.destroy();
        await untilTrue(() => upstreamClosed > 0, 'the upstream to be closed');
        return upstreamClosed - left;
      });
      expect(closedAfter).toBeLessThan(100);
      await untilTrue(() => bench.recorder.exchanges.at(-1)?.ends.length === 1);
      expect(bench.recorder.exchanges.at(-1)?.ends[0]?.outcome).toBe('client_aborted');
    },
  );

  it('rule 4: gives up an upload that the upstream does not take, after the stalled-write time', async () => {
    const bench = await impatientBench();
    const upstream = await startTlsUpstream(bench.upstreamLeaf, (socket) => socket.pause());
    bench.upstreamPort = upstream.port;
    const client = await bench.client();
    const { seen, closed } = watch(client);
    client.write('POST /v1/files HTTP/1.1\r\nHost: api.test\r\nContent-Length: 100000000\r\n\r\n');
    client.write(Buffer.alloc(30 * 1024 * 1024));
    await closed;
    expect(seen.ended).toBe(false);
    expect(bench.recorder.exchanges.at(-1)?.ends[0]?.error?.type).toBe('upstream_stalled');
    await upstream.close();
    await bench.close();
  });

  it.each(['before', 'after'])(
    'lets a client that half-closes behind its request %s the dial is done read the whole answer',
    async (when) => {
      isShut = when === 'before';
      const upstream = await upstreamThat((socket) => {
        socket.once('end', () => socket.end(json('late')));
      });
      const client = await bench.client();
      const { seen, closed } = watch(client);
      if (when === 'after') await untilTrue(() => upstream.sockets.length === 1);
      client.end(POST);
      // While another one comes in, the end of this one is heard.
      (await bench.client()).destroy();
      isShut = false;
      gate.emit('open');
      await closed;
      expect(seen.bytes.toString()).toBe(json('late'));
      expect(upstream.received(0).toString()).toBe(POST);
      expect(bench.recorder.exchanges.at(-1)?.ends[0]?.outcome).toBe('complete');
    },
  );

  it('answers 408 to a head that does not arrive in time, and never to an idle connection', async () => {
    const bench = await impatientBench();
    const upstream = await startTlsUpstream(bench.upstreamLeaf, (socket) =>
      socket.on('data', () => socket.write(json('ok'))),
    );
    bench.upstreamPort = upstream.port;
    const client = await bench.client();
    const { seen, closed } = watch(client);
    client.write(`${POST}\r\n`);
    await untilTrue(() => seen.bytes.length > 0);
    const before = performance.now();
    await untilTrue(() => performance.now() - before > 250);
    expect(seen.bytes.toString()).toBe(json('ok'));
    client.write('POST /v1/mess');
    await closed;
    expect(seen.bytes.toString()).toContain('HTTP/1.1 408 ');
    await upstream.close();
    await bench.close();
  });
});
