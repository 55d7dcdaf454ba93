/** What happens to calls, totals and records when the disk or the database fails under a real daemon. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/driver.ts';
import { migrate } from '../../src/store/migrations.ts';
import { canMount } from '../support/can-mount.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { CLI, type Daemon, startDaemon } from '../support/daemon.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, openTls } from '../support/tunnel-client.ts';

const HOST = 'api.openai.com';
const ANSWER = JSON.stringify({
  object: 'chat.completion',
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
});
/** Faults end, and what they did must end by itself. */
const SOON = { interval: 100 };

const MOUNTS = canMount();
const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-store-faults-'));
let upstream: Upstream<TLSSocket>;
let home: string;
let daemon: Daemon | null = null;
let mounted: string[] = [];
let holder: ChildProcess | null = null;
/** Calls that were made, and of these what a client did not get whole. */
let made = 0;
let failed = 0;

beforeAll(async () => {
  const ca = makeCa();
  writeFileSync(join(folder, 'ca.pem'), ca.pem);
  upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.endsWith('"end":1}')) return;
      socket.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`,
      );
    });
  });
});

afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llm-proxy-faulty-'));
  [made, failed] = [0, 0];
});

afterEach(async () => {
  holder?.kill('SIGKILL');
  await daemon?.stop();
  for (const path of mounted) execFileSync('umount', ['-l', path]);
  rmSync(home, { recursive: true, force: true });
  [daemon, mounted, holder] = [null, [], null];
});

const data = (name = ''): string => join(home, 'data', name);
const FILE = 'llm-proxy.db';

async function start(): Promise<Daemon> {
  const args = ['--upstream-ca', join(folder, 'ca.pem'), '--connect-to', `${HOST}:443:127.0.0.1:${upstream.port}`];
  daemon = await startDaemon({ home, args });
  return daemon;
}

function mount(options: string, path = data()): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', path]);
  mounted.push(path);
}

function remount(options: string, path = data()): void {
  execFileSync('mount', ['-o', `remount,${options}`, path]);
}

/** @param characters of noise in each question: nothing makes it smaller */
async function calls(count: number, characters = 20): Promise<void> {
  for (let first = 0; first < count; first += 10) {
    const batch = Array.from({ length: Math.min(10, count - first) }, () => call(characters).catch(() => false));
    for (const isWhole of await Promise.all(batch)) failed += isWhole ? 0 : 1;
  }
}

async function call(characters: number): Promise<boolean> {
  made += 1;
  const content = Buffer.from(crypto.getRandomValues(new Uint8Array(Math.min(characters, 60_000)))).toString('hex');
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }], end: 1 });
  const socket = await openTls(running(), HOST);
  socket.write(httpRequest('POST', '/v1/chat/completions', HOST, { 'content-type': 'application/json' }, body));
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'end');
  socket.destroy();
  return text.endsWith(ANSWER);
}

function running(): Daemon {
  if (daemon === null) throw new Error('no daemon runs');
  return daemon;
}

const json = async (path: string): Promise<Record<string, unknown>> =>
  (await (await running().get(path)).json()) as Record<string, unknown>;
const counted = async (): Promise<unknown> => (await json('/api/stats'))['total_requests'];
const health = async (): Promise<unknown> => (await json('/health'))['status'];
const stored = async (): Promise<number> => {
  const response = await running().get('/api/calls?limit=1000');
  return response.status === 200 ? ((await response.json()) as { calls: unknown[] }).calls.length : -1;
};

async function dropped(reason: string): Promise<number> {
  const text = await (await running().get('/metrics')).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('llm_proxy_dropped_total{') && line.includes(`reason="${reason}"`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Every client got its answer, and every call is in the totals. */
async function expectNothingHurt(): Promise<void> {
  expect(failed).toBe(0);
  await expect.poll(counted, SOON).toBe(made);
}

describe('a daemon whose database fails', () => {
  it.skipIf(!MOUNTS)(
    'counts on over a full disk of 2 MB, says what it drops, and stores again when there is room',
    async () => {
      mount('size=2m');
      await start();
      await calls(60, 50_000);
      await expectNothingHurt();
      await expect.poll(() => dropped('disk_full'), SOON).toBeGreaterThan(0);
      // Of the last group as much may have found room as to call it well.
      await expect.poll(async () => (await calls(5, 50_000), await health()), SOON).toBe('degraded');
      const before = await stored();
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(made);
      remount('size=64m');
      await expect.poll(async () => (await calls(1), await stored()), SOON).toBeGreaterThan(before);
      await expect.poll(health, SOON).toBe('ok');
      await expectNothingHurt();
      const database = openDatabase(data(FILE), { readOnly: true });
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      database.close();
    },
  );

  it.skipIf(!MOUNTS)(
    'starts on a disk that is read-only, keeps calls in memory, and writes them when it may',
    async () => {
      mount('size=16m,ro');
      const run = join(home, 'run');
      mount('size=1m', run);
      writeFileSync(join(run, 'admin-token'), 'of-an-earlier-start-0123456789012345\n', { mode: 0o600 });
      remount('size=1m,ro', run);
      await start();
      expect(running().output()).toContain('the database cannot be used');
      // How commands find it: no call waits for that.
      expect(running().output()).toContain('the home cannot be written');
      await calls(20);
      await expectNothingHurt();
      expect(await health()).toBe('degraded');
      remount('size=16m,rw');
      await expect.poll(stored, SOON).toBe(20);
      await expect.poll(health, SOON).toBe('ok');
      await calls(5);
      await expect.poll(stored, SOON).toBe(25);
      await expectNothingHurt();
      expect(await daemon?.stop()).toBe(0);
    },
  );

  it('loses no record while another process holds the database for ten seconds', async () => {
    await start();
    await calls(5);
    await expect.poll(stored, SOON).toBe(5);
    const driver = join(CLI, '..', 'store', 'driver.js');
    const script = `const { openDatabase } = await import(${JSON.stringify(driver)}); const d = openDatabase(${JSON.stringify(data(FILE))});
      d.exec('BEGIN EXCLUSIVE'); console.log('held'); setTimeout(() => { d.exec('ROLLBACK'); d.close(); }, 10_000);`;
    holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const released = once(holder, 'exit');
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
    await calls(30);
    expect(failed).toBe(0);
    await released;
    await expect.poll(stored, SOON).toBe(35);
    await expectNothingHurt();
    expect(await dropped('io_error')).toBe(0);
  });

  it('begins a new database and new log files when somebody deletes them, and touches no file that takes their place', async () => {
    await start();
    await calls(10);
    await expect.poll(stored, SOON).toBe(10);
    rmSync(data(FILE));
    await expect.poll(async () => (await calls(1), existsSync(data(FILE))), SOON).toBe(true);
    const before = made;
    await calls(10);
    await expect.poll(async () => (await stored()) >= 10 && (await stored()) < before + 10, SOON).toBe(true);
    await expectNothingHurt();
    expect(await health()).toBe('ok');

    const logs = join(home, 'logs');
    rmSync(logs, { recursive: true });
    const hasLog = (): boolean =>
      existsSync(logs) && readdirSync(logs).some((name) => statSync(join(logs, name)).size > 0);
    await expect.poll(async () => (await calls(1), hasLog()), SOON).toBe(true);
    await expectNothingHurt();

    const text = 'dear diary, today '.repeat(200);
    rmSync(data(FILE));
    writeFileSync(data(FILE), text);
    await calls(5);
    await expectNothingHurt();
    // The file is looked at every 100 ms.
    await expect.poll(async () => (await calls(1), await health()), SOON).toBe('degraded');
    expect(readFileSync(data(FILE), 'utf8')).toBe(text);
  });

  it('puts a damaged database aside at its start, whole, and begins a new one', async () => {
    mkdirSync(data());
    const database = openDatabase(data(FILE));
    migrate(database);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    const bytes = readFileSync(data(FILE));
    bytes.fill(0xff, 100, 8192);
    writeFileSync(data(FILE), bytes);
    await start();
    expect(running().output()).toContain('put aside whole');
    const aside = readdirSync(data()).find((name) => name.includes('.damaged-')) ?? '';
    expect(readFileSync(data(aside)).equals(bytes)).toBe(true);
    await calls(5);
    await expect.poll(stored, SOON).toBe(5);
    await expectNothingHurt();
  });

  it('starts where a folder stands in the place of the file, and stores once it is gone', async () => {
    mkdirSync(data(FILE), { recursive: true });
    await start();
    await calls(10);
    await expectNothingHurt();
    expect(await health()).toBe('degraded');
    expect(execFileSync(process.execPath, [CLI, 'status', '--home', home]).toString()).toMatch(
      /sqlite +failing: .*cannot open/,
    );
    rmdirSync(data(FILE));
    await expect.poll(stored, SOON).toBe(10);
    await expectNothingHurt();
  });
});
