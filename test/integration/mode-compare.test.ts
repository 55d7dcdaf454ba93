import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { answeringJson, json, ModesBench, post, type Script } from '../support/modes-bench.ts';
import type { RecordedExchange } from '../support/recording-port.ts';
import { answeringRequests } from '../support/steered-bench.ts';

const ASK = { model: 'claude-x', messages: [{ role: 'user', content: 'Hi' }] };
const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('mode compare', () => {
  const bench = new ModesBench();

  afterEach(() => bench.close());

  const start = (target: Script, provider: Script = answeringJson(() => ({ from: 'provider' }))): Promise<void> =>
    bench.startModes({ provider, target }, (url) => ({ mode: 'compare', target_url: url, model: 'glm' }));
  const leg = (which: 'primary' | 'shadow'): RecordedExchange | undefined =>
    bench.exchanges.find(
      ({ connection }) => (bench.proxy.recorder.connections.get(connection)?.leg ?? 'primary') === which,
    );
  const over = (which: 'primary' | 'shadow'): Promise<void> =>
    untilTrue(() => leg(which)?.ends.length === 1, `the end of the ${which}`);

  it('gives the client what the provider says, and a copy with another model to the target', async () => {
    await start(answeringJson(() => ({ from: 'target' })));
    const secret = 'sk-ant-api03-abcdefghijklmnop';
    const asked = post('/v1/messages', ASK, [`x-api-key: ${secret}`]);
    const client = await bench.client();
    await client.send(asked).hears('"provider"');
    await over('shadow');
    expect(bench.sent()).toContain(JSON.stringify(ASK));
    expect(bench.sent()).toContain(secret);
    expect(bench.targetHeard()).toContain(JSON.stringify({ ...ASK, model: 'glm' }));
    expect(bench.targetHeard()).not.toContain(secret);
    expect(client.text).not.toContain('target');
  });

  it('records both legs, linked', async () => {
    await start(answeringJson(() => ({ from: 'target' })));
    await (await bench.client()).send(post('/v1/messages', ASK)).hears('"provider"');
    await over('primary');
    await over('shadow');
    const [one, other] = [leg('primary')?.ends[0]?.steer, leg('shadow')?.ends[0]?.steer];
    expect(one).toMatchObject({ mode: 'compare', rule: 'mode', sentTo: null, sentModel: null });
    expect(other).toMatchObject({ mode: 'compare', sentTo: `${bench.targetUrl}/v1/messages`, sentModel: 'glm' });
    expect(one?.comparison).toMatch(/^cmp_/);
    expect(other?.comparison).toBe(one?.comparison);
    expect(leg('shadow')?.responseBody.toString()).toBe('{"from":"target"}');
    expect(bench.proxy.recorder.ended).toContain(leg('shadow')?.connection);
    expect(bench.hostOf(leg('primary'))).toContain('api.provider.example');
  });

  it.each<[string, Script, string]>([
    ['hangs', () => {}, 'shutdown'],
    ['dies in the middle of its stream', (socket) => diesAfter(socket, `${STREAM}4\r\ndata\r\n`), 'upstream_aborted'],
    ['answers 500', answeringRequests(() => json({ error: 'x' }, '500 Oh')), 'complete'],
    ['says no HTTP', (socket) => void socket.once('data', () => socket.end('what?\r\n\r\n')), 'upstream_aborted'],
    ['switches protocols unasked', switches, 'upstream_aborted'],
    ['closes at once', (socket) => void socket.once('data', () => socket.destroy()), 'upstream_aborted'],
    ['floods', floods, 'upstream_aborted'],
  ])('serves the client as ever while the target %s', async (_, script, outcome) => {
    await start(script);
    const client = await bench.client();
    for (let call = 0; call < 3; call += 1) {
      await client.send(post('/v1/messages', ASK)).hears('"provider"');
      client.forget();
    }
    if (outcome === 'shutdown') await untilTrue(() => leg('shadow') !== undefined, 'a copy');
    else await over('shadow');
    await bench.proxy.stop();
    const told = ['sent', 'unavailable', 'busy'].map((result) => `result="${result}"`);
    const copies = (): number =>
      told.reduce((sum, label) => sum + bench.proxy.counters.get('comparison_copies', label), 0);
    await untilTrue(() => copies() === 3, 'a word of each copy');
    const ends = bench.exchanges.flatMap(({ ends: [end] }) => end ?? []);
    expect(ends.filter((end) => end.outcome === 'complete').length).toBeGreaterThanOrEqual(3);
    expect(leg('shadow')?.ends[0]?.outcome).toBe(outcome);
  });

  it('makes no copy of what asks no model', async () => {
    await start(answeringJson());
    const client = await bench.client();
    await client.send(post('/v1/messages/count_tokens', ASK)).hears('"provider"');
    await client.forget().send('GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n').hears('"provider"');
    await untilTrue(() => bench.exchanges.every(({ ends }) => ends.length === 1), 'the ends');
    expect(bench.target.sockets).toHaveLength(0);
    expect(bench.exchanges.map(({ ends }) => ends[0]?.steer)).toEqual([undefined, undefined]);
  });

  it('leaves copies out, rather than calls, when the target has enough of them', async () => {
    await bench.startModes({ provider: answeringJson(() => ({ from: 'provider' })), target: () => {} }, (url) => ({
      mode: 'compare',
      target_url: url,
      target: { max_concurrent: 2 },
    }));
    const client = await bench.client();
    for (let call = 0; call < 4; call += 1) {
      await client.send(post('/v1/messages', ASK)).hears('"provider"');
      client.forget();
    }
    const copies = (result: string): number => bench.proxy.counters.get('comparison_copies', `result="${result}"`);
    expect(copies('busy')).toBe(2);
    await untilTrue(() => copies('sent') === 2, 'the copies');
  });

  it('leaves the target alone for a while when it fails again and again', async () => {
    await start((socket) => void socket.once('data', () => socket.destroy()));
    const client = await bench.client();
    const refused = (): number => bench.proxy.counters.get('comparison_copies', 'result="unavailable"');
    for (let call = 0; call < 6; call += 1) {
      await client.send(post('/v1/messages', ASK)).hears('"provider"');
      client.forget();
      await untilTrue(
        () =>
          bench.exchanges.every(({ ends }) => ends.length === 1) &&
          bench.exchanges.length >= Math.min(10, 2 * (call + 1)),
        'the ends',
      );
    }
    expect(refused()).toBe(1);
  });

  it('copies streams too, to their end, whether or not the client waits for it', async () => {
    await start(
      (socket) => void socket.once('data', () => socket.write(`${STREAM}2\r\nab\r\n`)),
      (socket) => void socket.once('data', () => socket.write(`${STREAM}2\r\nxy\r\n`)),
    );
    const client = await bench.client();
    await client.send(post('/v1/messages', { ...ASK, stream: true })).hears('xy');
    // An end alone may be that of a client that still reads.
    bench.reset(client);
    await over('primary');
    await untilTrue(() => (leg('shadow')?.responseBody.length ?? 0) > 0, 'the first of the copy');
    bench.target.sockets[0]?.write('2\r\ncd\r\n0\r\n\r\n');
    await over('shadow');
    expect(leg('primary')?.ends[0]?.outcome).toBe('client_aborted');
    expect(leg('shadow')?.responseBody.toString()).toBe('abcd');
  });
});

function diesAfter(socket: Socket, bytes: string): void {
  socket.once('data', () => socket.write(bytes, () => socket.resetAndDestroy()));
}

function switches(socket: Socket): void {
  socket.once('data', () =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
  );
}

function floods(socket: Socket): void {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const flood = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('error', () => {});
  socket.on('drain', flood);
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    flood();
  });
}
