import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { listCallsInTime, type PageInTime } from '../../../src/store/calls-in-time.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { type CallFilter, listCalls } from '../../../src/store/queries.ts';
import { parseQuery } from '../../../src/store/search/query.ts';
import { aRecord } from '../../support/captures.ts';

const CALLS = 2400;
const START = Date.parse('2026-11-21T00:00:00.000Z');

let database: Database;

beforeAll(() => {
  database = openDatabase(':memory:');
  migrate(database);
  const writer = new CallWriter(database);
  writer.write(
    Array.from({ length: CALLS }, (_, index) => ({
      record: aRecord({
        id: `call_${String((index * 7919) % CALLS).padStart(5, '0')}`,
        // Some begin in the same millisecond.
        started_at: new Date(START + Math.floor(index / 3) * 1000).toISOString(),
        provider: index % 5 === 0 ? 'openai' : 'anthropic',
        stop_reason: index % 97 === 0 ? 'max_tokens' : 'end_turn',
        // A name each: more than are kept of an agent would be too many for a test, so one is too long instead.
        agent: index % 11 === 0 ? 'x'.repeat(600) + String(index) : null,
        duration_ms: index,
      }),
      // One is unpriced, the oldest.
      costNanos: index === 0 ? null : 5,
      log: null,
    })),
  );
});
afterAll(() => database.close());

const filterOf = (q: string): CallFilter => ({ conditions: parseQuery(q, START).conditions });

/** A clock that goes on by so much with each look. */
function clock(stepMs: number): () => number {
  let at = 0;
  return () => (at += stepMs);
}

function walk(filter: CallFilter, limit: number, budgetMs: number, stepMs: number) {
  const pages: PageInTime[] = [];
  for (let cursor: string | undefined; pages.length === 0 || cursor !== undefined;) {
    const page = listCallsInTime(database, filter, { limit, cursor }, { budgetMs, now: clock(stepMs), window: 100 });
    pages.push(page);
    cursor = page.nextCursor ?? undefined;
  }
  return { ids: pages.flatMap(({ calls }) => calls.map(({ id }) => id)), pages };
}

const allOf = (filter: CallFilter): string[] => listCalls(database, filter, 1000).calls.map(({ id }) => id);

describe('store/calls-in-time', () => {
  it.each([
    'stop:max_tokens',
    'stop:nothing',
    'duration:<10ms',
    'duration:>2390ms',
    'provider:openai duration:<0.3',
    '-provider:anthropic stop:max_tokens',
    'since:2026-11-21T00:10:00Z stop:max_tokens',
    'until:2026-11-21T00:02:00Z',
    'until:2026-11-21T00:02:00Z since:2026-11-21T00:01:59Z -stop:nothing',
    'agent:x77',
    '-agent:x77 duration:<0.4',
    '-session:nobody duration:<0.01',
  ])('finds of %s what one look at all calls finds, whatever the time for a page is', (q) => {
    const filter = filterOf(q);
    const all = allOf(filter);
    expect(walk(filter, 7, Infinity, 0).ids).toEqual(all);
    expect(walk(filter, 7, 5, 3).ids).toEqual(all);
    expect(walk(filter, 1000, 0, 1).ids).toEqual(all);
  });

  it.each(['is:unpriced', 'is:unpriced provider:openai', 'is:unpriced provider:nobody'])(
    'finds the few of %s in one step, however many calls there are',
    (q) => {
      const { pages, ids } = walk(filterOf(q), 7, 0, 1);
      expect(pages).toHaveLength(1);
      expect(ids).toEqual(q.endsWith('nobody') ? [] : ['call_00000']);
    },
  );

  it('looks at whole rows by their numbers, and at no other', () => {
    const statements: string[] = [];
    const watched = { ...database, prepare: (sql: string) => (statements.push(sql), database.prepare(sql)) };
    const ask = { limit: 5, cursor: undefined };
    const page = listCallsInTime(watched, { provider: 'openai' }, ask, { budgetMs: 0, now: clock(0) });
    expect(page.calls.map(({ provider }) => provider)).toEqual(Array.from({ length: 5 }, () => 'openai'));
    const ofCalls = statements.filter((sql) => sql.includes('FROM llm_calls'));
    expect(ofCalls).toHaveLength(1);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${ofCalls[0] ?? ''}`).all('[]', 'openai');
    expect(plan.map(({ detail }) => detail).join('; ')).toContain('USING INTEGER PRIMARY KEY');
  });

  it('goes by the time where an index names nearly all calls', () => {
    const filter = filterOf('id:call_');
    expect(walk(filter, 7, 5, 3).ids).toEqual(walk({}, 7, Infinity, 0).ids);
    const statements: string[] = [];
    const watched = { ...database, prepare: (sql: string) => (statements.push(sql), database.prepare(sql)) };
    listCallsInTime(watched, filter, { limit: 5, cursor: undefined }, { budgetMs: 0, now: clock(0) });
    const sql = statements.find((one) => one.startsWith('SELECT *')) ?? '';
    const values = Array.from({ length: sql.split('?').length - 1 }, () => '');
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    expect(plan.map(({ detail }) => detail).join('; ')).toMatch(
      /^S\w+ llm_calls USING INDEX llm_calls_started\b[^;]*$/,
    );
  });

  it('stops when the time is up, says so, and goes on there', () => {
    const { pages, ids } = walk(filterOf('duration:>3600s'), 10, 5, 4);
    expect(ids).toEqual([]);
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.slice(0, -1).every(({ partial }) => partial)).toBe(true);
    expect(pages.at(-1)).toEqual({ calls: [], nextCursor: null, partial: false });
  });

  it('knows at once what no call has a name for', () => {
    for (const q of ['stop:nothing', 'model:nothing', 'status:404', 'tool:nothing', 'is:steered', 'provider:open'])
      expect(walk(filterOf(q), 10, 0, 1).pages).toEqual([{ calls: [], nextCursor: null, partial: false }]);
    expect(walk({ provider: 'nobody' }, 10, 0, 1).pages).toHaveLength(1);
  });

  it('is not partial when the page is full, whatever time it took', () => {
    const page = listCallsInTime(
      database,
      filterOf('provider:anthropic'),
      { limit: 5, cursor: undefined },
      { budgetMs: 0, now: clock(1000) },
    );
    expect(page.calls).toHaveLength(5);
    expect(page.partial).toBe(false);
    expect(page.nextCursor).not.toBeNull();
  });

  it('looks at nothing below the period that was asked for', () => {
    const recent = 'since:2026-11-21T00:13:00Z duration:>3600s';
    expect(walk(filterOf(recent), 10, 0, 1).pages).toHaveLength(1);
    expect(walk({ ...filterOf('duration:>3600s'), since: '2026-11-21T00:13:00.000Z' }, 10, 0, 1).pages).toHaveLength(1);
  });

  it('asks an index for what an index names', () => {
    const page = listCallsInTime(
      database,
      { session: 'nobody', ...filterOf('stop:nothing') },
      { limit: 5, cursor: undefined },
      { budgetMs: 0, now: clock(1000) },
    );
    expect(page).toEqual({ calls: [], nextCursor: null, partial: false });
  });
});
