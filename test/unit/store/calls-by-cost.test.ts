import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { dearestCalls, type DearestPatience } from '../../../src/store/calls-by-cost.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import type { CallFilter } from '../../../src/store/queries.ts';
import { parseQuery } from '../../../src/store/search/query.ts';
import { aRecord } from '../../support/captures.ts';

const START = Date.parse('2026-11-21T00:00:00.000Z');
const CENT = 10_000_000;
const PATIENCE = { budgetMs: 80, now: () => 0 };
/** More calls than are sorted at once. */
const MANY = { ...PATIENCE, mostSorted: 5 };

let database: Database;
beforeEach(() => {
  database = openDatabase(':memory:');
  migrate(database);
});
afterEach(() => database.close());

function store(costs: readonly (number | null)[], over: (index: number) => Partial<CallRecord> = () => ({})): void {
  new CallWriter(database).write(
    costs.map((costNanos, index) => ({
      record: aRecord({
        id: `call_${String(index).padStart(6, '0')}`,
        started_at: new Date(START + index * 1000).toISOString(),
        ...over(index),
      }),
      costNanos,
      log: null,
    })),
  );
}

function walk(filter: CallFilter, limit: number, patience: DearestPatience = PATIENCE) {
  const pages = [];
  for (let cursor: string | undefined; pages.length === 0 || cursor !== undefined;) {
    const page = dearestCalls(database, filter, { limit, cursor }, patience);
    pages.push(page);
    cursor = page.nextCursor ?? undefined;
  }
  return { ids: pages.flatMap(({ calls }) => calls.map(({ id }) => Number(id.slice(5)))), pages };
}

describe('store/calls-by-cost', () => {
  it('lists the dearest first, the newest of those that cost the same, and none whose price is not known', () => {
    store([3, null, CENT, 3, 0, 5 * CENT, 3]);
    for (const limit of [1, 2, 3, 10]) {
      const { ids, pages } = walk({}, limit);
      expect(ids).toEqual([5, 2, 6, 3, 0, 4]);
      expect(new Set(pages.map(({ above }) => above))).toEqual(new Set([null]));
    }
  });

  it('keeps to the period and to what is asked of the call', () => {
    store([1, 2, 3, 4, 5, 6], (index) => ({ stop_reason: index % 2 === 0 ? 'max_tokens' : 'end_turn' }));
    const since = new Date(START + 2000).toISOString();
    const conditions = parseQuery('stop:max_tokens', START).conditions;
    expect(walk({ since, conditions }, 2).ids).toEqual([4, 2]);
    expect(walk({ among: [1, 2, 6] }, 2).ids).toEqual([5, 1, 0]);
  });

  it('goes on where it stood, though dearer calls came since', () => {
    store([10, 20, 30, 40]);
    const first = dearestCalls(database, {}, { limit: 2, cursor: undefined }, PATIENCE);
    new CallWriter(database).write([{ record: aRecord({ id: 'call_new' }), costNanos: 99, log: null }]);
    const second = dearestCalls(database, {}, { limit: 5, cursor: first.nextCursor ?? undefined }, PATIENCE);
    expect(second.calls.map(({ id }) => id)).toEqual(['call_000001', 'call_000000']);
    const anew = dearestCalls(database, {}, { limit: 1, cursor: 'of another list' }, PATIENCE);
    expect(anew.calls.map(({ id }) => id)).toEqual(['call_new']);
  });

  it('lists of too many calls those of a cent and more alone, says so, and takes no longer than it may', () => {
    store(
      [7, 3, 3, 9, 4, 1, 2, 0.5].map((cents) => cents * CENT),
      (index) => ({ provider: index % 2 === 0 ? 'openai' : 'anthropic', stop_reason: index === 4 ? 'stop' : null }),
    );
    for (const limit of [1, 3, 100]) {
      const { ids, pages } = walk({}, limit, MANY);
      expect(ids).toEqual([3, 0, 4, 2, 1, 6, 5]);
      expect(pages.every(({ above, partial }) => above === 0.01 && !partial)).toBe(true);
    }
    expect(walk({ provider: 'openai' }, 3, MANY).ids).toEqual([0, 4, 2, 6]);
    expect(walk({ conditions: parseQuery('stop:stop', START).conditions }, 3, MANY).ids).toEqual([4]);
  });

  it('stops where the time is over, and says so', () => {
    store(Array.from({ length: 25 }, (_, index) => CENT + index));
    let at = 0;
    const slow = { ...MANY, window: 10, now: () => (at += 100) };
    const { ids, pages } = walk({ conditions: parseQuery('id:call_000003', START).conditions }, 10, slow);
    expect(ids).toEqual([3]);
    expect(pages.map(({ partial, calls }) => [partial, calls.length])).toEqual([
      [true, 0],
      [true, 0],
      [false, 1],
    ]);
  });
});
