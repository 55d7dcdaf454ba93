import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { MIGRATIONS, migrate } from '../../../src/store/migrations.ts';
import { facetsOf } from '../../../src/store/search/facet-filter.ts';
import { parseQuery } from '../../../src/store/search/query.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

const START = Date.parse('2026-11-21T00:00:00.000Z');

let database: Database;
let writer: CallWriter;

beforeEach(() => {
  database = openDatabase(':memory:');
  migrate(database);
  writer = new CallWriter(database);
});
afterEach(() => database.close());

const call = (id: number, over: Partial<CallRecord> = {}, costNanos: number | null = 1000) => ({
  record: aRecord({ id: `call_${id}`, started_at: new Date(START + id * 1001).toISOString(), ...over }),
  costNanos,
  log: null,
});

const turn = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/** One after the other, so that each column has some of each. */
function variedCalls(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const failed = index % 6 === 0;
    return call(
      index,
      {
        provider: turn(['anthropic', 'openai', 'google'], index),
        operation: turn(['chat', null, 'embeddings'], index),
        host: turn(['api.one.test', 'API.two.test'], index),
        path: turn(['/v1/messages', '/v1/100%_sure', `/v1/${'long/'.repeat(120)}`], index),
        request_model: turn(['big-one', 'small', null], index),
        response_model: turn(['big-one', 'big-one-2026', null, 'small'], index),
        client: turn(['claude-code/2', null, 'Cursor'], index),
        agent: turn([null, 'planner'], index),
        section: turn([null, 'a'], index),
        section_path: turn(['x/y', null, 'a'], index),
        customer_id: turn(['c1', 'C1', null, 'c*2'], index),
        tenant_id: turn([null, 't'], index),
        stop_reason: turn(['end_turn', 'max_tokens', null], index),
        error: failed ? { type: 'rate_limit', message: turn(['slow down', 'r'.repeat(700)], index) } : null,
        status: turn([200, 200, 429, null, 500], index),
        outcome: turn(['complete', 'client_aborted', 'upstream_aborted', 'interrupted', 'refused'], index),
        tool_calls: turn(
          [
            [],
            [
              { id: 't', name: 'Grep' },
              { id: 'u', name: 'bash' },
            ],
            [{ id: null, name: 'bash' }],
          ],
          index,
        ),
        usage: aUsage({
          input_tokens: index * 10,
          output_tokens: turn([null, 3], index),
          estimated: turn([[], ['output_tokens']], index),
          state: turn(['final', 'none', 'partial', 'final', 'none'] as const, index),
        }),
        duration_ms: index * 2.5,
        ttft_ms: turn([null, 0.5, 12], index),
        stream: index % 2 === 0,
        retry_count: turn([null, 0, 2], index),
        billing: turn(['metered', 'subscription'], index),
        leg: turn(['primary', 'primary', 'shadow'], index),
        steer: turn([null, { rule: 'mode', sent_to: null, sent_model: null }], index),
      },
      turn([null, 0, 20_000_000], index),
    );
  });
}

const QUESTIONS = `provider:openai
provider:o*,google
operation:chat
host:TWO
path:100%_
path:long
model:ONE-2
model:small,2026
client:cursor
agent:plan
section:a
section:x/
customer:c1
customer:c*
tenant:t
tenant:x
stop:MAX_tokens
error:rate
error:rrr
error:down
status:429
status:5xx
status:<300
tool:grep
tool:BASH
tool:nothing
cost:>0.01
cost:0
cost:<0.5
ttft:<1ms
duration:>70ms
duration:=5ms
input:>=200
output:3
is:stream
is:error
is:aborted
is:estimated
is:unpriced
is:retry
is:subscription
is:steered
is:copy
since:2026-11-21T00:00:20Z
until:2026-11-21T00:00:20.020Z
is:stream provider:openai cost:>0.01
tool:bash -is:copy`.split('\n');

const numbers = (rows: { [name: string]: unknown }[]): number[] => rows.map(({ seq }) => Number(seq));

function byWholeRows(q: string): number[] {
  const { conditions } = parseQuery(q, START);
  const where = conditions.map(({ sql }) => sql).join(' AND ');
  const values = conditions.flatMap((condition) => condition.values);
  return numbers(database.prepare(`SELECT seq FROM llm_calls WHERE ${where} ORDER BY seq`).all(...values));
}

function byNarrowRows(q: string): number[] | null {
  const facets = facetsOf(database, { conditions: parseQuery(q, START).conditions });
  if (facets === 'nothing') return [];
  if (facets === null) return null;
  const { sql, values } = facets.meaning;
  return numbers(database.prepare(`SELECT seq FROM call_facets WHERE ${sql} ORDER BY seq`).all(...values));
}

/** With names in place of their numbers, which differ. */
function narrowRows() {
  const names = new Map(
    database
      .prepare('SELECT id, kind, name FROM facet_names')
      .all()
      .map(({ id, kind, name }) => [id, `${String(kind)} ${String(name)}`]),
  );
  const named = Object.keys(database.prepare('SELECT * FROM call_facets LIMIT 1').get() ?? {}).slice(2, -6);
  return database
    .prepare('SELECT * FROM call_facets ORDER BY seq')
    .all()
    .map((row) => ({
      ...row,
      ...Object.fromEntries(named.map((column) => [column, names.get(row[column] ?? null) ?? null])),
    }));
}

const counts = () =>
  database
    .prepare('SELECT kind, name, calls FROM facet_names ORDER BY kind, name')
    .all()
    .map((row) => ({ ...row }));

describe('store/facet-writer', () => {
  it('lets narrow rows say of every filter, and of its opposite, what whole rows say', () => {
    writer.write(variedCalls(60));
    for (const q of QUESTIONS) {
      for (const asked of q.includes(' ') ? [q] : [q, `-${q}`]) {
        const meant = byWholeRows(asked);
        const found = byNarrowRows(asked);
        expect(
          meant.every((seq) => found?.includes(seq)),
          asked,
        ).toBe(true);
        // Names that are too long to be kept may be anything.
        if (!/path|error:/.test(asked)) expect(found, asked).toEqual(meant);
      }
    }
  });

  it('writes what the migration makes of calls that were there before', () => {
    writer.write(variedCalls(60));
    const [rows, names] = [narrowRows(), counts()];
    for (const trigger of ['call_facets_out', 'call_facets_priced']) database.exec(`DROP TRIGGER ${trigger}`);
    database.exec('DROP TABLE call_facets; DROP TABLE facet_names; DROP INDEX llm_calls_task');
    database.exec('DROP INDEX llm_calls_started');
    database.exec('CREATE INDEX llm_calls_page ON llm_calls (id)');
    for (const migration of MIGRATIONS.filter((one) => one.includes('TABLE call_facets'))) database.exec(migration);
    expect(narrowRows()).toEqual(rows);
    expect(counts()).toEqual(names);
  });

  it('forgets names with the last call that had them, and knows them again', () => {
    writer.write([call(1, { customer_id: 'leaving' }), call(2, { customer_id: 'staying' })]);
    database.exec("DELETE FROM llm_calls WHERE id = 'call_1'");
    expect(counts().filter(({ kind }) => kind === 'customer')).toEqual([
      { kind: 'customer', name: 'staying', calls: 1 },
    ]);
    expect(numbers(database.prepare('SELECT seq FROM call_facets').all())).toEqual([2]);
    writer.write([call(3, { customer_id: 'leaving' })]);
    expect(byNarrowRows('customer:leaving')).toEqual([3]);
  });

  it('keeps nothing of a transaction that was given up', () => {
    writer.begin();
    writer.add(call(1, { customer_id: 'gone' }));
    writer.rollBack();
    expect(counts()).toEqual([]);
    writer.write([call(2, { customer_id: 'gone' })]);
    expect(byNarrowRows('customer:gone')).toEqual(byWholeRows('customer:gone'));
    expect(counts().every(({ calls }) => calls === 1)).toBe(true);
  });

  it('follows a price that changes', () => {
    writer.write([call(1, {}, null)]);
    expect(byNarrowRows('is:unpriced')).toEqual([1]);
    database.exec('UPDATE llm_calls SET cost_nanos = 5, counted_unpriced = 0');
    expect(byNarrowRows('is:unpriced')).toEqual([]);
    expect(byNarrowRows('cost:<1')).toEqual([1]);
    database.exec('UPDATE llm_calls SET cost_nanos = NULL, counted_unpriced = 1');
    expect(byNarrowRows('is:unpriced')).toEqual([1]);
  });

  it('takes for unpriced what the totals count so: no model list, no failure, no copy, but a result of a batch', () => {
    const none = { usage: aUsage({ state: 'none' }) };
    writer.write([
      call(1, { inference: false, operation: 'models', ...none }, null),
      call(2, { status: 500, ...none }, null),
      call(3, { leg: 'shadow' }, null),
      call(4, { inference: false }, null),
      call(5, {}, null),
      call(6, {}, 0),
    ]);
    expect(byWholeRows('is:unpriced')).toEqual([4, 5]);
    expect(byNarrowRows('is:unpriced')).toEqual([4, 5]);
    expect(database.prepare('SELECT sum(unpriced_calls) AS calls FROM totals').get()).toEqual({ calls: 2 });
  });

  it('keeps ten thousand names of a kind, and lets whole rows tell the others apart', () => {
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO facet_names (kind, name, calls) SELECT 'customer', 'c' || i, 1 FROM n`);
    writer.write([call(1, { customer_id: 'late' }), call(2, { customer_id: 'c7' }), call(3)]);
    expect(byNarrowRows('customer:late')).toEqual([1]);
    expect(byNarrowRows('customer:other')).toEqual([1]);
    expect(byNarrowRows('-customer:late')).toEqual([1, 2, 3]);
    expect(byNarrowRows('customer:c7')).toEqual([1, 2]);
  });
});
