import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { addCall, emptyTally } from '../../../src/core/totals.ts';
import { type StoredCall, storedCallOf } from '../../../src/store/call-row.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, hasNodeSqlite, openDatabase } from '../../../src/store/driver.ts';
import { migrate, requireSchema, SCHEMA_VERSION } from '../../../src/store/migrations.ts';
import {
  getCall,
  isCounted,
  listCalls,
  loadTotals,
  parseStatus,
  statsOf,
  sumCalls,
} from '../../../src/store/queries.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

let folder: string;
let file: string;
let database: Database;
let writer: CallWriter;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-store-'));
  file = join(folder, 'data', 'llm-proxy.db');
  database = openDatabase(file);
  migrate(database);
  writer = new CallWriter(database);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const stored = (over: Partial<CallRecord> = {}): StoredCall => {
  const record = aRecord(over);
  return { record, costNanos: record.cost_usd === null ? null : Math.round(record.cost_usd * 1e9), log: null };
};
const numbered = (count: number, over: (index: number) => Partial<CallRecord> = () => ({})): StoredCall[] =>
  Array.from({ length: count }, (_, index) =>
    stored({
      id: `call_${String(index).padStart(4, '0')}`,
      started_at: new Date(Date.UTC(2026, 10, 21) + Math.floor(index / 3) * 1000).toISOString(),
      ...over(index),
    }),
  );
const traces = (): Record<string, unknown>[] => database.prepare('SELECT * FROM traces ORDER BY trace_id').all();

const at = (minute: number): string => `2026-11-21T12:${String(minute).padStart(2, '0')}:00.000Z`;
const id = (text: string): unknown => {
  const found = getCall(database, text);
  return found === null || found === 'ambiguous' ? found : found.record.id;
};

describe('store/driver', () => {
  it('keeps the file 0600 in a folder 0700, and the -wal beside it too', () => {
    writer.write([stored()]);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  });

  it('says in one line which file cannot be opened', () => {
    expect(() => openDatabase(folder)).toThrow(/cannot open the database .*llm-proxy-store/);
  });

  it('takes node:sqlite from the first version that has it without a flag', () => {
    expect(['20.20.2', '22.12.0', '22.13.0', '22.20.1', '24.1.0'].map(hasNodeSqlite)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('store/migrations', () => {
  it('brings an empty file to the newest schema once, also from two connections', () => {
    const second = openDatabase(file);
    migrate(second);
    migrate(database);
    requireSchema(second);
    second.close();
    expect(database.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: SCHEMA_VERSION });
  });

  it('refuses a database of a newer version with a line that says what to do', () => {
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(() => migrate(database)).toThrow(/written by a newer llm-proxy .* update llm-proxy/);
    expect(() => requireSchema(database)).toThrow(/newer/);
  });
});

describe('store/call-row', () => {
  it.each<[string, Partial<StoredCall['record']>]>([
    ['a plain call', {}],
    [
      'a call with everything',
      {
        usage: aUsage({
          cache_write_tokens: 50,
          cache_write_5m_tokens: 20,
          cache_write_1h_tokens: 30,
          reasoning_tokens: 7,
          tool_prompt_tokens: 1,
          input_audio_tokens: 2,
          output_audio_tokens: 3,
          input_image_tokens: 4,
          output_image_tokens: 5,
          input_video_tokens: 6,
          cache_read_audio_tokens: 8,
          cache_read_image_tokens: 9,
          units: { web_searches: 2 },
          estimated: ['input_tokens', 'output_tokens'],
        }),
        anomalies: ['a', 'b'],
        retry_count: 2,
        tool_calls: [
          { id: 't1', name: 'grep' },
          { id: null, name: '' },
        ],
        session_id: 's',
        parent_session_id: 'p',
        trace_id: 'tr',
        span_id: 'sp',
        parent_span_id: 'ps',
        task_id: 'ta',
        run_id: 'ru',
        section: 'se',
        section_path: 'a/b',
        customer_id: 'cu',
        tenant_id: 'te',
        agent: 'ag',
        ttft_ms: 12.5,
        stream: true,
        error: { type: 'overloaded_error', message: 'Overloaded' },
        capture: { truncated: true, dropped: 3 },
      },
    ],
    [
      'a call of which nothing is known',
      {
        operation: null,
        inference: false,
        status: null,
        request_model: null,
        response_model: null,
        response_id: null,
        request_id: null,
        usage: {
          ...aUsage(),
          input_tokens: null,
          output_tokens: null,
          cache_read_tokens: null,
          cache_write_tokens: null,
          source: null,
          state: 'none',
          raw: null,
        },
        cost_usd: null,
        cost: {
          source: null,
          price_date: null,
          confidence: 'unpriced',
          lines: [],
          reason: 'billed_amount_unknown',
        },
        ttfb_ms: null,
        stop_reason: null,
        client: null,
        outcome: 'upstream_error',
        error: { type: 'upstream_refused', message: '' },
      },
    ],
  ])('gives back %s as it was', (_name, over) => {
    const call = { ...stored(over), log: { file: '/logs/a.log', offset: 12, length: 34 } };
    writer.write([call]);
    expect(storedCallOf(database.prepare('SELECT * FROM llm_calls').get()!)).toEqual(call);
  });

  it('stores null for a usage object that is too deep or too large for a column, but all names and ids of tools', () => {
    let deep: unknown = {};
    for (let level = 0; level < 20_000; level += 1) deep = { deep };
    writer.write([
      stored({ id: 'a', usage: aUsage({ raw: deep }) }),
      stored({ id: 'b', usage: aUsage({ raw: 'x'.repeat(100_000) }) }),
    ]);
    const tools = Array.from({ length: 1000 }, (_, at) => ({ id: `call_${at}_${'i'.repeat(40)}`, name: 'read' }));
    writer.write([stored({ id: 'c', usage: aUsage({ raw: null }), tool_calls: tools })]);
    const rows = database.prepare('SELECT usage_raw, tool_calls FROM llm_calls').all();
    expect(rows.map((row) => row['usage_raw'])).toEqual([null, null, null]);
    expect(rows.map((row) => row['tool_calls'])).toEqual([null, null, JSON.stringify(tools)]);
  });

  it("answers queries in seed 000's words", () => {
    writer.write([stored({ task_id: 'T', agent: 'Planner', error: { type: 'x', message: 'broken' } })]);
    const sql = `SELECT t.task_id, t.status, c.call_id, c.created_at, c.model, c.messages, c.response, c.tokens_input, c.tokens_output, c.cost_usd, c.finish_reason, c.duration_ms, c.agent_name, c.error
      FROM llm_calls c JOIN traces t ON t.trace_id = c.trace_id LEFT JOIN call_graph g ON g.trace_id = t.trace_id`;
    expect({ ...database.prepare(sql).get() }).toEqual({
      task_id: 'T',
      status: 'running',
      call_id: 'call_0001',
      created_at: '2026-11-21T12:00:00.000Z',
      model: 'claude-sonnet-4-5-20250929',
      messages: null,
      response: null,
      tokens_input: 1200,
      tokens_output: 340,
      cost_usd: 0.006,
      finish_reason: 'end_turn',
      duration_ms: 1234.5,
      agent_name: 'Planner',
      error: 'broken',
    });
  });
});

describe('store/call-writer CallWriter', () => {
  it('counts what is delivered twice once', () => {
    const calls = numbered(10);
    writer.write(calls);
    writer.write(calls);
    const { models, since } = loadTotals(database);
    expect(models).toHaveLength(1);
    expect(models[0]).toMatchObject({
      provider: 'anthropic',
      model: 'claude-sonnet-4-5-20250929',
      requests: 10,
      input_tokens: 12_000,
      cost_nanos: 60_000_000,
    });
    expect(since).toBe('2026-11-21T00:00:00.000Z');
  });

  it('sums by the one rule of the totals, read back as well as summed anew', () => {
    const calls = numbered(40, (index) => ({
      response_model: ['a', 'b', null][index % 3] ?? null,
      request_model: index % 3 === 2 ? null : 'r',
      status: index % 5 === 0 ? 529 : 200,
      leg: index % 7 === 0 ? 'shadow' : 'primary',
      inference: index % 4 !== 0,
      cost_usd: index % 6 === 0 ? null : 0.000_000_123,
      usage: aUsage(index % 9 === 0 ? { state: 'none', input_tokens: null } : { source: index % 2 ? 'regex' : 'sse' }),
      tool_calls: index % 2 ? [{ id: null, name: 'x' }] : [],
    }));
    writer.write(calls.slice(0, 13));
    writer.write(calls.slice(13));
    const expected = emptyTally();
    for (const { record, costNanos } of calls) addCall(expected, record, costNanos);
    const loaded = statsOf(loadTotals(database).models, null);
    expect(loaded).toMatchObject({
      total_requests: expected.requests,
      errors: expected.errors,
      cost_usd: expected.cost_nanos / 1e9,
      inexact_calls: expected.inexact_calls,
    });
    expect(statsOf(sumCalls(database, {}), null)).toEqual(loaded);
    expect(Object.keys(loaded.by_model).sort()).toEqual(['anthropic/a', 'anthropic/b', 'anthropic/unknown']);
  });

  it('writes nothing of a batch of which one call fails', () => {
    const bad = stored({ id: 'bad', host: null as unknown as string });
    expect(() => writer.write([stored({ id: 'lost' }), bad])).toThrow(/host/);
    writer.write([stored({ id: 'good' })]);
    database.exec('DROP TABLE traces');
    expect(() => writer.write([stored({ id: 'other', session_id: 's' })])).toThrow(/traces/);
    expect(loadTotals(database).models[0]?.requests).toBe(1);
  });

  it('keeps one trace per task, run or session, with a status that ends and opens again', () => {
    writer.write([
      stored({ id: '1', task_id: 'task', run_id: 'run', started_at: at(2) }),
      stored({ id: '2', task_id: 'task', started_at: at(1) }),
      stored({ id: '3', run_id: 'run', session_id: 's', started_at: at(3), status: 500 }),
      stored({ id: '4', session_id: 's', started_at: at(9) }),
      stored({ id: '5' }),
    ]);
    expect(traces()).toMatchObject([
      { trace_id: 'run', kind: 'run', status: 'running', calls: 1 },
      { trace_id: 's', kind: 'session', status: 'running' },
      { trace_id: 'task', kind: 'task', task_id: 'task', calls: 2, created_at: at(1), last_call_at: at(2) },
    ]);
    writer.endIdleTraces(at(5));
    expect(traces().map(({ status, ended_at }) => [status, ended_at])).toEqual([
      ['failed', at(3)],
      ['running', null],
      ['completed', at(2)],
    ]);
    writer.write([stored({ id: '6', task_id: 'task', started_at: at(10) })]);
    writer.endTrace('s');
    expect(traces().map(({ status }) => status)).toEqual(['failed', 'completed', 'running']);
  });

  it('tells by the latest call of a trace whether it failed, also when an earlier one is stored after it', () => {
    writer.write([stored({ id: '1', task_id: 'task', started_at: at(5), status: 500 })]);
    writer.write([stored({ id: '2', task_id: 'task', started_at: at(1) })]);
    writer.endTrace('task');
    expect(traces()).toMatchObject([{ status: 'failed', last_call_at: at(5), ended_at: at(5), calls: 2 }]);
  });
});

describe('store/queries', () => {
  it('pages through calls of one instant without a gap or a repeat, while new ones come in', () => {
    writer.write(numbered(25));
    const seen: string[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = listCalls(database, {}, 4, cursor);
      seen.push(...page.calls.map(({ id }) => id));
      writer.write([stored({ id: `new_${seen.length}`, started_at: '2026-12-01T00:00:00.000Z' })]);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(
      numbered(25)
        .map(({ record }) => record.id)
        .reverse(),
    );
  });

  it('filters by each field', () => {
    writer.write([
      stored({
        id: 'a',
        provider: 'openai',
        request_model: 'gpt-4o',
        response_model: null,
        status: 404,
        session_id: 's1',
        run_id: 'r1',
        started_at: '2026-11-20T00:00:00.000Z',
      }),
      stored({ id: 'b', status: 200, path: '/v1/MESSAGES/100%_done', task_id: 't1' }),
      stored({ id: 'c', status: null, started_at: '2026-11-22T00:00:00.000Z' }),
    ]);
    const ids = (filter: Parameters<typeof listCalls>[1]): string[] =>
      listCalls(database, filter, 10).calls.map(({ id }) => id);
    expect(ids({ provider: 'openai' })).toEqual(['a']);
    expect(ids({ model: 'gpt-4o' })).toEqual(['a']);
    expect(ids({ model: 'claude-sonnet-4-5-20250929' })).toEqual(['c', 'b']);
    expect(ids({ session: 's1', run: 'r1' })).toEqual(['a']);
    expect(ids({ trace: 't1' })).toEqual(['b']);
    expect(ids({ status: { min: 400, max: 999 } })).toEqual(['a']);
    expect(ids({ since: '2026-11-21T12:00:00.000Z', until: '2026-11-22T00:00:00.000Z' })).toEqual(['b']);
    expect(ids({ q: '100%_DONE' })).toEqual(['b']);
    expect(ids({ q: 'GPT-4' })).toEqual(['a']);
    expect(ids({ q: "' OR 1=1 --" })).toEqual([]);
    expect(ids({ provider: "x' OR '1'='1" })).toEqual([]);
    expect(listCalls(database, {}, 10, 'not a cursor').calls).toHaveLength(3);
  });

  it('finds a call by its id or by the beginning of one', () => {
    writer.write([stored({ id: 'call_aa11' }), stored({ id: 'call_aa22' }), stored({ id: 'call_aa' })]);
    expect(['call_aa', 'call_aa1', 'aa2', 'call_a', 'zz', '', '%', "'"].map(id)).toEqual([
      'call_aa',
      'call_aa11',
      'call_aa22',
      'ambiguous',
      null,
      null,
      null,
      null,
    ]);
  });

  it('reads status filters', () => {
    expect(['404', '>=400', '>400', '<300', '<=299', '5xx', '=200', 'x', '99', ''].map(parseStatus)).toEqual([
      { min: 404, max: 404 },
      { min: 400, max: 999 },
      { min: 401, max: 999 },
      { min: 0, max: 299 },
      { min: 0, max: 299 },
      { min: 500, max: 599 },
      { min: 200, max: 200 },
      null,
      null,
      null,
    ]);
  });

  it('knows an answer that counts already', () => {
    writer.write([
      stored({ id: 'a', response_id: 'resp_1' }),
      stored({ id: 'b', response_id: 'resp_2', usage: aUsage({ state: 'none' }) }),
      stored({ id: 'c', response_id: 'resp_3', usage: aUsage({ source: 'estimate' }) }),
    ]);
    expect([
      isCounted(database, 'anthropic', 'resp_1'),
      isCounted(database, 'openai', 'resp_1'),
      isCounted(database, 'anthropic', 'resp_2'),
      isCounted(database, 'anthropic', 'resp_3'),
    ]).toEqual([true, false, false, false]);
  });
});
