import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { type CallFilter, conditionsOf, listCalls, parseStatus } from '../../../src/store/queries.ts';
import { parseQuery } from '../../../src/store/search/query.ts';
import { aRecord } from '../../support/captures.ts';

let database: Database;

beforeEach(() => {
  database = openDatabase(':memory:');
  migrate(database);
});
afterEach(() => database.close());

const CURSOR = Buffer.from('2026-11-21T12:00:00.000Z call_1').toString('base64url');
const failed = parseStatus('5xx');
const planOf = (filter: CallFilter): string => {
  const { where, values } = conditionsOf(filter, CURSOR);
  return database
    .prepare(`EXPLAIN QUERY PLAN SELECT * FROM llm_calls ${where} ORDER BY started_at DESC, id DESC LIMIT 51`)
    .all(...values)
    .map((row) => String(row['detail']))
    .join('; ');
};

const write = (id: string, status: number | null): void =>
  new CallWriter(database).write([{ record: aRecord({ id, status }), costNanos: null, log: null }]);
const found = (text: string): string[] =>
  listCalls(database, { status: parseStatus(text) ?? { min: 0, max: 0 } }, 10).calls.map(({ id }) => id);

const ofSession = (session: string): string[] => listCalls(database, { session }, 10).calls.map(({ id }) => id);
const searched = (q: string): string[] =>
  listCalls(database, { conditions: parseQuery(q, 0).conditions }, 10).calls.map(({ id }) => id);
/** As a search looks for what is in few calls. */
const narrowPlanOf = (q: string): string =>
  parseQuery(q, 0)
    .conditions.flatMap(({ sql, values }) =>
      database.prepare(`EXPLAIN QUERY PLAN SELECT seq FROM llm_calls WHERE ${sql} LIMIT 9`).all(...values),
    )
    .map((row) => String(row['detail']))
    .join('; ');

describe('store/queries', () => {
  // What else is asked of calls is found by their narrow rows: calls-in-time.test.ts.
  it.each<[string, CallFilter, RegExp]>([
    ['everything', {}, /USING INDEX llm_calls_started/],
    ['a time', { since: '2026-11-20', until: '2026-11-22' }, /USING INDEX llm_calls_started/],
    ['failures', { status: failed ?? { min: 500, max: 599 } }, /USING INDEX llm_calls_failed/],
    ['failures of a model', { model: 'gpt-4o', status: { min: 429, max: 429 } }, /USING INDEX llm_calls_failed/],
  ])('reads a page of %s, also a deep one, from an index in its order', (_, filter, index) => {
    const plan = planOf(filter);
    expect(plan).toMatch(index);
    expect(plan).not.toContain('TEMP B-TREE');
  });

  it('reads a page of a session from the index of sessions', () => {
    expect(planOf({ session: 'ses_1', provider: 'openai' })).toMatch(/USING INDEX llm_calls_session/);
  });

  it('finds the calls of a session by what the list of sessions prints, and no strangers', () => {
    const calls = [
      { id: 'call_1', session_id: 'chat', key: 'ses_01a1fe4199e8ab1cde92' },
      { id: 'call_2', session_id: '01a1fe', key: 'ses_01b1fe4199e8ab1cde92' },
      { id: 'call_3', session_id: 'ses_01c1fe4199e8ab1cde92', key: 'ses_01c1fe4199e8ab1cde92' },
    ];
    for (const { key, ...record } of calls) {
      new CallWriter(database).write([{ record: aRecord(record), costNanos: null, log: null }]);
      database.prepare('UPDATE llm_calls SET session_key = ? WHERE id = ?').run(key, record.id);
    }
    expect(['chat', '01a1fe4199e8ab1c', 'ses_01a1fe4199e8ab1c', 'ses_01a1fe4199e8ab1cde92'].map(ofSession)).toEqual(
      Array.from({ length: 4 }, () => ['call_1']),
    );
    expect(ofSession('01a1fe')).toEqual(['call_2']);
    expect(ofSession('01c1fe4199e8')).toEqual(['call_3']);
    expect(planOf({ session: '01a1fe4199e8ab1c' })).toMatch(/USING INDEX llm_calls_session_key/);
    expect(['session:chat', 'session:01a1fe4199e8ab1c', 'session:ses_01a1fe'].flatMap(searched)).toEqual(
      Array.from({ length: 3 }, () => 'call_1'),
    );
    for (const q of ['session:01a1fe4199e8ab1c', 'id:01a1fe4199e8ab1c'])
      expect(narrowPlanOf(q), q).toMatch(/MULTI-INDEX OR/);
  });

  it('finds failures by any range of statuses, and what is no failure too', () => {
    for (const status of [200, 399, 400, 404, 500]) write(`call_${status}`, status);
    write('call_none', null);
    expect(found('>=399')).toEqual(['call_500', 'call_404', 'call_400', 'call_399']);
    expect(found('>=400')).toEqual(['call_500', 'call_404', 'call_400']);
    expect(found('4xx')).toEqual(['call_404', 'call_400']);
    expect(found('<500')).toEqual(['call_404', 'call_400', 'call_399', 'call_200']);
  });
});
