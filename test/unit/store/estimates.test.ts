import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredCall } from '../../../src/store/call-row.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { calls } from '../../../src/store/migrations/0001-calls.ts';
import { loadTotals, statsOf, submittedCall, sumCalls } from '../../../src/store/queries.ts';
import { aLine, aRecord, aUsage } from '../../support/captures.ts';

let folder: string;
let database: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-store-'));
  database = openDatabase(join(folder, 'llm-proxy.db'));
  migrate(database);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function stored(usd: number | null, index: number): StoredCall {
  const record = aRecord({ id: `call_${index}`, cost_usd: usd });
  return { record, costNanos: usd === null ? null : Math.round(usd * 1e9), log: null };
}

describe('store totals of estimates', () => {
  it('keeps estimates apart, read back as well as summed anew', () => {
    const [exact, whole, cut, billed] = [0.006, 0.006, 0.006, null].map(stored);
    const lines = [aLine('cache_read_tokens', 1_000_000), aLine('output_tokens', 5_000_000)];
    whole!.record.usage = aUsage({
      source: 'estimate',
      estimated: ['input_tokens', 'output_tokens'],
      cache_read_tokens: null,
    });
    cut!.record.usage = aUsage({ state: 'partial', estimated: ['output_tokens'] });
    cut!.record.cost = { ...cut!.record.cost, lines };
    billed!.record.usage = aUsage({ state: 'none', input_tokens: null, output_tokens: null, cache_read_tokens: null });
    billed!.record.anomalies = ['billed_amount_unknown'];
    billed!.record.retry_count = 1;
    new CallWriter(database).write([exact!, whole!, cut!, billed!]);
    const loaded = statsOf(loadTotals(database).models, null);
    expect(loaded).toMatchObject({
      total_requests: 4,
      input_tokens: 2400,
      output_tokens: 340,
      cost_usd: 0.007,
      calls_without_usage: 1,
      billed_unknown_calls: 1,
      retries: 1,
      inexact_calls: 2,
      estimated: { calls: 2, input_tokens: 1200, output_tokens: 680, cost_usd: 0.011 },
    });
    expect(loaded.by_provider['anthropic']?.estimated).toEqual(loaded.estimated);
    expect(statsOf(sumCalls(database, {}), null)).toEqual(loaded);
  });

  it('brings a file of the first version to this one with its calls and sums', () => {
    const old = openDatabase(join(folder, 'old.db'));
    old.exec(`${calls}; PRAGMA user_version = 1`);
    old.exec(`INSERT INTO totals VALUES ('openai', 'gpt-5', '2026-01-01T00:00:00.000Z', ${'7, '.repeat(13)}7)`);
    migrate(old);
    const { models } = loadTotals(old);
    old.close();
    expect(models).toMatchObject([{ requests: 7, input_tokens: 7, estimated_calls: 0, retries: 0 }]);
  });

  it('settles a job that was submitted with the poll that has its usage', () => {
    const none = { usage: aUsage({ state: 'none', input_tokens: null, output_tokens: null }), cost_usd: null };
    const submit = { record: aRecord({ id: 'call_1', response_id: 'job_1', ...none }), costNanos: null, log: null };
    const poll = aRecord({ id: 'call_2', response_id: 'job_1', inference: false, settles: true });
    const writer = new CallWriter(database);
    writer.write([submit]);
    expect(submittedCall(database, 'anthropic', 'job_1')).toEqual({ model: 'claude-sonnet-4-5-20250929' });
    expect(submittedCall(database, 'openai', 'job_1')).toBeNull();
    writer.write([{ record: poll, costNanos: 6_000_000, log: null }]);
    const loaded = statsOf(loadTotals(database).models, null);
    expect(loaded).toMatchObject({ total_requests: 1, input_tokens: 1200, calls_without_usage: 0, cost_usd: 0.006 });
    expect(statsOf(sumCalls(database, {}), null)).toEqual(loaded);
  });
});
