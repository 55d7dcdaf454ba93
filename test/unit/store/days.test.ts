import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { StatsGroup } from '../../../src/core/stats-question.ts';
import type { StoredCall } from '../../../src/store/call-row.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { rollDay, spansOf } from '../../../src/store/days.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { periodStats } from '../../../src/store/period-stats.ts';
import { repricePage } from '../../../src/store/reprice.ts';
import { removeRollupsOf } from '../../../src/store/rollup-writer.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

const TODAY = '2026-11-21';
const GROUPS: readonly (StatsGroup | null)[] = [null, 'hour', 'day', 'model', 'provider', 'client', 'customer'];
let database: Database;
let writer: CallWriter;

beforeEach(() => {
  database = openDatabase(':memory:');
  migrate(database);
  writer = new CallWriter(database);
});
afterEach(() => database.close());

let made = 0;

function stored(started: string, over: Partial<CallRecord> = {}): StoredCall {
  made += 1;
  const record = aRecord({
    id: `call_${made}`,
    started_at: started,
    response_model: `model-${made % 3}`,
    client: made % 4 === 0 ? null : `client-${made % 2}`,
    customer_id: made % 5 === 0 ? 'acme' : null,
    usage: aUsage({ input_tokens: made, output_tokens: 2 * made }),
    duration_ms: 37 * made,
    ttft_ms: made % 2 === 0 ? 11 * made : null,
    ...over,
  });
  return { record, costNanos: 1000 * made, log: null };
}

/** Five days with a day without a call among them, and today. */
const fill = (): void =>
  writer.write(
    ['17', '18', '20', TODAY.slice(8)].flatMap((day) =>
      Array.from({ length: 60 }, (_, index) => {
        const hour = String((index * 7) % 24).padStart(2, '0');
        return stored(`2026-11-${day}T${hour}:${String(index % 60).padStart(2, '0')}:00.000Z`);
      }),
    ),
  );
const rollAll = (): string[] => {
  const days: string[] = [];
  for (let day = rollDay(database, TODAY); day !== null; day = rollDay(database, TODAY)) days.push(day);
  return days;
};
const PERIODS = [
  [null, null],
  ['2026-11-17T12:30:00.000Z', '2026-11-20T06:15:00.000Z'],
  ['2026-11-18T00:00:00.000Z', null],
  [null, '2026-11-18T00:00:00.000Z'],
  ['2026-11-18T03:00:00.000Z', '2026-11-18T20:00:00.000Z'],
] as const;
const answers = (): unknown[] =>
  PERIODS.flatMap(([from, to]) =>
    [{}, { provider: 'anthropic' }, { model: 'model-1' }, { customer: 'acme' }].flatMap((filter) =>
      GROUPS.map((group) => periodStats(database, { from, to, group, filter, zone: 'UTC' })),
    ),
  );
const rows = (): number => Number(database.prepare('SELECT count(*) AS n FROM daily').get()?.['n']);

describe('store/days', () => {
  it('answers every question about a period as the hours do', () => {
    fill();
    const byHours = answers();
    expect(rollAll()).toEqual(['2026-11-17', '2026-11-18', '2026-11-20']);
    expect(rows()).toBe(9);
    expect(answers()).toEqual(byHours);
    // It is the days that are read.
    database.exec('UPDATE daily SET requests = requests + 1000');
    expect(answers()).not.toEqual(byHours);
  });

  it('rolls a day again to which something was added, and reads its hours until then', () => {
    fill();
    rollAll();
    writer.write([stored('2026-11-18T23:59:00.000Z')]);
    const after = answers();
    expect(rollAll()).toEqual(['2026-11-18']);
    expect(answers()).toEqual(after);
    expect(rollAll()).toEqual([]);
  });

  it('follows new prices', () => {
    fill();
    rollAll();
    const cost = { nanos: 5, source: 'override', price_date: null, confidence: 'exact', lines: [] } as const;
    repricePage(database, { filter: {}, price: () => ({ ...cost, lines: [] }), dryRun: false, after: null });
    const after = answers();
    expect(rollAll()).toHaveLength(3);
    expect(answers()).toEqual(after);
  });

  it('leaves no name that is to be forgotten', () => {
    fill();
    rollAll();
    removeRollupsOf(database, 'customer', 'acme');
    for (const table of ['hourly_by', 'daily_by'])
      expect(database.prepare(`SELECT 1 FROM ${table} WHERE value = 'acme'`).all()).toEqual([]);
  });

  it('splits a period into days that are rolled and hours that are not', () => {
    fill();
    rollAll();
    expect(spansOf(database, { from: '2026-11-17T12', to: '2026-11-21T05' })).toEqual({
      days: [
        { from: '2026-11-18', to: '2026-11-19' },
        { from: '2026-11-20', to: '2026-11-21' },
      ],
      hours: [
        { from: '2026-11-17T12', to: '2026-11-18T00' },
        { from: '2026-11-19T00', to: '2026-11-20T00' },
        { from: '2026-11-21T00', to: '2026-11-21T05' },
      ],
    });
    expect(spansOf(database, { from: '2026-11-17T00', to: '2026-11-19T00' })).toEqual({
      days: [{ from: '2026-11-17', to: '2026-11-19' }],
      hours: [],
    });
    expect(spansOf(database, { from: null, to: null })).toMatchObject({ hours: { length: 3 } });
  });
});
