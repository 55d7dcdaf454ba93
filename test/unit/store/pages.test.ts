import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { type CallFilter, conditionsOf, listCalls, parseStatus } from '../../../src/store/queries.ts';
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

describe('store/queries', () => {
  it.each<[string, CallFilter, RegExp]>([
    ['everything', {}, /USING INDEX llm_calls_page/],
    ['a provider', { provider: 'openai' }, /USING INDEX llm_calls_page/],
    ['a model', { model: 'gpt-4o' }, /USING INDEX llm_calls_page/],
    ['a time', { since: '2026-11-20', until: '2026-11-22' }, /USING INDEX llm_calls_page/],
    ['success', { status: { min: 200, max: 299 } }, /USING INDEX llm_calls_page/],
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

  it('finds failures by any range of statuses, and what is no failure too', () => {
    for (const status of [200, 399, 400, 404, 500]) write(`call_${status}`, status);
    write('call_none', null);
    expect(found('>=399')).toEqual(['call_500', 'call_404', 'call_400', 'call_399']);
    expect(found('>=400')).toEqual(['call_500', 'call_404', 'call_400']);
    expect(found('4xx')).toEqual(['call_404', 'call_400']);
    expect(found('<500')).toEqual(['call_404', 'call_400', 'call_399', 'call_200']);
  });
});
