import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  mkdtempSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, httpResponse, openTls, readBytes } from '../support/tunnel-client.ts';

const HOST = 'api.anthropic.com';
const SECRET = 'sk-ant-api03-CANARYCANARYCANARYCANARYwxyz';

interface Entry {
  type: string;
  seq?: number;
  _meta: { ts: string; machine: string; host: string; session: string; request_id?: string };
  path?: string;
  headers?: Record<string, string[]>;
  body?: string | null;
  status?: number | null;
  timing?: { ttfb_ms: number | null; total_ms: number };
  chunks?: { ts: string | null; delta_ms: number | null; raw: string }[];
  outcome?: string;
}

const event = (name: string, value: object): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
const FIRST = event('message_start', {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-haiku-4-5', usage: { input_tokens: 9, output_tokens: 1 } },
});
const LAST =
  event('content_block_delta', { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }) +
  event('message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } }) +
  event('message_stop', { type: 'message_stop' });
const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nset-cookie: sid=CANARYCOOKIE0001\r\n' +
  `content-length: ${Buffer.byteLength(FIRST + LAST)}\r\n\r\n`;

function call(session: string, stream: boolean): Buffer {
  const body = JSON.stringify({
    model: 'claude-haiku-4-5',
    stream,
    messages: [{ role: 'user', content: 'Hello' }],
    metadata: { user_id: `user_1_account__session_${session}` },
  });
  const headers = { 'content-type': 'application/json', 'x-api-key': SECRET };
  return httpRequest('POST', '/v1/messages?beta=true', HOST, headers, body);
}

/** A client has the first piece of a stream. */
let heard: () => void = () => {};

/** Answers by what the request asks: whole, in two pieces 40 ms apart, or with a stream that goes on when nobody reads. */
function answer(socket: TLSSocket, request: string): void {
  if (!request.includes('"stream":true')) {
    const message = {
      id: 'msg_0',
      type: 'message',
      model: 'claude-haiku-4-5',
      content: [{ type: 'text', text: 'Hi' }],
    };
    socket.write(httpResponse(JSON.stringify({ ...message, usage: { input_tokens: 9, output_tokens: 4 } })));
    return;
  }
  socket.write(HEAD + FIRST);
  // Not before the first piece has come through: a daemon that is held up would read both at once.
  if (!request.includes('_session_cut')) heard = () => setTimeout(() => socket.write(LAST), 40);
  // A client that has gone is only seen to be gone by what is written to it.
  socket.once('end', () => socket.write(LAST.slice(0, 10), () => socket.write(LAST.slice(10, 20))));
}

describe('session log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-session-log-'));
  const home = join(folder, 'home');
  let upstream: Upstream<TLSSocket>;
  let daemon: Daemon;

  const start = (): Promise<Daemon> =>
    startDaemon({
      home,
      args: ['--upstream-ca', join(folder, 'ca.pem'), '--connect-to', `${HOST}:443:127.0.0.1:${upstream.port}`],
      env: { LLM_PROXY_SESSION_LOG__ENABLED: 'true' },
    });
  const sessions = (): string => join(home, 'logs', 'sessions', HOST);
  const pathOf = (session: string): string => {
    const name = `${session}.jsonl`;
    // Two days where the test runs over midnight; a session that began yesterday stays there.
    const day = readdirSync(sessions()).find((folder) => existsSync(join(sessions(), folder, name))) ?? '';
    return join(sessions(), day, name);
  };
  const read = (session: string): Entry[] =>
    readFileSync(pathOf(session), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry);
  const entries = async (session: string, count: number): Promise<Entry[]> => {
    await expect
      .poll(() => {
        try {
          return read(session).length;
        } catch {
          return 0;
        }
      })
      .toBe(count);
    return read(session);
  };
  const send = async (session: string, stream: boolean, bytes: number): Promise<TLSSocket> => {
    const socket = await openTls(daemon, HOST);
    socket.write(call(session, stream));
    await readBytes(socket, bytes);
    return socket;
  };

  beforeAll(async () => {
    const ca = makeCa();
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (!text.endsWith('"}}')) return;
        answer(socket, text);
        text = '';
      });
    });
    daemon = await start();
  });

  afterAll(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has a call that came whole, with the selectors that people use', async () => {
    (await send('whole', false, 200)).destroy();
    const [first, request, response] = await entries('whole', 3);
    expect(first).toMatchObject({ type: 'session_start', provider: 'anthropic', upstream: HOST });
    expect(request).toMatchObject({ type: 'request', seq: 1, method: 'POST', path: '/v1/messages' });
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ messages: [{ content: 'Hello' }] });
    expect(request?.headers?.['X-Api-Key']).toEqual(['sk-ant-...wxyz']);
    expect(response).toMatchObject({ type: 'response', seq: 1, status: 200 });
    expect(JSON.parse(response?.body ?? '')).toMatchObject({ id: 'msg_0' });
    expect(response?._meta).toMatchObject({ session: 'whole', host: HOST, request_id: request?._meta.request_id });
    expect(response?._meta.machine).toMatch(/^.+@.+$/);
    expect(statSync(pathOf('whole')).mode & 0o777).toBe(0o600);
  });

  it('has the same session as the API shows as a trace, described by the first words of its human', async () => {
    const trace = (await (await daemon.get('/api/traces/whole')).json()) as Record<string, unknown>;
    const id = read('whole')[1]?._meta.request_id;
    expect(trace).toMatchObject({
      kind: 'session',
      task_description: 'Hello',
      call_count: 1,
      calls: [{ call_id: id }],
    });
  });

  it('has a stream line by line, with the times at which its lines came, and no secret of its head', async () => {
    const socket = await send('streamed', true, Buffer.byteLength(HEAD + FIRST));
    heard();
    await readBytes(socket, Buffer.byteLength(LAST));
    socket.destroy();
    const response = (await entries('streamed', 3))[2];
    expect(response?.chunks?.map(({ raw }) => raw).join('')).toBe(FIRST + LAST);
    const deltas = response?.chunks?.map(({ delta_ms }) => delta_ms ?? -1) ?? [];
    expect(deltas[0]).toBeGreaterThanOrEqual(0);
    expect((deltas.at(-1) ?? 0) - (deltas[0] ?? 0)).toBeGreaterThanOrEqual(30);
    expect(response?.timing?.total_ms).toBeGreaterThanOrEqual(deltas.at(-1) ?? 0);
    expect(JSON.stringify(response)).not.toContain('CANARYCOOKIE');
  });

  it('has a stream that its client left', async () => {
    (await send('cut', true, (HEAD + FIRST).length)).destroy();
    const response = (await entries('cut', 3))[2];
    expect(response).toMatchObject({ outcome: 'client_aborted', status: 200 });
    const text = response?.chunks?.map(({ raw }) => raw).join('') ?? '';
    expect(text.startsWith(FIRST) && text.length < (FIRST + LAST).length).toBe(true);
  });

  it('goes on with its sessions after a kill -9, with whole lines only', async () => {
    await daemon.kill();
    appendFileSync(pathOf('whole'), '{"type":"request","seq":2,"_me');
    appendFileSync(pathOf('cut'), '{"type":"requ');
    daemon = await start();
    (await send('whole', false, 200)).destroy();
    const after = await entries('whole', 5);
    expect(after.map(({ type, seq }) => [type, seq])).toEqual([
      ['session_start', undefined],
      ['request', 1],
      ['response', 1],
      ['request', 2],
      ['response', 2],
    ]);
    expect(await entries('cut', 3)).toHaveLength(3);
  });
});
