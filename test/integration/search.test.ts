import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { streaming } from '../support/searched-store.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, httpResponse, openTls, readBytes } from '../support/tunnel-client.ts';

const HOST = 'api.anthropic.com';
const SECRET = 'sk-ant-api03-CANARYCANARYCANARYCANARYwxyz';
const ANSWER = 'An unbelievably thin piece of steel.';

interface Answer {
  hits: { call_id: string; side: string; snippet: string; marks: [number, number][] }[];
  next_cursor: string | null;
  behind: number;
  partial: boolean;
}

function answer(socket: TLSSocket, request: string): void {
  if (!request.includes('"stream":true')) {
    socket.write(httpResponse(JSON.stringify({ type: 'message', content: [{ type: 'text', text: 'Dried grass.' }] })));
    return;
  }
  const body = streaming(ANSWER, 4);
  const length = Buffer.byteLength(body);
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${length}\r\n\r\n${body}`);
}

function call(text: string, stream: boolean): Buffer {
  const messages = [{ role: 'user', content: text }];
  const headers = { 'content-type': 'application/json', 'x-api-key': SECRET };
  const body = JSON.stringify({ model: 'claude-haiku-4-5', stream, max_tokens: 10, messages });
  return httpRequest('POST', '/v1/messages', HOST, headers, body);
}

describe('search', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-search-daemon-'));
  const home = join(folder, 'home');
  const indexFile = join(home, 'data', 'search.db');
  let upstream: Upstream<TLSSocket>;
  let daemon: Daemon;

  const start = (): Promise<Daemon> =>
    startDaemon({
      home,
      args: ['--upstream-ca', join(folder, 'ca.pem'), '--connect-to', `${HOST}:443:127.0.0.1:${upstream.port}`],
    });
  const send = async (text: string, stream = false): Promise<void> => {
    const socket = await openTls(daemon, HOST);
    socket.write(call(text, stream));
    await readBytes(socket, 60);
    socket.end();
  };
  const ask = async (q: string): Promise<Answer> =>
    (await (await daemon.get(`/api/search?q=${encodeURIComponent(q)}`)).json()) as Answer;
  const hits = async (q: string): Promise<number> => (await ask(q)).hits.length;
  const current = (): Promise<void> => expect.poll(async () => (await ask('')).behind).toBe(0);
  const search = (...words: string[]): ReturnType<typeof runCli> =>
    runCli(['search', '--home', home, ...words], { XDG_STATE_HOME: folder });

  beforeAll(async () => {
    const ca = makeCa();
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.endsWith('"}]}')) answer(socket, text);
      });
    });
    daemon = await start();
  });

  afterAll(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds what was said a moment ago, and says where', async () => {
    await send('What is a needle?', true);
    await send(`Remember ${SECRET} and hay`);
    await expect.poll(() => hits('unbelievably')).toBe(1);
    await expect.poll(() => hits('hay')).toBe(1);
    const [hit] = (await ask('"thin piece"')).hits;
    expect(hit).toMatchObject({ side: 'response', snippet: expect.stringContaining(ANSWER) });
    expect(hit?.snippet.slice(...(hit.marks[0] ?? []))).toBe('thin piece');
    const { calls } = (await (await daemon.get('/api/calls?q=needle+model:haiku')).json()) as { calls: object[] };
    expect(calls).toHaveLength(1);
  });

  it('keeps its index current, says so, and has no secret in it', async () => {
    await current();
    const health = (await (await daemon.get('/health')).json()) as { search: object };
    expect(health.search).toMatchObject({ state: 'current', behind: 0, failures: 0, error: null });
    const metrics = await (await daemon.get('/metrics')).text();
    expect(metrics).toContain('\nllm_proxy_search_lag_blocks 0\n');
    expect(await hits('canarycanarycanarycanarywxyz')).toBe(0);
    const bytes = ['', '-wal'].filter((end) => existsSync(indexFile + end)).map((end) => readFileSync(indexFile + end));
    const text = Buffer.concat(bytes).toString('latin1').toLowerCase();
    expect(text).toContain('needle');
    expect(text).not.toContain('canarycanary');
  });

  it('prints what is found, one call after the other', async () => {
    const found = await search('needle');
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(found.stdout).toMatch(/anthropic {2}claude-haiku-4-5 {2}200 {2}user\n {4}.*What is a needle\?/);
    expect((await search('needle', '-q')).code).toBe(2);
    expect((await search('--', 'grass', '-needle')).stdout).toContain('Dried grass.');
    expect((await search('nowhere')).stdout).toBe('Nothing found.\n');
    expect(JSON.parse((await search('needle', '--json')).stdout)).toMatchObject({ hits: [{ side: 'request' }] });
  });

  it('finds everything again after a kill, with the index or without, with a daemon or without', async () => {
    await send('A last needle before the end');
    await expect.poll(() => hits('before')).toBe(1);
    await daemon.kill();
    expect((await search('needle', '--json')).stdout.match(/"call_id"/g)).toHaveLength(2);
    rmSync(indexFile);
    expect((await search('needle', '--json')).stdout.match(/"call_id"/g)).toHaveLength(2);
    daemon = await start();
    expect(await hits('needle')).toBe(2);
    await current();
    expect(await hits('needle')).toBe(2);
    expect(existsSync(indexFile)).toBe(true);
  });
});
