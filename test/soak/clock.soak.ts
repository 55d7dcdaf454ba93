/** A real daemon under load whose clock is set back and forward. Its clients go by the same clock, its upstream does not. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase, type SqlRow } from '../../src/store/driver.ts';
import { loadTotals, statsOf, sumCalls } from '../../src/store/queries.ts';
import { SteadyLoad } from '../support/steady-load.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CLIENTS = 12;
const STEP_MS = 3000;
/** A process sees a clock that is set this much later; handshakes are under way. */
const SEEN_MS = 1000;
/** The daemon looks for what is old 10 s after its start, and each minute from then on. */
const FIRST_ROUND_MS = 13_000;
const ROUND_MS = 63_000;
const SHIM = new URL('../support/shifted-clock.mjs', import.meta.url).href;
const SETTINGS = `[logs]
max_age_days = 30
[retention]
bodies_max_age_days = 30
records_max_age_days = 30
[session_log]
enabled = true
`;

let folder: string;
let load: SteadyLoad;
let shifts: { ms: number; until: number }[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-soak-'));
  shifts = [];
  setClock(0);
  const config = join(folder, 'llm-proxy.toml');
  writeFileSync(config, SETTINGS);
  load = await SteadyLoad.open({
    folder,
    home: home(),
    clients: CLIENTS,
    args: ['--config', config],
    env: { NODE_OPTIONS: `--import ${SHIM}`, LLM_PROXY_TEST_CLOCK: join(folder, 'shift') },
    walls: () => shifts.filter(({ until }) => until > performance.now()).map(({ ms }) => Date.now() + ms),
  });
});

afterEach(async () => {
  await load.close();
  rmSync(folder, { recursive: true, force: true });
});

const home = (...parts: string[]): string => join(folder, 'home', ...parts);

/** @param ms from the true time */
function setClock(ms: number): void {
  for (const shift of shifts) shift.until = Math.min(shift.until, performance.now() + SEEN_MS);
  shifts.push({ ms, until: Infinity });
  writeFileSync(join(folder, 'shift'), String(ms));
}

function ask<T>(question: (database: Database) => T): T {
  const database = openDatabase(home('data', 'llm-proxy.db'), { readOnly: true });
  try {
    return question(database);
  } finally {
    database.close();
  }
}

const all = (sql: string, ...values: string[]): SqlRow[] => ask((database) => database.prepare(sql).all(...values));
const one = (sql: string): unknown => Object.values(all(sql)[0] ?? {})[0];
const logs = (): string[] => readdirSync(home('logs'), { recursive: true, encoding: 'utf8' }).sort();
const told = (): string[] =>
  load.daemon
    .output()
    .split('\n')
    .filter((line) => /"level":"(?:warn|error)"/.test(line));

/** A log file of so many days ago, as earlier days left it. */
function leaveLog(days: number): string {
  const wall = new Date(Date.now() - days * DAY);
  const name = `openai-${wall.toISOString().slice(0, 10)}_12-00-00.log`;
  mkdirSync(home('logs'), { recursive: true });
  writeFileSync(home('logs', name), 'of an earlier day\n');
  utimesSync(home('logs', name), wall, wall);
  return name;
}

/** How many calls the live view has told of. */
function watchLive(): () => number {
  let seen = 0;
  void (async () => {
    const response = await load.daemon.get('/api/live');
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) seen += decoder.decode(bytes).split('\nevent: call').length - 1;
  })().catch(() => {});
  return () => seen;
}

/** The books, whatever the clock was. Nobody calls meanwhile. */
async function expectTrueBooks(): Promise<void> {
  expect(load.failures).toEqual([]);
  await expect.poll(async () => (await load.json('/api/stats'))['total_requests']).toBe(load.made);
  await expect.poll(() => one('SELECT count(*) FROM llm_calls')).toBe(load.made);
  expect(one('PRAGMA integrity_check')).toBe('ok');
  expect(await load.dropped()).toEqual({});
  expect(one('SELECT count(*) FROM llm_calls WHERE min(duration_ms, ttfb_ms) < 0 OR ttft_ms < 0')).toBe(0);
  // The clock of the wall has no part in them.
  expect(one(`SELECT count(*) FROM llm_calls WHERE duration_ms > ${HOUR / 2}`)).toBe(0);
  expectTrueSums();
  for (let client = 0; client < CLIENTS; client += 1) {
    const own = load.calls.filter(({ session }) => session === `session-${client}`).map(({ id }) => id);
    const sql = 'SELECT response_id, session_id FROM llm_calls WHERE session_id LIKE ? ORDER BY seq';
    const stored = all(sql, `%session-${client}`).map((row) => row['response_id']);
    expect(stored, `the calls of client ${client} in their order`).toEqual(own);
  }
}

/** Sums by model, by hour and by day are those of the rows. */
function expectTrueSums(): void {
  const [totals, sums] = ask((database) => [
    statsOf(loadTotals(database).models, null),
    statsOf(sumCalls(database, {}), null),
  ]);
  expect(totals).toEqual(sums);
  const hours = 'SELECT substr(started_at, 1, 13) AS hour, count(*) AS calls FROM llm_calls GROUP BY 1 ORDER BY 1';
  expect(all('SELECT substr(hour, 1, 13) AS hour, sum(requests) AS calls FROM hourly GROUP BY 1 ORDER BY 1')).toEqual(
    all(hours),
  );
}

describe('a daemon whose clock is set', () => {
  it('hurts no call, keeps the order of its records and the sums right, and goes on telling of calls', async () => {
    await load.start();
    load.go();
    const live = watchLive();
    await load.during(STEP_MS);
    const waits: string[] = [];
    for (const [name, ms] of [
      ['back by an hour', -HOUR],
      ['right', 0],
      ['back by 400 days', -400 * DAY],
      ['right', 0],
      ['forward by 400 days', 400 * DAY],
      ['right', 0],
    ] as const) {
      setClock(ms);
      const before = live();
      const wait = await load.during(STEP_MS);
      waits.push(`${name} ${wait.toFixed(0)} ms`);
      expect(live(), `calls in the live view, ${name}`).toBeGreaterThan(before);
      expect((await load.daemon.get('/api/calls?limit=5')).status).toBe(200);
    }
    await load.pause();
    await expectTrueBooks();
    // A new file for another day, none written anew.
    const files = logs().filter((name) => /^anthropic-.*\.log$/.test(name));
    expect(files.length).toBeGreaterThan(2);
    process.stdout.write(
      `set: ${load.made} calls, ${load.failures.length} failed; longest waits: ${waits.join(', ')}\n`,
    );
    expect(await load.daemon.stop()).toBe(0);
  });

  it('deletes nothing for a wrong date, in this life and the next, and what is old once the date is right', async () => {
    const [young, old] = [leaveLog(10), leaveLog(40)];
    setClock(400 * DAY);
    await load.start();
    load.go();
    await load.during(FIRST_ROUND_MS);
    expect(logs()).toEqual(expect.arrayContaining([young, old]));
    expect(told().filter((line) => line.includes('the clock of this machine is wrong'))).toHaveLength(1);
    setClock(0);
    await expect.poll(logs).not.toContain(old);
    expect(logs()).toContain(young);
    await load.pause();
    const kept = load.made;
    await expect.poll(() => one('SELECT count(*) FROM llm_calls')).toBe(kept);
    setClock(400 * DAY);
    await pause(ROUND_MS);
    expect(told().filter((line) => line.includes('the clock was set forward'))).toHaveLength(1);
    expect(logs()).toContain(young);
    expect(await load.daemon.stop()).toBe(0);
    await load.start();
    await pause(FIRST_ROUND_MS);
    expect(logs()).toContain(young);
    await expectTrueBooks();
    process.stdout.write(
      `deleted for a date that is 400 days ahead: nothing of ${kept} calls and ${logs().length} files\n`,
    );
    expect(await load.daemon.stop()).toBe(0);
  });
});
