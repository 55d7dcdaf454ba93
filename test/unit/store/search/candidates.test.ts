import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallWriter } from '../../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../../src/store/driver.ts';
import { migrate } from '../../../../src/store/migrations.ts';
import {
  type Batch,
  callsByFacets,
  CallsInTurn,
  narrowCalls,
  narrowNumbers,
} from '../../../../src/store/search/candidates.ts';
import { facetsOf } from '../../../../src/store/search/facet-filter.ts';
import { parseQuery } from '../../../../src/store/search/query.ts';
import { aRecord } from '../../../support/captures.ts';

const PROVIDERS = ['anthropic', 'openai', 'google', 'mistral'];
let database: Database;

/** Call `n` costs `n` cents and is of one provider after the other. */
beforeEach(() => {
  database = openDatabase(':memory:');
  migrate(database);
  new CallWriter(database).write(
    Array.from({ length: 400 }, (_, index) => ({
      record: aRecord({
        id: `call_${index + 1}`,
        provider: PROVIDERS[index % PROVIDERS.length] ?? '',
        tool_calls: [{ id: null, name: index % 3 === 0 ? 'grep' : 'bash' }],
      }),
      costNanos: index === 399 ? null : (index + 1) * 10_000_000,
      log: null,
    })),
  );
});
afterEach(() => database.close());

const conditionsOf = (q: string) => parseQuery(q, 0).conditions;

function found(q: string, before = Number.MAX_SAFE_INTEGER): number[] | null {
  const candidates = narrowCalls(database, conditionsOf(q), before);
  if (candidates === null) return null;
  const calls: number[] = [];
  for (let done = false; !done;) {
    const batch = candidates.next();
    calls.push(...batch.calls);
    ({ done } = batch);
  }
  return calls;
}

function meeting(q: string): number[] {
  const conditions = conditionsOf(q);
  return database
    .prepare(`SELECT seq FROM llm_calls WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY seq DESC`)
    .all(...conditions.flatMap(({ values }) => values))
    .map(({ seq }) => Number(seq));
}

describe('store/search/candidates', () => {
  it.each([
    'cost:>3.9',
    'cost:>=3.9',
    'cost:0.29',
    'cost:>0.01',
    'cost:>100',
    'cost:>1 provider:openai',
    'cost:>1 provider:openai,google',
    'cost:>1 provider:*o*',
    'cost:>1 -provider:openai',
    'tool:grep provider:mistral cost:>2 cost:<3.5',
  ])('finds by the index of dear calls what meets %s, newest first', (q) => {
    expect(found(q)).toEqual(meeting(q));
    expect(found(q, 100)).toEqual(meeting(q).filter((seq) => seq < 100));
  });

  it.each(['cost:>0.009', 'cost:<3', '-cost:>3', 'provider:openai', 'tool:grep'])('has no index for %s', (q) => {
    expect(narrowNumbers(database, conditionsOf(q))).toBeNull();
  });

  it('looks at the dear calls of the providers that are asked for, and at no row of the table', () => {
    const [condition] = conditionsOf('cost:>3');
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN SELECT seq FROM llm_calls WHERE ${condition?.narrow?.sql ?? ''}`)
      .all(...(condition?.narrow?.values ?? []))
      .map(({ detail }) => String(detail));
    expect(plan[0]).toBe('SEARCH llm_calls USING COVERING INDEX llm_calls_dear (provider=? AND cost_nanos>?)');
    expect(plan.filter((detail) => detail.startsWith('SCAN llm_calls'))).toEqual([]);
    expect(narrowNumbers(database, conditionsOf('cost:>3.9 provider:openai'))).toHaveLength(2);
  });
});

const batch = (...calls: number[]): Batch => ({ calls, lowest: calls.at(-1) ?? 0, done: false });

describe('store/search/candidates CallsInTurn', () => {
  it('goes on with whole rows for as long as they give enough, and by narrow rows from where it was', () => {
    const batches = [batch(9, 8), batch(7), batch(6)];
    const asked: number[] = [];
    const given: number[] = [];
    const inTurn = new CallsInTurn(
      { next: () => batches.shift() ?? batch() },
      10,
      (before) => {
        asked.push(before);
        return { next: () => batch(3) };
      },
      (calls) => given.push(calls) > 2,
    );
    expect([inTurn.next(), inTurn.next(), inTurn.next(), inTurn.next()].map(({ calls }) => calls)).toEqual([
      [9, 8],
      [7],
      [3],
      [3],
    ]);
    expect(given).toEqual([0, 2, 3]);
    expect(asked).toEqual([7]);
  });
});

describe('store/search/candidates callsByFacets', () => {
  it.each([
    ['takes few calls', 400, 266],
    ['leaves many, as the first of them show, to whole rows', 1_400_000, null],
  ])('%s', (_, last, expected) => {
    database.prepare('UPDATE llm_calls SET seq = ? WHERE id = ?').run(last, 'call_400');
    const conditions = conditionsOf('tool:bash');
    const facets = facetsOf(database, { conditions });
    if (facets === null || facets === 'nothing') throw new Error('narrow rows have tools');
    const asked = { conditions, before: Number.MAX_SAFE_INTEGER, facets };
    const candidates = callsByFacets(database, asked, () => false);
    let found = 0;
    for (let next = candidates?.next(); next !== undefined; next = next.done ? undefined : candidates?.next())
      found += next.calls.length;
    expect(candidates === null ? null : found).toBe(expected);
  });
});
