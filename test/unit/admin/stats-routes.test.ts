import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkToken } from '../../../src/admin/access.ts';
import { Calls } from '../../../src/admin/calls.ts';
import { statsRoutes } from '../../../src/admin/stats-routes.ts';
import { statsQueryOf } from '../../../src/admin/stats-query.ts';
import { emptyTally, toTotals } from '../../../src/core/totals.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { aRecord } from '../../support/captures.ts';

const TOKEN = 'the-token-of-this-test';
const RUNNING = { ...toTotals(emptyTally()), total_requests: 7, by_provider: {}, by_model: {}, since: null };

let folder: string;
let calls: Calls;
let app: Hono;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-stats-'));
  const database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  new CallWriter(database).write([
    { record: aRecord(), costNanos: 6_000_000, log: null },
    {
      record: aRecord({ id: 'call_2', provider: 'openai', status: 500, started_at: '2026-11-21T13:00:00.000Z' }),
      costNanos: null,
      log: null,
    },
  ]);
  database.close();
  calls = new Calls(join(folder, 'calls.db'));
  app = new Hono();
  app.use(checkToken({ token: TOKEN, host: '127.0.0.1', allowedHosts: [] }));
  statsRoutes(app, { calls, recorder: () => ({ stats: () => Promise.resolve(RUNNING) }) });
});
afterEach(() => {
  calls.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = async (path: string, token = TOKEN): Promise<{ status: number; body: unknown }> => {
  const answer = await app.request(path, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: await answer.json() };
};

describe('admin/stats-routes', () => {
  it('tells of minutes, of a period of a day and no longer', async () => {
    const day = 'since=2026-11-21T00:00:00Z&until=2026-11-22T00:00:00Z&group=minute';
    const { body } = await get(`/api/stats?${day}`);
    expect(body).toMatchObject({ total_requests: 2, group: 'minute' });
    expect((body as { groups: { key: string }[] }).groups.map(({ key }) => key)).toEqual([
      `${aRecord().started_at.slice(0, 16)}:00Z`,
      '2026-11-21T13:00:00Z',
    ]);
    const long = statsQueryOf.bind(null, { since: '2026-11-01T00:00:00Z', until: '2026-11-03', group: 'minute' });
    expect(long).toThrow(/25 hours at most/);
  });

  it('answers a question about a period from the store, to whoever has the token', async () => {
    const question = '/api/stats?since=2026-11-21T12:30:00Z&group=provider';
    expect((await get(question, 'another')).status).toBe(401);
    expect((await get(question)).body).toMatchObject({
      total_requests: 1,
      errors: 1,
      since: '2026-11-21T12:30:00.000Z',
      group: 'provider',
      groups: [{ key: 'openai', requests: 1, duration_ms: { p50: null } }],
    });
  });

  it('answers the running totals to anybody who asks nothing more', async () => {
    for (const path of ['/api/stats', '/api/stats?since=', '/api/stats?x=1'])
      expect((await get(path, 'another')).body).toEqual(RUNNING);
  });
});

describe('admin/stats-query', () => {
  it('takes times, a group, a zone and filters; what is empty is not asked', () => {
    expect(statsQueryOf({ since: '2026-11-21', group: 'day', zone: 'Europe/Berlin', client: 'a', agent: '' })).toEqual({
      from: '2026-11-21T00:00:00.000Z',
      to: null,
      group: 'day',
      filter: { client: 'a' },
      zone: 'Europe/Berlin',
    });
  });

  it.each([
    [{ group: 'year' }, 'group must be one of minute, hour, day,'],
    [{ since: 'yesterday' }, 'since must be a time'],
    [{ zone: 'Mars/Olympus' }, 'zone must be a time zone'],
  ])('refuses what means nothing: %j', (given, message) => {
    expect(() => statsQueryOf(given)).toThrow(message);
  });
});
