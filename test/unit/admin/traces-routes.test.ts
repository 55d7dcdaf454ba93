import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../../../src/admin/calls.ts';
import { tracesRoutes } from '../../../src/admin/traces-routes.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { SessionPart } from '../../../src/core/sessions.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

let folder: string;
let database: Database;
let writer: CallWriter;
let calls: Calls;
let app: Hono;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-traces-'));
  database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  writer = new CallWriter(database);
  calls = new Calls(join(folder, 'calls.db'));
  app = new Hono();
  app.onError((error, context) => {
    if (error instanceof AppError && error.code === 'config_invalid') return context.text(error.message, 400);
    throw error;
  });
  tracesRoutes(app, { calls });
});
afterEach(() => {
  calls.close();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString();

let last = 0;
function write(over: Partial<CallRecord>, costNanos: number | null = 6_000_000, session?: SessionPart): string {
  const id = `call_${String((last += 1)).padStart(6, '0')}`;
  const cost = costNanos === null ? { cost_usd: null } : {};
  writer.write([
    { record: aRecord({ id, ...cost, ...over }), costNanos, log: null, ...(session === undefined ? {} : { session }) },
  ]);
  return id;
}

interface Rows {
  traces: (Record<string, unknown> & { trace_id: string })[];
  tasks: Record<string, unknown>[];
  calls: (Record<string, unknown> & { id: string })[];
  edges: unknown[];
  next_cursor: string | null;
  [field: string]: unknown;
}

async function get(path: string, status = 200): Promise<Rows> {
  const answer = await app.request(path);
  expect(answer.status).toBe(status);
  return (await answer.json()) as Rows;
}

const titled = (id: string, title: string | null, rank: number): SessionPart => ({
  session: { id, client_session_id: null, parent_session_id: null, title, title_rank: rank },
  edges: [],
  tip: null,
});

describe('admin/traces-routes', () => {
  it('lists traces newest first, each with its sums', async () => {
    write({ task_id: 'build', agent: 'planner', started_at: at(0) });
    write({ task_id: 'build', agent: 'coder', started_at: at(2), status: 500 }, null);
    write({ session_id: 's', started_at: at(5), usage: aUsage({ input_tokens: null, output_tokens: null }) }, null);
    write({ started_at: at(9) });
    const { traces, next_cursor } = await get('/api/traces');
    expect(next_cursor).toBeNull();
    expect(traces).toEqual([
      expect.objectContaining({
        trace_id: 's',
        kind: 'session',
        task_id: null,
        calls: 1,
        input_tokens: null,
        cost_usd: null,
        unpriced_calls: 1,
      }),
      {
        trace_id: 'build',
        kind: 'task',
        task_id: 'build',
        created_at: at(0),
        task_description: null,
        status: 'running',
        last_call_at: at(2),
        ended_at: null,
        calls: 2,
        errors: 1,
        input_tokens: 2400,
        output_tokens: 680,
        cost_usd: 0.006,
        unpriced_calls: 1,
        agents: ['coder', 'planner'],
      },
    ]);
  });

  it('adds no money for estimated counts to what was stated, as it adds no estimated counts', async () => {
    write({ task_id: 't' });
    const usage = aUsage({ source: 'estimate', estimated: ['input_tokens', 'output_tokens'] });
    write({ task_id: 't', usage, started_at: at(1) });
    expect((await get('/api/traces')).traces).toMatchObject([{ calls: 2, cost_usd: 0.006 }]);
  });

  it('adds up no trace of very many calls while somebody waits', async () => {
    write({ task_id: 't' });
    database.exec("UPDATE traces SET calls = 50001 WHERE trace_id = 't'");
    const sums = { errors: null, input_tokens: null, cost_usd: null, unpriced_calls: null, agents: null };
    expect((await get('/api/traces')).traces).toEqual([expect.objectContaining({ calls: 50_001, ...sums })]);
  });

  it('pages without gaps and twice nothing, also where traces began at the same time', async () => {
    for (let index = 0; index < 7; index += 1) write({ task_id: `t ${index}`, started_at: at(Math.floor(index / 4)) });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Rows = await get(`/api/traces?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.traces.map(({ trace_id: id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(['t 6', 't 5', 't 4', 't 3', 't 2', 't 1', 't 0']);
  });

  it('gives ten without a limit, and finds those of a task or of a status', async () => {
    for (let index = 0; index < 12; index += 1) write({ task_id: `t${index}`, started_at: at(index) });
    writer.endTrace('t3');
    expect((await get('/api/traces')).traces).toHaveLength(10);
    expect((await get('/api/traces?task_id=t7')).traces.map(({ trace_id: id }) => id)).toEqual(['t7']);
    expect((await get('/api/traces?status=completed')).traces.map(({ trace_id: id }) => id)).toEqual(['t3']);
    expect((await get("/api/traces?task_id=x'%20OR%201=1")).traces).toEqual([]);
  });

  it.each(['limit=0', 'limit=x', 'status=done'])('refuses %s', async (query) => {
    expect((await app.request(`/api/traces?${query}`)).status).toBe(400);
  });

  it('shows one trace with its calls as they happened, under the names of both programs', async () => {
    const second = write({ task_id: 'a/b c', started_at: at(3), agent: 'coder' });
    const first = write({ task_id: 'a/b c', started_at: at(1) });
    const trace = await get(`/api/traces/${encodeURIComponent('a/b c')}`);
    expect(trace).toMatchObject({ trace_id: 'a/b c', created_at: at(1), status: 'running', call_count: 2, edges: [] });
    expect(trace.calls.map(({ id }) => id)).toEqual([first, second]);
    expect(trace.calls[1]).toMatchObject({
      id: second,
      call_id: second,
      created_at: at(3),
      started_at: at(3),
      provider: 'anthropic',
      model: 'claude-sonnet-4-5-20250929',
      tokens_input: 1200,
      tokens_output: 340,
      finish_reason: 'end_turn',
      agent_name: 'coder',
    });
  });

  it('pages through the calls of a long trace', async () => {
    const ids = Array.from({ length: 5 }, (_, index) => write({ run_id: 'run', started_at: at(index) }));
    const one = await get('/api/traces/run?limit=3');
    const two = await get(`/api/traces/run?limit=3&cursor=${one.next_cursor}`);
    expect([...one.calls, ...two.calls].map(({ id }) => id)).toEqual(ids);
    expect(two.next_cursor).toBeNull();
  });

  it.each<[Partial<CallRecord>, string, string]>([
    [{ task_id: 't', trace_id: 't', run_id: 'r', session_id: 's' }, 't', 'task'],
    [{ trace_id: 'w3c', run_id: 'r', session_id: 's' }, 'w3c', 'trace'],
    [{ trace_id: 'r', run_id: 'r', session_id: 's' }, 'r', 'run'],
    [{ trace_id: 's', session_id: 's' }, 's', 'session'],
    [{ session_id: 's' }, 's', 'session'],
  ])('tells of %j what kind of trace it is', async (over, id, kind) => {
    write(over);
    expect((await get('/api/traces')).traces).toMatchObject([{ trace_id: id, kind }]);
  });

  it('describes a trace by the best title of its conversations, and of equal ones by the first', async () => {
    const description = async (): Promise<unknown> => (await get('/api/traces/t'))['task_description'];
    write({ task_id: 't' }, null, titled('ses_a', null, 0));
    expect(await description()).toBeNull();
    write({ task_id: 't' }, null, titled('ses_b', 'Name this talk', 1));
    expect(await description()).toBe('Name this talk');
    write({ task_id: 't' }, null, titled('ses_c', 'Fix the tests', 2));
    write({ task_id: 't' }, null, titled('ses_d', 'Look into src', 2));
    write({ task_id: 't' }, null, titled('ses_a', null, 0));
    expect(await description()).toBe('Fix the tests');
    expect((await get('/api/tasks')).tasks[0]?.['task_description']).toBe('Fix the tests');
  });

  it('gives the edges of a trace', async () => {
    write({ task_id: 't' });
    database.exec("INSERT INTO call_graph VALUES ('e1', 't', 'call_a', 'call_b', 'continues')");
    expect((await get('/api/traces/t')).edges).toEqual([
      { from_call_id: 'call_a', to_call_id: 'call_b', edge_type: 'continues' },
    ]);
  });

  it('knows no trace that is not there', async () => {
    expect((await app.request('/api/traces/none')).status).toBe(404);
  });

  it('lists tasks newest first, and no runs or sessions', async () => {
    write({ task_id: 'old', started_at: at(0) });
    write({ task_id: 'new', started_at: at(5) });
    write({ task_id: 'old', started_at: at(9) });
    write({ session_id: 's', started_at: at(9) });
    expect((await get('/api/tasks')).tasks).toEqual([
      { task_id: 'new', created_at: at(5), trace_count: 1, task_description: null },
      { task_id: 'old', created_at: at(0), trace_count: 1, task_description: null },
    ]);
    expect((await get('/api/tasks?limit=1')).tasks).toHaveLength(1);
  });
});
