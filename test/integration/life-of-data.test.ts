/** What is forgotten is in no file any more; what is not to be kept never was. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeBlock } from '../../src/store/blocks/encoding.ts';
import { openDatabase } from '../../src/store/driver.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { CLI, type Daemon, startDaemon } from '../support/daemon.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, openTls } from '../support/tunnel-client.ts';

const run = promisify(execFile);
const HOST = 'api.openai.com';
const CANARY = 'zqcanary';
const SOON = { interval: 100 };
const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-life-'));
let upstream: Upstream<TLSSocket>;
let home: string;
let daemon: Daemon | null = null;

beforeAll(async () => {
  const ca = makeCa();
  writeFileSync(join(folder, 'ca.pem'), ca.pem);
  upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
    socket.once('data', (chunk: Buffer) => {
      const word = /"content":"([^"]*)"/.exec(chunk.toString())?.[1] ?? '';
      const answer = JSON.stringify({
        id: `chatcmpl-${word.split(' ')[0]}`,
        model: 'gpt-4o',
        choices: [{ index: 0, message: { role: 'assistant', content: `You said ${word}` }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
      });
      socket.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
      );
    });
  });
});

afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-kept-'));
});

afterEach(async () => {
  await daemon?.stop();
  daemon = null;
  rmSync(home, { recursive: true, force: true });
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<Daemon> {
  const args = ['--upstream-ca', join(folder, 'ca.pem'), '--connect-to', `${HOST}:443:127.0.0.1:${upstream.port}`];
  daemon = await startDaemon({ home, args, env: { LLM_PROXY_SESSION_LOG__ENABLED: 'true', ...env } });
  return daemon;
}

async function call(content: string, headers: Record<string, string> = {}): Promise<void> {
  if (daemon === null) throw new Error('no daemon runs');
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] });
  const socket = await openTls(daemon, HOST);
  socket.write(
    httpRequest('POST', '/v1/chat/completions', HOST, { 'content-type': 'application/json', ...headers }, body),
  );
  socket.resume();
  await once(socket, 'end');
  socket.destroy();
}

async function cli(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, [CLI, ...args, '--home', home, '--json'], {
    env: { ...process.env, XDG_STATE_HOME: join(home, 'state') },
  });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const get = async (path: string): Promise<Record<string, unknown>> =>
  (await (await daemon?.get(path))?.json()) as Record<string, unknown>;
const hits = async (word: string): Promise<number> =>
  ((await get(`/api/search?q=${word}`))['hits'] as unknown[]).length;
const stored = async (): Promise<number> => ((await get('/api/calls?limit=1000'))['calls'] as unknown[]).length;
const isIndexed = async (): Promise<unknown> => ((await get('/health'))['search'] as { behind: number }).behind;

/** Empty where it was there for a moment only, as are files that are written anew and then named. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Files below the home whose name or bytes hold the word, whatever its case; `block` where a packed block does. */
function holding(word: string): string[] {
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => `${path} ${textOf(path)}`.toLowerCase().includes(word));
  const database = openDatabase(join(home, 'data', 'llm-proxy.db'), { readOnly: true });
  const rows = database.prepare('SELECT encoding, data FROM blocks').all();
  database.close();
  const isPacked = rows.some((row) =>
    Buffer.from(decodeBlock(Number(row['encoding']), row['data'] as Uint8Array))
      .toString('latin1')
      .toLowerCase()
      .includes(word),
  );
  return isPacked ? [...files, 'block'] : files;
}

describe('the life of data', () => {
  it('purges a session and a customer from every file while the daemon runs, and leaves the others', async () => {
    await start();
    for (let turn = 0; turn < 5; turn += 1) {
      await call(`${CANARY}one says ${turn}`, { 'x-session-id': `${CANARY}one` });
      await call(`${CANARY}two says ${turn}`, { 'x-llm-proxy-customer-id': `${CANARY}two` });
      await call(`${CANARY}three says ${turn}`, { 'x-session-id': 'three' });
    }
    await expect.poll(stored, SOON).toBe(15);
    await expect.poll(isIndexed, SOON).toBe(0);
    expect(await hits(`${CANARY}one`)).toBeGreaterThan(0);
    expect(holding(`${CANARY}one`).length).toBeGreaterThan(2);
    expect(await cli('purge', '--session', `${CANARY}one`)).toMatchObject({ purged: false, calls: 5 });
    expect(await stored()).toBe(15);
    expect(await cli('purge', '--session', `${CANARY}one`, '--yes')).toMatchObject({
      purged: true,
      calls: 5,
      left: [],
    });
    expect(await cli('purge', '--customer', `${CANARY}two`, '--yes')).toMatchObject({
      purged: true,
      calls: 5,
      left: [],
    });
    expect(holding(`${CANARY}one`)).toEqual([]);
    expect(holding(`${CANARY}two`)).toEqual([]);
    expect([await hits(`${CANARY}one`), await hits(`${CANARY}two`)]).toEqual([0, 0]);
    expect(await hits(`${CANARY}three`)).toBeGreaterThan(0);
    expect(await stored()).toBe(5);
    expect((await get('/api/stats'))['total_requests']).toBe(15);
  });

  it('purges, prunes and pins when no daemon runs', async () => {
    await start();
    for (const word of ['one', 'two', 'three']) await call(`${CANARY}${word}`, { 'x-session-id': word });
    await expect.poll(stored, SOON).toBe(3);
    await expect.poll(isIndexed, SOON).toBe(0);
    await daemon?.stop();
    daemon = null;
    expect(await cli('purge', '--session', 'one', '--yes')).toMatchObject({ calls: 1, left: [] });
    expect(holding(`${CANARY}one`)).toEqual([]);
    expect(await cli('pin', 'two')).toMatchObject({ kind: 'session', pinned: true });
    expect(await cli('prune', '--size', '1B', '--vacuum')).toMatchObject({ records: 1 });
    expect(holding(`${CANARY}three`).filter((path) => path.includes('llm-proxy.db') || path === 'block')).toEqual([]);
    expect(holding(`${CANARY}two`)).toContain('block');
    await start();
    expect((await get('/api/stats'))['total_requests']).toBe(3);
    expect(await stored()).toBe(1);
  });

  it('writes no word of a body where bodies are off', async () => {
    await start({
      LLM_PROXY_STORE__BODIES: 'none',
      LLM_PROXY_LOGS__BODIES: 'none',
      LLM_PROXY_SESSION_LOG__ENABLED: 'false',
    });
    for (let turn = 0; turn < 5; turn += 1) await call(`${turn} ${CANARY}`);
    await expect.poll(stored, SOON).toBe(5);
    await expect.poll(isIndexed, SOON).toBe(0);
    await daemon?.stop();
    daemon = null;
    expect(holding(CANARY)).toEqual([]);
  });
});
