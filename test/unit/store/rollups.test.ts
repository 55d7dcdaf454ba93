import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { StatsGroup } from '../../../src/core/stats-question.ts';
import { addTally, emptyTally, type Tally, toTotals } from '../../../src/core/totals.ts';
import { type StoredCall, tallyOf } from '../../../src/store/call-row.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase, type SqlRow } from '../../../src/store/driver.ts';
import { percentilesOf, roundedLatency } from '../../../src/store/latencies.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { hourly } from '../../../src/store/migrations/0005-hourly.ts';
import { periodStats, type StatsQuery } from '../../../src/store/period-stats.ts';
import { repricePage } from '../../../src/store/reprice.ts';
import { hasLatency, removeRollupsOf, RollupWriter } from '../../../src/store/rollup-writer.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

let database: Database;
let writer: CallWriter;

beforeEach(() => {
  database = openDatabase(':memory:');
  migrate(database);
  writer = new CallWriter(database);
});
afterEach(() => database.close());

const stored = (over: Partial<CallRecord> = {}): StoredCall => {
  const record = aRecord(over);
  return { record, costNanos: record.cost_usd === null ? null : Math.round(record.cost_usd * 1e9), log: null };
};
const asking = (over: Partial<StatsQuery> = {}): StatsQuery => ({
  from: null,
  to: null,
  group: null,
  filter: {},
  zone: 'UTC',
  ...over,
});

const dayIn = (zone: string): unknown =>
  periodStats(database, asking({ group: 'day', zone })).groups?.map(({ key }) => key);

/** Rows with the latencies in a fixed order: their order in the text has no meaning. */
const rowsOf = (from: Database, table: string): SqlRow[] =>
  from
    .prepare(`SELECT * FROM ${table}`)
    .all()
    .map((row) => ({ ...row, duration_ms: counted(row['duration_ms']), ttft_ms: counted(row['ttft_ms']) }));
const counted = (text: unknown): string => {
  const counts = new Map<string, number>();
  for (const entry of String(text).split(' ')) {
    const [ms = '', count = '1'] = entry.split(':');
    if (ms !== '') counts.set(ms, (counts.get(ms) ?? 0) + Number(count));
  }
  return [...counts]
    .map(([ms, count]) => `${ms}:${count}`)
    .toSorted()
    .join(' ');
};

/** What the tables would hold if they were made anew from the calls. */
const rebuilt = (): Record<string, SqlRow[]> => {
  const before = ['hourly', 'hourly_by'].map((table) => rowsOf(database, table));
  database.exec(`SAVEPOINT again; DROP TABLE hourly; DROP TABLE hourly_by; ${hourly}`);
  const after = ['hourly', 'hourly_by'].map((table) => rowsOf(database, table));
  database.exec('ROLLBACK TO again; RELEASE again');
  expect(before).toEqual(['hourly', 'hourly_by'].map((table) => rowsOf(database, table)));
  return { hourly: after[0] ?? [], hourly_by: after[1] ?? [] };
};
const rollups = (): Record<string, SqlRow[]> => ({
  hourly: rowsOf(database, 'hourly'),
  hourly_by: rowsOf(database, 'hourly_by'),
});

const START = Date.UTC(2026, 10, 21, 9);
const at = (minute: number): string => new Date(START + minute * 60_000).toISOString();
const anyName = fc.constantFrom(null, 'a', 'b', 'two\nlines', 'ü: "\t"');
const anyCall: fc.Arbitrary<Partial<CallRecord>> = fc
  .record({
    minute: fc.integer({ min: 0, max: 300 }),
    provider: fc.constantFrom('openai', 'anthropic'),
    request_model: fc.constantFrom(null, 'one', 'two'),
    response_model: fc.constantFrom(null, 'two', 'three'),
    client: anyName,
    agent: anyName,
    section: anyName,
    customer_id: anyName,
    tenant_id: anyName,
    leg: fc.constantFrom('primary', 'primary', 'primary', 'shadow'),
    inference: fc.boolean(),
    status: fc.constantFrom(200, 200, 429, null),
    outcome: fc.constantFrom('complete', 'complete', 'client_aborted', 'upstream_error'),
    duration_ms: fc.oneof(
      fc.double({ min: 0, max: 2e6, noNaN: true }),
      fc.constantFrom(0, 0.5, 99.4, 99.5, 994.9, 995, 12_345),
    ),
    ttft_ms: fc.option(fc.double({ min: 0, max: 2e4, noNaN: true })),
    cost_usd: fc.option(fc.integer({ min: 0, max: 1e6 }).map((micros) => micros / 1e6)),
    tokens: fc.option(fc.integer({ min: 0, max: 1e6 })),
    isEstimate: fc.boolean(),
  })
  .map(({ minute, tokens, isEstimate, ...rest }) => ({
    ...rest,
    started_at: new Date(START + minute * 60_000).toISOString(),
    usage: aUsage({
      input_tokens: tokens,
      ...(isEstimate ? { estimated: ['output_tokens'] as const, source: 'estimate' as const } : {}),
    }),
  }));

const sumOf = (calls: readonly StoredCall[]): Tally => {
  const sum = emptyTally();
  for (const call of calls) addTally(sum, tallyOf(call));
  return sum;
};

describe('store/rollup-writer', () => {
  it('keeps the sums by hour equal to sums over the rows, whatever is written, repriced and removed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyCall, { maxLength: 12 }), { maxLength: 4 }),
        fc.boolean(),
        (batches, removes) => {
          database.exec('DELETE FROM llm_calls; DELETE FROM hourly; DELETE FROM hourly_by; DELETE FROM totals');
          let count = 0;
          const all: StoredCall[] = [];
          for (const batch of batches) {
            const calls = batch.map((over) => stored({ ...over, id: `call_${(count += 1)}` }));
            all.push(...calls);
            // What is delivered twice counts once.
            writer.write([...calls, ...calls.slice(0, 2)]);
          }
          expect(rollups()).toEqual(rebuilt());

          repricePage(database, {
            filter: { provider: 'openai' },
            price: () => ({ nanos: 7, source: 'override', price_date: null, confidence: 'exact', lines: [] }),
            dryRun: false,
            after: null,
          });
          expect(rollups()).toEqual(rebuilt());

          if (!removes) return;
          const writerOfRollups = new RollupWriter(database);
          for (const { record } of all.slice(0, Math.ceil(all.length / 2))) {
            const row = database.prepare('SELECT provider, cost_nanos FROM llm_calls WHERE id = ?').get(record.id);
            const nanos = row?.['cost_nanos'] ?? null;
            const call = { record, costNanos: nanos === null ? null : Number(nanos), log: null };
            const repriced = record.provider === 'openai' ? { ...record, cost: { ...record.cost, lines: [] } } : record;
            database.prepare('DELETE FROM llm_calls WHERE id = ?').run(record.id);
            writerOfRollups.remove(call, tallyOf({ ...call, record: repriced }));
          }
          writerOfRollups.flush();
          expect(rollups()).toEqual(rebuilt());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has nothing of a transaction that was given up', () => {
    writer.begin();
    writer.add(stored());
    writer.rollBack();
    writer.write([stored({ id: 'call_2', provider: 'openai' })]);
    expect(rowsOf(database, 'hourly')).toMatchObject([{ provider: 'openai', calls: 1 }]);
  });

  it('forgets a customer by name, and keeps what was spent', () => {
    writer.write([stored({ customer_id: 'acme' }), stored({ id: 'call_2', customer_id: 'other' })]);
    removeRollupsOf(database, 'customer', 'acme');
    expect(rowsOf(database, 'hourly_by').map((row) => row['value'])).not.toContain('acme');
    expect(rowsOf(database, 'hourly')).toMatchObject([{ calls: 2, cost_nanos: 12_000_000 }]);
  });
});

describe('store/period-stats', () => {
  const GROUPS: readonly StatsGroup[] = ['hour', 'day', 'provider', 'model', 'client', 'agent', 'customer'];

  it('answers any period by any group with the sums and percentiles of its calls', () => {
    const anyTime = fc.option(fc.integer({ min: -30, max: 330 }).map((minute) => new Date(START + minute * 60_000)));
    const anyFilter = fc.record(
      { provider: fc.constantFrom('openai', 'x'), client: fc.constantFrom('a', 'b'), customer: fc.constant('a') },
      { requiredKeys: [] },
    );
    const question = fc.record({ from: anyTime, to: anyTime, filter: anyFilter, group: fc.constantFrom(...GROUPS) });
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 30 }), fc.array(question, { maxLength: 6 }), (calls, questions) => {
        database.exec('DELETE FROM llm_calls; DELETE FROM hourly; DELETE FROM hourly_by; DELETE FROM totals');
        const all = calls.map((over, index) => stored({ ...over, id: `call_${index}` }));
        writer.write(all);
        for (const { from, to, filter, group } of questions) {
          const asked = asking({ from: from?.toISOString() ?? null, to: to?.toISOString() ?? null, filter, group });
          const matching = all.filter(({ record }) => matches(record, asked));
          const answer = periodStats(database, asked);
          const { requests, ...rest } = toTotals(sumOf(matching));
          expect(answer).toMatchObject({ total_requests: requests, ...rest, whole_hours: false });
          expect(answer.duration_ms).toEqual(percentilesOf(durationsOf(matching)));
          const byKey = grouped(matching, group);
          expect(new Set(answer.groups?.map(({ key }) => key))).toEqual(new Set(byKey.keys()));
          for (const { key, ...sums } of answer.groups ?? []) {
            expect(sums).toMatchObject(toTotals(sumOf(byKey.get(key) ?? [])));
            expect(sums.duration_ms).toEqual(percentilesOf(durationsOf(byKey.get(key) ?? [])));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('widens a period to whole hours when calls of its ends are gone, and says so', () => {
    writer.write([0, 20, 40, 70].map((minute) => stored({ id: `call_${minute}`, started_at: at(minute) })));
    const question = asking({ from: at(30), to: at(90) });
    expect(periodStats(database, question)).toMatchObject({ total_requests: 2, since: at(30), whole_hours: false });
    database.exec('DELETE FROM llm_calls');
    expect(periodStats(database, question)).toMatchObject({
      total_requests: 4,
      since: at(0),
      until: at(120),
      whole_hours: true,
    });
  });

  it('says how many deleted calls are missing in sums over two dimensions', () => {
    const calls = [0, 20, 40, 70].map((minute) =>
      stored({
        id: `call_${minute}`,
        started_at: at(minute),
        client: 'a',
        customer_id: minute === 40 ? null : 'c',
        agent: 'x',
      }),
    );
    writer.write(calls);
    const byCustomer = asking({ filter: { client: 'a' }, group: 'customer' });
    const keys = () => periodStats(database, byCustomer).groups?.map(({ key, requests }) => [key, requests]);
    expect(periodStats(database, byCustomer)).toMatchObject({ total_requests: 4, deleted_calls: 0 });
    expect(keys()).toEqual([
      ['c', 3],
      [null, 1],
    ]);
    database.exec("DELETE FROM llm_calls WHERE id = 'call_0'");
    expect(periodStats(database, byCustomer)).toMatchObject({ total_requests: 4, deleted_calls: 1 });
    expect(keys()).toEqual([
      ['c', 2],
      [null, 1],
    ]);
    const both = asking({ filter: { client: 'a', agent: 'x' } });
    expect(periodStats(database, both)).toMatchObject({ total_requests: 3, deleted_calls: 1 });
    const one = asking({ filter: { client: 'a' }, group: 'client' });
    expect(periodStats(database, one)).toMatchObject({ total_requests: 4, deleted_calls: 0 });
    expect(periodStats(database, asking({ filter: { client: 'b' }, group: 'agent' }))).toMatchObject({
      deleted_calls: 0,
    });
  });

  it('gives an hour to the day in which it begins, there where the asker lives', () => {
    writer.write([stored({ started_at: '2026-11-21T23:30:00.000Z' })]);
    expect([dayIn('UTC'), dayIn('Asia/Tokyo')]).toEqual([['2026-11-21'], ['2026-11-22']]);
  });

  it('shows the dearest first, and how many it leaves out', () => {
    writer.write(
      Array.from({ length: 1002 }, (_, index) =>
        stored({ id: `call_${index}`, customer_id: `c${index}`, cost_usd: index / 1000 }),
      ),
    );
    const { groups, groups_left_out: leftOut } = periodStats(database, asking({ group: 'customer' }));
    expect([groups?.length, groups?.[0]?.key, leftOut]).toEqual([1000, 'c1001', 2]);
  });
});

function matches(record: CallRecord, { from, to, filter }: StatsQuery): boolean {
  const model = record.response_model ?? record.request_model ?? '';
  return (
    record.leg === 'primary' &&
    (from === null || record.started_at >= from) &&
    (to === null || record.started_at < to) &&
    (filter.provider === undefined || filter.provider === record.provider) &&
    (filter.model === undefined || filter.model === model) &&
    (filter.client === undefined || filter.client === record.client) &&
    (filter.customer === undefined || filter.customer === record.customer_id)
  );
}

function keyOf(record: CallRecord, group: StatsGroup): string | null {
  switch (group) {
    case 'hour':
      return `${record.started_at.slice(0, 13)}:00:00Z`;
    case 'day':
      return record.started_at.slice(0, 10);
    case 'provider':
      return record.provider;
    case 'model':
      return `${record.provider}/${record.response_model ?? record.request_model ?? 'unknown'}`;
    case 'customer':
      return record.customer_id;
    case 'client':
      return record.client;
    default:
      return record.agent;
  }
}

function grouped(calls: readonly StoredCall[], group: StatsGroup): Map<string | null, StoredCall[]> {
  const result = new Map<string | null, StoredCall[]>();
  for (const call of calls) {
    const key = keyOf(call.record, group);
    result.set(key, [...(result.get(key) ?? []), call]);
  }
  return result;
}

function durationsOf(calls: readonly StoredCall[]): Map<number, number> {
  const result = new Map<number, number>();
  for (const call of calls) {
    if (!hasLatency(tallyOf(call), call.record)) continue;
    const ms = roundedLatency(call.record.duration_ms);
    result.set(ms, (result.get(ms) ?? 0) + 1);
  }
  return result;
}
