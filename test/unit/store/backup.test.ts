import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUp, removeBackups } from '../../../src/store/backup.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { MIGRATIONS, SCHEMA_VERSION } from '../../../src/store/migrations.ts';
import { openStore, type Upkeep } from '../../../src/store/open.ts';
import { periodStats } from '../../../src/store/period-stats.ts';
import { getCall, loadTotals } from '../../../src/store/queries.ts';

const WALL = Date.UTC(2026, 10, 21, 10);

let folder: string;
let path: string;
let told: object[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-backup-'));
  path = join(folder, 'llm-proxy.db');
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A database as version N left it, with two calls in columns that every version has. */
function leftBy(version: number): void {
  const database = openDatabase(path);
  for (const migration of MIGRATIONS.slice(0, version)) database.exec(migration);
  for (const [id, nanos] of [
    ['call_1', 1000],
    ['call_2', 234],
  ] as const) {
    database.exec(`INSERT INTO llm_calls (id, started_at, provider, inference, host, path, method, status, request_model,
      stream, transport, billing, input_tokens, usage_state, cost_nanos, cost_confidence, duration_ms, client, mode, leg,
      outcome, request_bytes, response_bytes, capture_truncated, capture_dropped, counted_requests, counted_errors,
      counted_tool_calls, counted_unpriced, counted_without_usage, counted_inexact)
      VALUES ('${id}', '2026-11-20T09:30:00.000Z', 'openai', 1, 'api.openai.com', '/v1/chat/completions', 'POST', 200,
      'gpt-4o', 0, 'https', 'metered', 11, 'final', ${nanos}, 'exact', 310, 'curl', 'passthrough', 'primary', 'complete',
      5, 7, 0, 0, 1, 0, 0, 0, 0, 0)`);
  }
  const sums = { first_call_at: `'2026-11-20T09:30:00.000Z'`, requests: 2, input_tokens: 22, cost_nanos: 1234 };
  const columns = columnsOf(database, 'totals');
  const values = columns.map(({ name, type }) => {
    if (name === 'provider') return `'openai'`;
    if (name === 'model') return `'gpt-4o'`;
    return String(sums[name as keyof typeof sums] ?? (type === 'TEXT' ? `''` : 0));
  });
  database.exec(`INSERT INTO totals (${columns.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')})`);
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
}

function columnsOf(database: Database, table: string): { name: string; type: string }[] {
  return database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map((row) => ({ name: String(row['name']), type: String(row['type']) }));
}

const opened = (upkeep: Partial<Upkeep> = {}, wall = WALL): Database =>
  openStore(path, wall, openDatabase, { tell: (fields) => void told.push(fields), ...upkeep }).database;
const backups = (): string[] => readdirSync(join(folder, 'backups')).toSorted();
const versionOf = (file: string): unknown => {
  const database = openDatabase(file, { readOnly: true });
  try {
    return database.prepare('PRAGMA user_version').get()?.['user_version'];
  } finally {
    database.close();
  }
};

describe('store/migrations', () => {
  it.each(MIGRATIONS.slice(0, -1).map((_, index) => index + 1))(
    'brings the calls, totals and sums of version %i to the newest, and keeps a copy of it',
    (version) => {
      leftBy(version);
      const database = opened();
      expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION });
      expect(getCall(database, 'call_1')).toMatchObject({ record: { id: 'call_1', client: 'curl' }, costNanos: 1000 });
      expect(loadTotals(database).models).toMatchObject([{ requests: 2, input_tokens: 22, cost_nanos: 1234 }]);
      // Calls that came before there were sums by hour are in them; later ones were summed by the version that wrote them.
      const isSummed = version < MIGRATIONS.findIndex((migration) => migration.includes('CREATE TABLE hourly')) + 1;
      const question = { from: null, to: null, group: null, filter: {}, zone: 'UTC' };
      expect(periodStats(database, question)).toMatchObject({ total_requests: isSummed ? 2 : 0 });
      database.close();
      expect(backups()).toEqual([`llm-proxy-v${version}-2026-11-21T10-00-00-000Z.db`]);
      expect(versionOf(join(folder, 'backups', backups()[0] ?? ''))).toBe(version);
    },
  );
});

describe('store/backup', () => {
  it('is told of, with what the database was and is, so that nobody wonders who changed it', () => {
    leftBy(4);
    opened().close();
    const [news] = told;
    expect(news).toMatchObject({
      file: path,
      from: 4,
      to: SCHEMA_VERSION,
      copy: expect.stringMatching(/backups.*-v4-/),
    });
    opened().close();
    expect(told).toHaveLength(1);
  });

  it('is for its owner only', () => {
    leftBy(1);
    opened().close();
    expect(statSync(join(folder, 'backups')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'backups', backups()[0] ?? '')).mode & 0o777).toBe(0o600);
  });

  it('is made of nothing when there is nothing to lose', () => {
    opened().close();
    opened().close();
    expect(() => backups()).toThrow('ENOENT');
  });

  it('keeps the newest two, by time and not by version, and files of others', () => {
    const day = 86_400_000;
    for (const [version, days] of [
      [3, 0],
      [1, 1],
      [2, 2],
    ] as const) {
      rmSync(path, { force: true });
      leftBy(version);
      opened({}, WALL + days * day).close();
      writeFileSync(join(folder, 'backups', 'mine-v1.db'), '');
    }
    expect(backups()).toEqual([
      'llm-proxy-v1-2026-11-22T10-00-00-000Z.db',
      'llm-proxy-v2-2026-11-23T10-00-00-000Z.db',
      'mine-v1.db',
    ]);
    expect(removeBackups(path)).toBe(2);
    expect(backups()).toEqual(['mine-v1.db']);
  });

  it('removes half a copy of a start that was cut', () => {
    leftBy(1);
    opened().close();
    writeFileSync(join(folder, 'backups', 'llm-proxy-v1-2026-11-20T10-00-00-000Z.part'), 'half');
    rmSync(path);
    leftBy(2);
    opened({}, WALL + 1).close();
    expect(backups().filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('leaves the database as it is when no copy can be made, and says where and why', () => {
    leftBy(2);
    writeFileSync(join(folder, 'backups'), 'a file in the way');
    const before = readFileSync(path);
    expect(() => opened()).toThrow(/of an earlier version and could not be copied to .*backups .*EEXIST/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(versionOf(path)).toBe(2);
  });

  it('asks for room for the copy and the change, and names the way without a copy', () => {
    leftBy(2);
    const database = openDatabase(path);
    const options = { path, keep: 2, wall: WALL, tell: () => {} };
    expect(() => backUp(database, 2, { ...options, roomIn: () => 1000 })).toThrow(
      /takes 1 MB of disk, there are 1 MB: make room, or set store\.backups = 0/,
    );
    expect(backups()).toEqual([]);
    backUp(database, 2, { ...options, roomIn: () => 10_000_000 });
    expect(backups()).toHaveLength(1);
    database.close();
  });

  it('makes none when none are wanted', () => {
    leftBy(2);
    opened({ keep: 0 }).close();
    expect(() => backups()).toThrow('ENOENT');
    expect(versionOf(path)).toBe(SCHEMA_VERSION);
  });
});
