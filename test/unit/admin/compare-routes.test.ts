import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../../../src/admin/calls.ts';
import { compareRoutes } from '../../../src/admin/compare-routes.ts';
import { csvOf } from '../../../src/cli/compare.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { Comparison, ComparisonReport } from '../../../src/core/comparison.ts';
import { AppError } from '../../../src/core/errors.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { comparisonReport } from '../../../src/store/comparisons.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { loadTotals } from '../../../src/store/queries.ts';
import { aRecord } from '../../support/captures.ts';

let folder: string;
let database: Database;
let writer: CallWriter;
let calls: Calls;
let app: Hono;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-compare-'));
  database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  writer = new CallWriter(database);
  calls = new Calls(join(folder, 'calls.db'));
  app = new Hono();
  app.onError((error, context) => {
    if (error instanceof AppError && error.code === 'config_invalid') return context.text(error.message, 400);
    throw error;
  });
  compareRoutes(app, { calls });
});
afterEach(() => {
  calls.close();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString();

function write(record: Partial<CallRecord>): void {
  writer.write([{ record: aRecord(record), costNanos: null, log: null }]);
}

/** Both legs of one comparison. */
function compared(number: number, primary: Partial<CallRecord> = {}, shadow: Partial<CallRecord> = {}): void {
  const shared = { started_at: at(number), mode: 'compare', comparison_id: `cmp_${number}` } as const;
  const steer = { rule: 'mode', sent_to: null, sent_model: null };
  write({ ...shared, id: `call_p${number}`, leg: 'primary', steer, response_model: 'claude-a', ...primary });
  const sent = { ...steer, sent_to: 'http://127.0.0.1:8000/v1/messages', sent_model: 'glm' };
  write({
    ...shared,
    id: `call_s${number}`,
    leg: 'shadow',
    steer: sent,
    provider: 'unknown',
    response_model: 'glm',
    ...shadow,
  });
}

async function get<T>(path: string, status = 200): Promise<T> {
  const answer = await app.request(path);
  expect(answer.status).toBe(status);
  return (status === 200 ? await answer.json() : await answer.text()) as T;
}

async function ids(query: string): Promise<string[]> {
  return (await get<Page>(`/api/compare?${query}`)).pairs.map((pair) => pair.comparison_id);
}

interface Page {
  pairs: Comparison[];
  next_cursor: string | null;
}

describe('admin/compare-routes', () => {
  it('gives both legs as they were recorded, with what differs', async () => {
    compared(1, { duration_ms: 100 }, { duration_ms: 80 });
    write({ id: 'call_other' });
    const { pairs, next_cursor: cursor } = await get<Page>('/api/compare');
    expect(cursor).toBeNull();
    expect(pairs).toMatchObject([
      {
        comparison_id: 'cmp_1',
        primary: { id: 'call_p1', leg: 'primary', mode: 'compare', steer: { rule: 'mode', sent_to: null } },
        shadow: { id: 'call_s1', leg: 'shadow', steer: { sent_model: 'glm' } },
        deltas: { duration_ms: -20 },
      },
    ]);
  });

  it('counts no copy in the totals, and puts none into a trace', () => {
    compared(1, { task_id: 'task_1' }, { task_id: 'task_1' });
    expect(loadTotals(database).models.map(({ model, requests }) => [model, requests])).toEqual([['claude-a', 1]]);
    expect(database.prepare('SELECT trace_id, calls FROM traces').all()).toEqual([{ trace_id: 'task_1', calls: 1 }]);
  });

  it('goes from page to page, newest first', async () => {
    for (const number of [1, 2, 3]) compared(number);
    const first = await get<Page>('/api/compare?limit=2');
    expect(first.pairs.map((pair) => pair.comparison_id)).toEqual(['cmp_3', 'cmp_2']);
    const second = await get<Page>(`/api/compare?limit=2&cursor=${first.next_cursor}`);
    expect(second.pairs.map((pair) => pair.comparison_id)).toEqual(['cmp_1']);
    expect(second.next_cursor).toBeNull();
  });

  it('reads pages from an index', () => {
    const plan = database
      .prepare(
        "EXPLAIN QUERY PLAN SELECT s.* FROM llm_calls AS s WHERE s.leg = 'shadow' AND s.comparison_id IS NOT NULL ORDER BY s.started_at DESC, s.id DESC LIMIT 5",
      )
      .all()
      .map((row) => String(row['detail']))
      .join('; ');
    expect(plan).toMatch(/llm_calls_shadow/);
    expect(plan).not.toContain('TEMP B-TREE');
  });

  it('filters by provider and time of the call, and by model of either leg', async () => {
    compared(1);
    compared(2, { provider: 'openai', response_model: 'gpt-a' }, { response_model: 'qwen' });
    expect(await ids('provider=openai')).toEqual(['cmp_2']);
    expect(await ids('model=gpt-a')).toEqual(['cmp_2']);
    expect(await ids('model=glm')).toEqual(['cmp_1']);
    expect(await ids(`since=${at(2)}`)).toEqual(['cmp_2']);
    expect(await ids(`until=${at(2)}`)).toEqual(['cmp_1']);
  });

  it('refuses a limit that is none', async () => {
    expect(await get<string>('/api/compare?limit=none', 400)).toMatch(/limit/);
  });

  it('shows a copy whose call is not stored (yet) alone', async () => {
    compared(1);
    database.exec("DELETE FROM llm_calls WHERE id = 'call_p1'");
    expect((await get<Page>('/api/compare')).pairs).toMatchObject([{ primary: null, deltas: null }]);
    expect((await get<ComparisonReport>('/api/compare/report')).pairs).toEqual([]);
  });

  it('sums by pair of models', async () => {
    compared(1, { duration_ms: 100 }, { duration_ms: 80 });
    compared(2, { duration_ms: 50 }, { duration_ms: 90 });
    const { pairs, limited_to: limited } = await get<ComparisonReport>('/api/compare/report');
    expect(limited).toBeNull();
    expect(pairs).toMatchObject([
      {
        primary: { provider: 'anthropic', model: 'claude-a' },
        shadow: { provider: 'unknown', model: 'glm' },
        calls: 2,
        medians: { primary: { duration_ms: 75 }, shadow: { duration_ms: 85 } },
        wins: { duration_ms: { primary: 1, shadow: 1, ties: 0 } },
      },
    ]);
  });

  it('says so when it looked at the latest comparisons alone', () => {
    for (const number of [1, 2, 3]) compared(number);
    expect(comparisonReport(database, {}, 2)).toMatchObject({ limited_to: 2, pairs: [{ calls: 2 }] });
  });

  it('makes lines for spreadsheets in which no name is a formula', async () => {
    compared(1, {}, { response_model: '=cmd()' });
    const { pairs } = await get<ComparisonReport>('/api/compare/report');
    const [head = '', line = '', rest] = csvOf(pairs).split('\r\n');
    expect(rest).toBe('');
    expect(head.split(',').slice(0, 5)).toEqual([
      'primary_provider',
      'primary_model',
      'shadow_provider',
      'shadow_model',
      'calls',
    ]);
    expect(line.split(',').slice(0, 5)).toEqual(['anthropic', 'claude-a', 'unknown', "'=cmd()", '1']);
    expect(line.split(',')).toHaveLength(head.split(',').length);
  });
});
