import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { HoldingPort } from '../support/holding-port.ts';
import { startRelayBench, type RelayBench } from '../support/relay-bench.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTlsUpstream } from '../support/tls-upstream.ts';

const GET = 'GET / HTTP/1.1\r\nHost: api.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Says `answer` to every request. */
const saying = (answer: string) => (socket: TLSSocket) => void socket.on('data', () => socket.write(answer));

const unknownName = (): Promise<never> => Promise.reject(new Error('no such name'));

describe('relay: durability = "strict"', () => {
  const closers: (() => Promise<unknown> | void)[] = [];
  let recorder = new HoldingPort();
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function setUp(
    script: (socket: TLSSocket, index: number) => void,
    strict = true,
  ): Promise<{ bench: RelayBench; client: RawClient }> {
    recorder = new HoldingPort();
    const bench = await startRelayBench({ recorder, strict });
    const upstream = await startTlsUpstream(bench.upstreamLeaf, script);
    bench.upstreamPort = upstream.port;
    closers.push(
      () => upstream.close(),
      () => bench.close(),
    );
    return { bench, client: await clientOf(bench) };
  }

  async function clientOf(bench: RelayBench): Promise<RawClient> {
    const client = new RawClient(await bench.client());
    closers.push(() => client.destroy());
    return client;
  }

  /** The loop has gone round often enough for all that was written before to have arrived. */
  async function quiet(bench: RelayBench): Promise<void> {
    const other = await clientOf(bench);
    other.send(GET.replace(' / ', ' /quiet '));
    const before = recorder.exchanges.length;
    await untilTrue(() => recorder.exchanges.length > before && (recorder.exchanges.at(-1)?.ends.length ?? 0) > 0);
    other.destroy();
  }

  it.each<[string, string, string]>([
    ['the last byte of a body with a length', OK, OK.slice(0, -1)],
    ['the last CRLF of a chunked body', `${CHUNKED}2\r\nok\r\n0\r\n\r\n`, `${CHUNKED}2\r\nok\r\n0\r\n`],
    [
      'the last CRLF of trailers',
      `${CHUNKED}2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`,
      `${CHUNKED}2\r\nok\r\n0\r\nX-Sum: 1\r\n`,
    ],
    ['the end of a head without a body', 'HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 204 No Content\r\n'],
    [
      'the end of a head with an empty body',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n',
    ],
  ])('holds %s until the call is on record', async (_, answer, before) => {
    const { bench, client } = await setUp(saying(answer));
    client.send(GET);
    await client.hears(before);
    await quiet(bench);
    expect(client.text).toBe(before);
    recorder.settle();
    await client.hears(answer);
    expect(client.text).toBe(answer);
  });

  it('holds the end wherever the answer is cut into reads', async () => {
    const answer = `${CHUNKED}2\r\nok\r\n0\r\n\r\n`;
    let cut = 0;
    const { client } = await setUp((socket) => {
      socket.on('data', () => {
        socket.write(answer.slice(0, cut));
        setImmediate(() => setImmediate(() => socket.write(answer.slice(cut))));
      });
    });
    for (cut = 1; cut < answer.length; cut += 1) {
      client.forget().send(GET);
      await untilTrue(() => recorder.waiting.length === 1);
      expect(answer.startsWith(client.text), `cut at ${cut}`).toBe(true);
      expect(client.text.length, `cut at ${cut}`).toBeLessThan(answer.length);
      recorder.settle();
      await client.hears(answer);
    }
  });

  it('holds the end of a body that runs until the close', async () => {
    const { bench, client } = await setUp((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
    });
    client.send(GET);
    await client.hears('all of it');
    await quiet(bench);
    expect(client.ended || client.closed).toBe(false);
    recorder.settle();
    await client.over();
    expect(client.error).toBeNull();
    expect(recorder.exchanges[0]?.ends[0]?.outcome).toBe('complete');
  });

  it('passes the close of the upstream on behind the end that it held', async () => {
    const { bench, client } = await setUp((socket) => {
      socket.on('data', () => socket.end(OK));
    });
    client.send(GET);
    await client.hears('\r\n\r\no');
    await quiet(bench);
    expect([client.text.endsWith('ok'), client.ended, client.closed]).toEqual([false, false, false]);
    recorder.settle();
    await client.over();
    expect(client.text).toBe(OK);
    expect(client.error).toBeNull();
  });

  it('holds the reset of an answer that was cut', async () => {
    const { bench, client } = await setUp((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', () => socket.destroy());
      });
    });
    client.send(GET);
    await client.hears('ok');
    await untilTrue(() => recorder.waiting.length === 1);
    await quiet(bench);
    expect(client.closed).toBe(false);
    recorder.settle();
    await untilTrue(() => client.closed);
    expect(client.error?.code).toBe('ECONNRESET');
  });

  it('keeps pipelined answers in their order, each behind the record of the one before', async () => {
    const { bench, client } = await setUp((socket) => {
      let count = 0;
      socket.on('data', (chunk: Buffer) => {
        for (const _ of chunk.toString('latin1').matchAll(/GET/g)) {
          count += 1;
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n#${count}`);
        }
      });
    });
    client.send(GET.repeat(3));
    for (const count of [1, 2, 3]) {
      await untilTrue(() => recorder.exchanges.filter(({ ends }) => ends.length > 0).length === 2 * count - 1);
      await quiet(bench);
      expect(client.text.endsWith('#')).toBe(true);
      recorder.settle();
      await client.hears(`#${count}`);
    }
    expect(client.text.match(/#\d/g)).toEqual(['#1', '#2', '#3']);
  });

  it('serves the next call on the same connection', async () => {
    const { client } = await setUp(saying(OK));
    for (let call = 1; call <= 3; call += 1) {
      client.forget().send(GET);
      await untilTrue(() => recorder.waiting.length === 1);
      recorder.settle();
      await client.hears('ok');
    }
    expect(recorder.exchanges.map(({ ends }) => ends.map(({ outcome }) => outcome))).toEqual([
      ['complete'],
      ['complete'],
      ['complete'],
    ]);
  });

  it('lets go of nothing and fails nothing when the client left meanwhile', async () => {
    const { bench, client } = await setUp(saying(OK));
    client.send(GET);
    await untilTrue(() => recorder.waiting.length === 1);
    client.destroy();
    await quiet(bench);
    recorder.settle();
    await untilTrue(() => bench.accepted[0]?.destroyed === true);
    const next = await clientOf(bench);
    next.send(GET);
    await untilTrue(() => recorder.waiting.length === 1);
    recorder.settle();
    await next.hears('ok');
  });

  it('lets an answer go that came before its request was whole: its client may wait for it', async () => {
    const { bench, client } = await setUp(saying('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno'));
    client.send('POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1000\r\n\r\nfirst bytes');
    await client.hears('\r\n\r\nno');
    expect(bench.counters.get('durability_released', 'reason="early_answer"')).toBe(1);
  });

  it('holds an answer of its own as well', async () => {
    recorder = new HoldingPort();
    const bench = await startRelayBench({ recorder, strict: true, upstream: { resolve: unknownName } });
    closers.push(() => bench.close());
    const client = await clientOf(bench);
    client.send(GET);
    await client.hears('HTTP/1.1 502');
    await untilTrue(() => recorder.waiting.length === 1);
    expect(client.text.endsWith('}\n')).toBe(false);
    recorder.settle();
    await client.hears('}\n');
    await client.over();
  });

  it('asks nobody to wait in the default', async () => {
    const { bench, client } = await setUp(saying(OK), false);
    client.send(GET);
    await client.hears('ok');
    expect(recorder.waiting).toEqual([]);
    expect(bench.counters.snapshot()).not.toHaveProperty('durability_released');
  });
});
