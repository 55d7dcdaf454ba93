import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dispatcher, ProxyAgent, WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { SocketMessages } from '../../src/decoders/websocket-messages.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { Deflater, fragmented, frame, switchingProtocols } from '../support/websocket.ts';

const HOST = 'api.openai.com';
const KEY = `sk-proj-${'w'.repeat(40)}`;

interface Asked {
  generate?: boolean;
  input: string;
  previous_response_id?: string;
}

interface Heard {
  type: string;
  response?: { id: string };
}

/** The provider's side of one socket: compressed with its window kept, in fragments, beats between them. */
class Answering {
  readonly #socket: Socket;
  readonly #deflater = new Deflater(true);
  #turn = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  answer({ generate, input }: Asked, name: string): void {
    this.#turn += 1;
    const id = `resp_${name}_${this.#turn}_0123456789abcdef`;
    const response = { id, object: 'response', model: 'gpt-5-mini-2025-08-07' };
    this.#send({ type: 'response.created', response: { ...response, usage: null } });
    if (input === 'break') this.#socket.write(Buffer.from([0xf3, 0x00]));
    if (generate === false) {
      this.#send({ type: 'response.completed', response: { ...response, output: [], usage: usage(1000, 0, 0) } });
      return;
    }
    for (const delta of ['Hel', 'lo']) this.#send({ type: 'response.output_text.delta', item_id: 'm', delta });
    if (input === 'cut') this.#socket.destroy();
    else this.#send({ type: 'response.completed', response: { ...response, output: [], usage: usage(1100, 900, 7) } });
  }

  #send(message: object): void {
    const packed = this.#deflater.compress(JSON.stringify(message));
    this.#socket.write(fragmented(packed, 40, { rsv1: true }));
  }
}

function usage(input: number, cached: number, output: number): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

/** The messages up to the end of an answer, or of the socket. */
async function ask(socket: WebSocket, asked: Asked & { model?: string }): Promise<Heard[]> {
  const heard: Heard[] = [];
  const over = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve(), { once: true });
    socket.addEventListener('message', function hear({ data }) {
      const message = JSON.parse(String(data)) as Heard;
      heard.push(message);
      if (message.type !== 'response.completed') return;
      socket.removeEventListener('message', hear);
      resolve();
    });
  });
  socket.send(JSON.stringify({ type: 'response.create', model: 'gpt-5-mini', ...asked }));
  await over;
  return heard;
}

describe('WebSockets through the daemon', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-test-'));
  const dispatchers: Dispatcher[] = [];
  const upgraded: Socket[] = [];
  let provider: Server;
  let daemon: Daemon;

  const serve = (request: IncomingMessage, socket: Socket): void => {
    const name = new URL(request.url ?? '', 'http://x').searchParams.get('name') ?? '';
    upgraded.push(socket);
    const more = ['Sec-WebSocket-Extensions: permessage-deflate'];
    socket.write(switchingProtocols(request.headers['sec-websocket-key'] ?? '', more));
    const answering = new Answering(socket);
    const messages = new SocketMessages({
      deflate: { takeover: true },
      maxLength: 1_000_000,
      mayHold: () => true,
      onMessage: (bytes) => answering.answer(JSON.parse(Buffer.from(bytes).toString()) as Asked, name),
      onSkipped: () => {},
      onClose: () => socket.end(frame('\x03\xe8', { opcode: 8 })),
    });
    socket.on('data', (chunk: Buffer) => messages.push(chunk)).on('error', () => {});
  };

  beforeAll(async () => {
    const ca = makeCa('upstream');
    const leaf = makeLeaf(ca, { dns: [HOST] });
    provider = createServer({ key: leaf.key, cert: leaf.cert }).on('upgrade', serve);
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const file = join(folder, 'upstream.pem');
    writeFileSync(file, ca.pem);
    const { port } = provider.address() as AddressInfo;
    daemon = await startDaemon({ args: ['--connect-to', `${HOST}:443:127.0.0.1:${port}`, '--upstream-ca', file] });
  });

  afterAll(async () => {
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
    await daemon.stop();
    for (const socket of upgraded) socket.destroy();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  function open(way: 'intercepted' | 'base URL', name: string): WebSocket {
    const path = `/v1/responses?name=${name}`;
    const headers = { authorization: `Bearer ${KEY}` };
    if (way === 'base URL') return new WebSocket(`ws://127.0.0.1:${daemon.proxyPort}/openai${path}`, { headers });
    const uri = `http://127.0.0.1:${daemon.proxyPort}`;
    const dispatcher = new ProxyAgent({ uri, requestTls: { ca: readFileSync(daemon.caFile) } });
    dispatchers.push(dispatcher);
    return new WebSocket(`wss://${HOST}${path}`, { headers, dispatcher });
  }

  /** Of one socket, the newest first, once there are so many. */
  async function calls(name: string, count: number): Promise<CallRecord[]> {
    const find = async (): Promise<CallRecord[]> => {
      const page = (await (await daemon.get('/api/calls?limit=1000')).json()) as { calls: CallRecord[] };
      return page.calls.filter(({ path }) => path.endsWith(`=${name}`));
    };
    await expect.poll(async () => (await find()).length, { interval: 10 }).toBe(count);
    return find();
  }

  async function totals(): Promise<number[]> {
    const stats = (await (await daemon.get('/api/stats')).json()) as Record<string, number>;
    return ['total_requests', 'input_tokens', 'output_tokens'].map((field) => stats[field] ?? 0);
  }

  it.each(['intercepted', 'base URL'] as const)(
    'are metered answer by answer, while they are open: %s',
    async (way) => {
      const name = way.slice(0, 4);
      const before = await totals();
      const socket = open(way, name);
      await once(socket, 'open');
      const warmUp = await ask(socket, { input: '', generate: false });
      expect(warmUp.map(({ type }) => type)).toEqual(['response.created', 'response.completed']);
      const previous = warmUp[0]?.response?.id ?? '';
      const turn = await ask(socket, { input: 'hi', previous_response_id: previous });
      expect(turn).toHaveLength(4);
      await ask(socket, { input: 'more', previous_response_id: turn[0]?.response?.id ?? '' });
      const [next, answer, warm] = await calls(name, 3);
      expect(warm).toMatchObject({ inference: false, usage: { input_tokens: 1000, output_tokens: 0 } });
      expect(answer).toMatchObject({
        provider: 'openai',
        operation: 'responses',
        transport: 'websocket',
        inference: true,
        request_model: 'gpt-5-mini',
        response_model: 'gpt-5-mini-2025-08-07',
        usage: { input_tokens: 1100, cache_read_tokens: 900, output_tokens: 7, source: 'websocket', state: 'final' },
        cost: { confidence: 'exact' },
        outcome: 'complete',
      });
      expect(answer?.ttft_ms).toBeGreaterThan(0);
      expect([answer?.session_id, next?.usage.output_tokens]).toEqual([next?.session_id, 7]);
      socket.close();
      await once(socket, 'close');
      const [, , , connection] = await calls(name, 4);
      expect(connection).toMatchObject({ inference: false, outcome: 'upgraded', anomalies: [], cost_usd: null });
      expect([answer?.parent_span_id, warm?.parent_span_id]).toEqual([connection?.id, connection?.id]);
      const after = await totals();
      expect(after.map((total, index) => total - (before[index] ?? 0))).toEqual([2, 3200, 14]);
      const body = await (await daemon.get(`/api/calls/${answer?.id}/response`)).text();
      expect(body.split('\n').map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(
        turn.map(({ type }) => type),
      );
      const request = await (await daemon.get(`/api/calls/${answer?.id}/request`)).text();
      expect(JSON.parse(request)).toMatchObject({ input: 'hi', previous_response_id: previous });
    },
  );

  it('cost an answer that was cut its counts, and say so', async () => {
    const socket = open('intercepted', 'cut');
    await once(socket, 'open');
    expect(await ask(socket, { input: 'hi' })).toHaveLength(4);
    await ask(socket, { input: 'cut' });
    const [cut, whole, connection] = await calls('cut', 3);
    expect(whole).toMatchObject({ outcome: 'complete', usage: { output_tokens: 7 } });
    expect(cut).toMatchObject({ inference: true, outcome: 'upstream_aborted', error: { type: 'upstream_closed' } });
    expect(cut?.usage.state).not.toBe('final');
    expect(connection).toMatchObject({ outcome: 'upgraded', inference: false });
  });

  it('pass a frame that is none, unread from there on', async () => {
    const socket = open('intercepted', 'broken');
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await ask(socket, { input: 'break' });
    await closed;
    const records = await calls('broken', 2);
    const connection = records.find(({ outcome }) => outcome === 'upgraded');
    expect(connection?.anomalies).toEqual(['websocket_unread_framing']);
    expect(await (await daemon.get('/metrics')).text()).toContain(
      'llm_proxy_unparsed_total{reason="websocket_framing"} 1',
    );
  });

  it('are in the log of their provider, without the key', async () => {
    const logs = join(daemon.home, 'logs');
    const file = readdirSync(logs).find((each) => each.startsWith('openai'));
    await expect.poll(() => readFileSync(join(logs, file ?? ''), 'utf8')).toContain('previous_response_id');
    expect(readFileSync(join(logs, file ?? ''), 'utf8')).not.toContain(KEY);
  });
});
