import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../../../src/admin/calls.ts';
import type { AdminDeps } from '../../../src/admin/server.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { pin } from '../../../src/store/pins.ts';
import { aHouse, anAdminApp, aVerdict, BEARER, idleDeps, idleRecorder } from '../../support/admin-app.ts';
import { aRecord } from '../../support/captures.ts';

let folder: string;
let database: Database;
let calls: Calls;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-house-'));
  database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  calls = new Calls(join(folder, 'calls.db'));
});
afterEach(() => {
  calls.close();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function store(...records: Partial<CallRecord>[]): void {
  const writer = new CallWriter(database);
  writer.write(records.map((over) => ({ record: aRecord(over), costNanos: 1, log: null })));
}

async function ask(
  path: string,
  given: Partial<AdminDeps> = {},
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const app = anAdminApp({
    calls,
    house: aHouse({ db: join(folder, 'calls.db'), logDir: join(folder, 'logs') }),
    ...given,
  });
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await app.request(path, { headers: BEARER, ...init });
  return { status: answer.status, json: await answer.json() };
}

describe('admin/house-routes', () => {
  it('tells every option with its value and who said so, and no secret', async () => {
    const file = join(folder, 'llm-proxy.toml');
    writeFileSync(file, 'log_level = "warn"\n[logs]\nmax_age_days = 7\n');
    const { settings } = loadConfig({
      flags: { home: folder, port: '0' },
      env: { LLM_PROXY_UPSTREAM_PROXY: 'http://me:hunter2secret@corp:3128' },
      cwd: folder,
    });
    const { json } = await ask('/api/settings', { house: aHouse({ settings }) });
    const found = (key: string): unknown =>
      (json as { settings: { key: string }[] }).settings.find((one) => one.key === key);
    expect(found('port')).toMatchObject({ value: 0, origin: 'flag', where: '--port', default: 8080 });
    expect(found('logs.max_age_days')).toMatchObject({ value: 7, origin: 'file', where: `${file}:3`, default: 30 });
    expect(found('upstream_proxy')).toMatchObject({
      value: 'http://[masked]@corp:3128',
      origin: 'environment',
      where: 'LLM_PROXY_UPSTREAM_PROXY',
    });
    expect(found('host')).toMatchObject({
      value: '127.0.0.1',
      origin: 'default',
      where: null,
      variable: 'LLM_PROXY_HOST',
    });
    expect(JSON.stringify(json)).not.toContain('hunter2secret');
  });

  it('tells what is stored, and how much room that takes', async () => {
    store({ id: 'call_0001' }, { id: 'call_0002', started_at: '2026-11-22T12:00:00.000Z' });
    pin(database, 'session', 's1', '2026-11-22T12:00:00.000Z');
    mkdirSync(join(folder, 'logs/sessions'), { recursive: true });
    writeFileSync(join(folder, 'logs/a.log'), 'x'.repeat(100));
    writeFileSync(join(folder, 'logs/sessions/b.jsonl'), 'x'.repeat(11));
    const { json } = await ask('/api/storage');
    expect(json).toMatchObject({
      database: { file: join(folder, 'calls.db'), free: expect.any(Number), wal: expect.any(Number) },
      search: null,
      logs: { folder: join(folder, 'logs'), bytes: 111, files: 2, partial: false },
      records: 2,
      oldest: '2026-11-21T12:00:00.000Z',
      newest: '2026-11-22T12:00:00.000Z',
      pins: { calls: 0, sessions: 1 },
      retention: { bodies_max_age_days: 90, records_max_age_days: 0 },
    });
    expect((json as { database: { used: number } }).database.used).toBeGreaterThan(10_000);
  });

  it('tells how the sinks are', async () => {
    const sink = { name: 'sqlite', state: 'failing', queued: 2, dropped: 3, error: 'disk full' } as const;
    const recorder = { ...idleRecorder, health: () => Promise.resolve({ live: 0, sinks: [sink] }) };
    expect((await ask('/api/exporters', { recorder: () => recorder })).json).toEqual({ exporters: [sink] });
    expect((await ask('/api/exporters', { readOnly: true })).json).toEqual({ exporters: [] });
  });

  it('tells who has called, what that runs on, and who could not', async () => {
    store(
      { id: 'call_0001', client: 'openai-python/1.99.0' },
      { id: 'call_0002', client: 'openai-python/1.99.0', started_at: '2026-11-22T13:20:00.000Z' },
      { id: 'call_0003', client: 'claude-code/2.1.3' },
      { id: 'call_0004', client: null },
    );
    const trouble = {
      host: 'api.openai.com',
      client: null,
      cause: 'closed',
      hint: 'h',
      count: 1,
      first_at: 'a',
      last_at: 'b',
    };
    const setup = {
      proxy_url: 'http://127.0.0.1:8080',
      ca_file: '/ca.pem',
      bundle_file: '/b.pem',
      tls_troubles: [trouble],
    };
    const net = { ...idleDeps().net, setup: () => Promise.resolve(setup) };
    expect((await ask('/api/setup', { net })).json).toEqual({
      ...setup,
      clients: [
        {
          client: 'openai-python/1.99.0',
          runtime: 'python',
          first_hour: '2026-11-21T12:00:00.000Z',
          last_hour: '2026-11-22T13:00:00.000Z',
          calls: 2,
        },
        {
          client: 'claude-code/2.1.3',
          runtime: 'claude-code',
          first_hour: '2026-11-21T12:00:00.000Z',
          last_hour: '2026-11-21T12:00:00.000Z',
          calls: 1,
        },
      ],
    });
  });
});

describe('admin/provider-routes', () => {
  it('lists who is known, where calls to them lead and what happens to these', async () => {
    const { json } = await ask('/api/providers');
    const { providers } = json as { providers: { id: string }[] };
    expect(providers.length).toBeGreaterThan(40);
    expect(providers.find(({ id }) => id === 'anthropic')).toMatchObject({
      kind: 'model',
      hosts: expect.arrayContaining(['api.anthropic.com']),
      base_url: expect.stringContaining('api.anthropic.com'),
      verdict: 'intercept',
      endpoints: expect.arrayContaining([{ method: 'POST', path: '/v1/messages', operation: 'chat' }]),
    });
    expect(providers.find(({ id }) => id === 'stripe')).toMatchObject({ kind: 'payments', verdict: 'tunnel' });
  });

  it('says what would happen to a call', async () => {
    const asked: string[] = [];
    const net = {
      ...idleDeps().net,
      explain: (url: string) => {
        asked.push(url);
        return Promise.resolve(aVerdict());
      },
    };
    const { json } = await ask('/api/policy', { net }, { url: 'https://api.anthropic.com/v1/messages' });
    expect(json).toMatchObject({
      verdict: 'intercept',
      provider: 'anthropic',
      endpoint: { method: 'POST', path: '/v1/messages', operation: 'chat', kind: 'inference' },
    });
    expect(asked).toEqual(['https://api.anthropic.com/v1/messages']);
    for (const body of [{}, { url: 1 }, { url: 'ftp://x' }, { url: 'https://' }, null])
      expect((await ask('/api/policy', { net }, body)).status, JSON.stringify(body)).toBe(400);
    expect(asked).toHaveLength(1);
  });
});

function at(second: number): string {
  return new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
}

describe('admin/facet-routes', () => {
  it('counts what the calls of a filter are made of, the most frequent first', async () => {
    store(
      { id: 'call_0001' },
      { id: 'call_0002', status: 500, session_id: 's1' },
      { id: 'call_0003', provider: 'openai', response_model: 'gpt-5', client: 'curl/8' },
    );
    const { json } = await ask('/api/facets');
    expect(json).toMatchObject({
      counted: 3,
      complete: true,
      facets: {
        provider: [
          { value: 'anthropic', calls: 2 },
          { value: 'openai', calls: 1 },
        ],
        status: [
          { value: '200', calls: 2 },
          { value: '500', calls: 1 },
        ],
        session: expect.arrayContaining([{ value: 's1', calls: 1 }]),
      },
    });
    const filtered = await ask('/api/facets?provider=openai&limit=1');
    expect(filtered.json).toMatchObject({ counted: 1, facets: { model: [{ value: 'gpt-5', calls: 1 }] } });
    expect((await ask('/api/facets?status=fine')).status).toBe(400);
  });

  it('stops when its time is over, and says how far it came; is done with what no call can be', async () => {
    store(...Array.from({ length: 9000 }, (_, index) => ({ id: `call_${10_000 + index}`, started_at: at(index) })));
    let now = 0;
    const clock = { wall: () => 0, now: () => (now += 70) };
    expect((await ask('/api/facets', { clock })).json).toMatchObject({
      counted: 4000,
      complete: false,
      since: at(4999).replace('.000Z', '.001Z'),
    });
    const patient = { wall: () => 0, now: () => 0 };
    expect((await ask('/api/facets', { clock: patient })).json).toMatchObject({
      counted: 9000,
      complete: true,
      since: null,
    });
    const none = await ask('/api/facets?provider=nobody', { clock });
    expect(none.json).toMatchObject({ counted: 0, complete: true });
    const past = await ask(`/api/facets?until=${at(1000)}&since=${at(10)}`, { clock });
    expect(past.json).toMatchObject({ counted: 990, complete: true });
  });

  it('counts those of one session wherever they are', async () => {
    store({ id: 'call_0001', session_id: 's1' }, { id: 'call_0002' });
    const { json } = await ask('/api/facets?session=s1', { clock: { wall: () => 0, now: () => 0 } });
    expect(json).toMatchObject({ counted: 1, complete: true });
  });

  it('counts those that words find', async () => {
    store({ id: 'call_0001' });
    expect((await ask('/api/facets?q=nothing')).json).toMatchObject({ counted: 0, complete: true });
  });
});
