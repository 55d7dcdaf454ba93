import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../support/async.ts';
import { answeringJson, ModesBench, post } from '../support/modes-bench.ts';
import type { RawClient } from '../support/raw-client.ts';

const ASK = { model: 'claude-x', stream: true, messages: [] };
const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Begins a stream for each request; `go on` ends them. */
function streams(name: string): { script: (socket: Socket) => void; end(): void } {
  const open = new Set<Socket>();
  return {
    script: (socket) => {
      socket.on('data', (chunk: Buffer) => {
        if (!chunk.includes('POST ')) return;
        socket.write(`${STREAM}${name.length.toString(16)}\r\n${name}\r\n`);
        open.add(socket);
      });
    },
    end: () => {
      for (const socket of open) socket.write('3\r\nend\r\n0\r\n\r\n');
      open.clear();
    },
  };
}

describe('a mode that is switched under way', () => {
  const bench = new ModesBench();

  afterEach(() => bench.close());

  const change = (mode: string): unknown => bench.modes.switch.change({ mode });

  it('lets running streams end where they began, and sends the next call of each connection elsewhere', async () => {
    const [provider, target] = [streams('provider'), streams('target')];
    await bench.startModes({ provider: provider.script, target: target.script }, (url) => ({
      mode: 'passthrough',
      target_url: url,
    }));
    const clients: RawClient[] = [];
    for (let index = 0; index < 100; index += 1) clients.push(await bench.client());
    await Promise.all(clients.map((client) => client.send(post('/v1/messages', ASK)).hears('provider')));
    expect(change('target')).toMatchObject({ state: { mode: 'target' } });
    provider.end();
    await Promise.all(clients.map((client) => client.hears('0\r\n\r\n')));
    const before = bench.upstream.sockets.length;
    await Promise.all(clients.map((client) => client.forget().send(post('/v1/messages', ASK)).hears('target')));
    target.end();
    await Promise.all(clients.map((client) => client.hears('0\r\n\r\n')));
    expect(change('passthrough')).toMatchObject({ state: { mode: 'passthrough' } });
    await Promise.all(clients.map((client) => client.forget().send(post('/v1/messages', ASK)).hears('provider')));
    provider.end();
    await Promise.all(clients.map((client) => client.hears('0\r\n\r\n')));
    await untilTrue(() => bench.exchanges.length === 300, 'the records');
    await untilTrue(() => bench.exchanges.every(({ ends }) => ends.length === 1), 'the ends');
    expect(bench.exchanges.filter(({ ends }) => ends[0]?.outcome !== 'complete')).toEqual([]);
    expect(before).toBe(100);
  });

  it('takes over connections that wait, with what they have sent of a request', async () => {
    await bench.startModes(
      { provider: answeringJson(() => ({ from: 'provider' })), target: answeringJson(() => ({ from: 'target' })) },
      (url) => ({ mode: 'passthrough', target_url: url }),
    );
    const [idle, halfway, pipelining] = [await bench.client(), await bench.client(), await bench.client()];
    await idle.send(post('/v1/messages', ASK)).hears('provider');
    const request = post('/v1/messages', ASK);
    await halfway.send(request).hears('provider');
    halfway.forget().send(request.slice(0, 20));
    await pipelining.send(request).hears('provider');
    await untilTrue(() => bench.exchanges.length === 3, 'the first calls');
    await new Promise((resolve) => setImmediate(resolve));
    change('target');
    await idle.forget().send(request).hears('target');
    await halfway.send(request.slice(20)).hears('target');
    await pipelining
      .forget()
      .send(request + request)
      .hears('target');
    await untilTrue(() => pipelining.text.split('"target"').length === 3, 'both answers');
    expect(bench.upstream.sockets).toHaveLength(3);
    for (const index of [0, 1, 2]) expect(bench.sent(index).match(/POST /g)).toHaveLength(1);
  });

  it('takes over a connection that is still in its handshake', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson(() => ({ from: 'target' })) }, (url) => ({
      mode: 'passthrough',
      target_url: url,
    }));
    const opening = bench.client();
    change('target');
    await (await opening).send(post('/v1/messages', ASK)).hears('target');
  });

  it('refuses the way back where the daemon was started for a target', async () => {
    await bench.startModes({ provider: answeringJson(), target: answeringJson() }, (url) => ({
      target_url: url,
      allow_anthropic_only: false,
    }));
    for (const mode of ['passthrough', 'anthropic-only'])
      expect(change(mode)).toMatchObject({ refused: { status: 403, type: 'mode_not_allowed' } });
    expect(bench.modes.switch.change({ mode: 'target', target_url: 'https://api.provider.example' })).toMatchObject({
      refused: { status: 403 },
    });
    expect(change('compare')).toMatchObject({ state: { mode: 'compare', guarded: true } });
  });
});
