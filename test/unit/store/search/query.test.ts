import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../../src/store/driver.ts';
import { FILTER_NAMES } from '../../../../src/store/search/filters.ts';
import { matchExpression, parseQuery } from '../../../../src/store/search/query.ts';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');

function read(text: string): {
  terms: string[];
  without: string[];
  sql: string[];
  values: unknown[];
  ignored: string[];
} {
  const { terms, without, conditions, ignored } = parseQuery(text, NOW);
  const shown = (term: (typeof terms)[number]): string => `${term.words.join(' ')}${term.prefix ? '*' : ''}`;
  return {
    terms: terms.map(shown),
    without: without.map(shown),
    sql: conditions.map(({ sql }) => sql),
    values: conditions.flatMap(({ values }) => values),
    ignored: [...ignored],
  };
}

describe('store/search/query', () => {
  it.each([
    ['one', ['one*'], []],
    ['one two', ['one', 'two*'], []],
    ['one two ', ['one', 'two'], []],
    ['"one two"', ['one two'], []],
    ['"never closed', ['never closed'], []],
    ['one -two -"three four"', ['one'], ['two', 'three four']],
    ['get_user_by_id', ['get user by id*'], []],
    ['src/store/search.ts', ['src store search ts*'], []],
    ['0198e5b2-7a1c-7def', ['0198e5b2 7a1c 7def*'], []],
    ['Café naïve', ['cafe', 'naive*'], []],
    ['日本語', ['日 本 語'], []],
    ['a', ['a'], []],
    ['OR AND NOT NEAR', ['or', 'and', 'not', 'near*'], []],
    ['https://example.com', ['https example com*'], []],
    ['foo:bar', ['foo bar*'], []],
    ['status:fine', ['status fine*'], []],
    ['cost:much', ['cost much*'], []],
    ['toString:xy', ['tostring xy*'], []],
    ['is:constructor', ['is constructor*'], []],
  ])('reads %s as words', (text, terms, without) => {
    expect(read(text)).toMatchObject({ terms, without, sql: [] });
  });

  it.each([
    ['provider:OpenAI', ['openai']],
    ['provider:openai,anthropic', ['openai', 'anthropic']],
    ['model:opus', ['%opus%', '%opus%']],
    ['model:"opus 4"', ['%opus 4%', '%opus 4%']],
    ['host:api.*.com', ['%api.%.com%']],
    ['path:100%_x', ['%100\\%\\_x%']],
    // Of either name: the client's, and ours.
    ['session:s1', ['s1', 's1\u{10ffff}', 's1', 's1\u{10ffff}']],
    ['id:01a1fe419edb', ['01a1fe419edb', '01a1fe419edb\u{10ffff}', 'call_01a1fe419edb', 'call_01a1fe419edb\u{10ffff}']],
    ['status:5xx', [500, 599]],
    ['status:>=400', [400, 999]],
    ['cost:>0.5', [500_000_000]],
    ['cost:$2', [2_000_000_000]],
    ['cost:<=0.29', [290_000_000]],
    ['ttft:>2s', [2000]],
    ['duration:<300ms', [300]],
    ['input:>=100k', [100_000]],
    ['since:24h', ['2026-11-20T12:00:00.000Z']],
    ['until:2026-11-01', ['2026-11-01T00:00:00.000Z']],
    ['is:error', []],
    ['-is:stream', []],
    ['tool:Bash', ['%Bash%']],
  ])('reads %s as a filter', (text, values) => {
    const query = read(text);
    expect(query).toMatchObject({ terms: [], without: [], values });
    expect(query.sql).toHaveLength(1);
  });

  it('tells what nothing can be found by', () => {
    expect(read('*** 🎉 one')).toMatchObject({ terms: ['one*'], ignored: ['***', '🎉'] });
    expect(read('x '.repeat(100)).ignored).toHaveLength(36);
  });

  it('makes of any text a question that SQLite understands', () => {
    const database = openDatabase(':memory:');
    database.exec(`CREATE VIRTUAL TABLE texts USING fts5(text, content='', contentless_delete=1)`);
    const columns =
      'id provider operation host path status request_model response_model session_id session_key run_id trace_id task_id customer_id tenant_id section section_path agent client tool_calls stop_reason error_type error_message cost_nanos ttft_ms duration_ms input_tokens output_tokens started_at outcome usage_estimated stream retry_count billing';
    database.exec(`CREATE TABLE llm_calls (seq INTEGER PRIMARY KEY, ${columns.split(' ').join(', ')})`);
    const find = database.prepare('SELECT rowid FROM texts WHERE texts MATCH ?');
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '"',
        '*',
        '-',
        ' OR ',
        'NEAR(',
        '^',
        ':',
        '{',
        '}',
        '(',
        ')',
        '+',
        '\u0000',
        "'",
        ';--',
        '\ud800',
      ),
      fc.tuple(fc.constantFrom(...FILTER_NAMES), fc.string()).map(([name, value]) => `${name}:${value}`),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const { terms, without, conditions } = parseQuery(pieces.join(''), NOW);
        for (const term of [...terms, ...without]) find.all(matchExpression(term));
        for (const { sql, values } of conditions) {
          database.prepare(`SELECT seq FROM llm_calls WHERE ${sql}`).all(...values);
        }
      }),
      { numRuns: 500 },
    );
    database.close();
  });
});
