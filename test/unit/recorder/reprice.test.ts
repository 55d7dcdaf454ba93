import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { RepricedModel, RepriceQuery } from '../../../src/core/ports.ts';
import { createPricer, type Pricer } from '../../../src/pricing/cost.ts';
import type { PriceTable } from '../../../src/pricing/price-table.ts';
import { createPriceBook, loadBuiltInTable, type OwnPrice } from '../../../src/pricing/prices.ts';
import { addModels, repriceSlice } from '../../../src/recorder/reprice.ts';
import { RunningTotals } from '../../../src/recorder/totals.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { calls as firstSchema } from '../../../src/store/migrations/0001-calls.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { getCall, loadTotals, sumCalls } from '../../../src/store/queries.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

let database: Database;
let table: PriceTable;
let totals: RunningTotals;

beforeEach(async () => {
  table = await loadBuiltInTable();
  database = openDatabase(':memory:');
  migrate(database);
});
afterEach(() => database.close());

const own = (usd: string, unit: OwnPrice['unit'] = 'input_tokens', provider = 'anthropic'): OwnPrice => ({
  provider,
  unit,
  usd,
  per: 1_000_000,
  asOf: '2026-11-21',
  source: 'contract',
});
const pricer = (...prices: OwnPrice[]): Pricer =>
  createPricer(createPriceBook({ table, overrides: { prices, providers: [], aliases: [], date: null } }));
const counts = aUsage({ input_tokens: 1000, output_tokens: 100, cache_read_tokens: null, cache_write_tokens: null });

function store(...records: Partial<CallRecord>[]): void {
  const calls = records.map((over, index) => {
    const id = `call_${String(index).padStart(5, '0')}`;
    const record = aRecord({ id, response_id: id, usage: counts, ...over });
    return { record, costNanos: record.cost_usd === null ? null : Math.round(record.cost_usd * 1e9), log: null };
  });
  new CallWriter(database).write(calls);
  totals = new RunningTotals({ load: () => loadTotals(database), loadRun: (run) => sumCalls(database, { run }) });
}

/** 1,000 x 3,000 + 100 x 15,000 */
const LIST_USD = 0.0045;
const sonnet = { provider: 'anthropic', request_model: 'claude-sonnet-4-5', response_model: 'claude-sonnet-4-5' };
const unpriced: Partial<CallRecord> = {
  cost_usd: null,
  cost: { source: null, price_date: null, confidence: 'unpriced', lines: [] },
};

async function reprice(price: Pricer, query: Partial<RepriceQuery> = {}): Promise<RepricedModel[]> {
  const models = new Map<string, RepricedModel>();
  let cursor: string | null = null;
  do {
    // Each slice is one page: the clock says that a second has passed.
    let now = 0;
    const clock = { now: () => (now += 1000) };
    const slice = await repriceSlice(
      { dryRun: false, ...query, cursor },
      { database, price, clock, onChange: ({ call, difference }) => totals.correct(call.record, difference) },
    );
    addModels(models, slice.models);
    cursor = slice.next_cursor;
  } while (cursor !== null);
  return [...models.values()];
}

const costOf = (id: string): CallRecord['cost_usd'] | undefined => {
  const found = getCall(database, id);
  return found === null || found === 'ambiguous' ? undefined : found.record.cost_usd;
};
/** The stored totals, the running ones and the sum of the rows say the same. */
function expectOneTruth(): number {
  const kept = loadTotals(database).models.reduce((sum, { cost_nanos: nanos }) => sum + nanos, 0);
  const rows = sumCalls(database, {}).reduce((sum, { cost_nanos: nanos }) => sum + nanos, 0);
  expect(kept).toBe(rows);
  expect(Math.round(totals.stats().cost_usd * 1e9)).toBe(rows);
  expect(totals.stats().unpriced_calls).toBe(sumCalls(database, {}).reduce((sum, row) => sum + row.unpriced_calls, 0));
  return rows;
}

describe('recorder/reprice', () => {
  it('prices what had no price, and every sum follows', async () => {
    store({ ...sonnet, ...unpriced }, { ...sonnet, ...unpriced });
    expect(totals.stats()).toMatchObject({ cost_usd: 0, unpriced_calls: 2 });
    expect(await reprice(pricer())).toEqual([
      {
        provider: 'anthropic',
        model: 'claude-sonnet-4-5',
        calls: 2,
        changed: 2,
        before_nanos: 0,
        after_nanos: 9_000_000,
        newly_priced: 2,
        newly_unpriced: 0,
      },
    ]);
    expect(costOf('call_00000')).toBe(LIST_USD);
    expect(expectOneTruth()).toBe(9_000_000);
    expect(totals.stats()).toMatchObject({ cost_usd: 0.009, unpriced_calls: 0 });
  });

  it('takes from the sums no more than the row had added, by whatever version it was written', async () => {
    store({ ...sonnet, ...unpriced, inference: false });
    expect(totals.stats()).toMatchObject({ unpriced_calls: 1 });
    database.exec(`UPDATE llm_calls SET counted_unpriced = 0; UPDATE totals SET unpriced_calls = 0`);
    totals = new RunningTotals({ load: () => loadTotals(database), loadRun: (run) => sumCalls(database, { run }) });
    await reprice(pricer());
    expect(totals.stats()).toMatchObject({ cost_usd: LIST_USD, unpriced_calls: 0 });
    expectOneTruth();
  });

  it('leaves the number of tools of a call whose list an earlier version did not keep', async () => {
    store({ ...sonnet, ...unpriced, tool_calls: [{ id: 'a', name: 'grep' }] });
    database.exec('UPDATE llm_calls SET tool_calls = NULL');
    await reprice(pricer());
    expect(sumCalls(database, {})).toMatchObject([{ cost_nanos: 4_500_000, tool_calls: 1 }]);
  });

  it('prices a call to a target by the model that the target was asked for', async () => {
    const steer = { rule: 'mode', sent_to: 'http://127.0.0.1:1/v1', sent_model: 'claude-sonnet-4-5' };
    store({ ...sonnet, ...unpriced, request_model: 'claude-opus-4-1', response_model: null, mode: 'target', steer });
    await reprice(pricer());
    expect(costOf('call_00000')).toBe(LIST_USD);
  });

  it('changes nothing the second time', async () => {
    store({ ...sonnet, ...unpriced });
    await reprice(pricer());
    expect(await reprice(pricer())).toMatchObject([{ calls: 1, changed: 0, before_nanos: 4_500_000 }]);
  });

  it('only tells what a dry run would change', async () => {
    store({ ...sonnet, ...unpriced });
    expect(await reprice(pricer(own('1')), { dryRun: true })).toMatchObject([{ changed: 1, after_nanos: 2_500_000 }]);
    expect(costOf('call_00000')).toBeNull();
    expect(totals.stats()).toMatchObject({ cost_usd: 0, unpriced_calls: 1 });
  });

  it('prices by the stored tier, speed, place and facts', async () => {
    store(
      { ...sonnet, ...unpriced, service_tier: 'batch' },
      { ...sonnet, ...unpriced, response_model: 'claude-opus-4-6', speed: 'fast' },
      {
        ...sonnet,
        ...unpriced,
        response_model: 'claude-opus-4-6',
        region: 'us',
        started_at: '2026-11-21T10:00:00.000Z',
      },
      {
        provider: 'openai',
        ...unpriced,
        request_model: 'house-image',
        response_model: null,
        dims: { size: 'large' },
        usage: aUsage({ input_tokens: null, output_tokens: null, units: { images: 2 } }),
      },
    );
    await reprice(pricer({ ...own('0.05', 'images', 'openai'), per: 1, when: { size: 'large' } }));
    expect([0, 1, 2, 3].map((index) => costOf(`call_0000${index}`))).toEqual([
      LIST_USD / 2,
      // 1,000 x 30,000 + 100 x 150,000
      0.045,
      // 1,000 x 5,500 + 100 x 27,500
      0.00825,
      0.1,
    ]);
  });

  it('goes by the longest answer of a batch, not by the sum of its inputs', async () => {
    const usage = aUsage({
      input_tokens: 1_000_000,
      output_tokens: 0,
      cache_read_tokens: null,
      cache_write_tokens: null,
    });
    store({ ...sonnet, ...unpriced, usage, context_tokens: 1000, billing: 'batch' });
    await reprice(pricer());
    expect(costOf('call_00000')).toBe(1.5);
  });

  it('leaves what the provider stated, and calls without a usage', async () => {
    const stated: CallRecord['cost'] = { source: 'provider', price_date: null, confidence: 'exact', lines: [] };
    const nothing = aUsage({ input_tokens: null, output_tokens: null, state: 'none' });
    store({ ...sonnet, cost_usd: 0.1, cost: stated }, { ...sonnet, ...unpriced, usage: nothing });
    expect(await reprice(pricer(own('1')))).toMatchObject([{ calls: 2, changed: 0 }]);
    expect([costOf('call_00000'), costOf('call_00001')]).toEqual([0.1, null]);
  });

  it('takes a price back that nobody knows any more', async () => {
    store({ provider: 'acme', request_model: 'm', response_model: null, cost_usd: 0.5 });
    expect(await reprice(pricer())).toMatchObject([{ newly_unpriced: 1, after_nanos: 0 }]);
    expect(totals.stats()).toMatchObject({ cost_usd: 0, unpriced_calls: 1 });
    expectOneTruth();
  });

  it('narrows to time, provider and model', async () => {
    const times = ['2026-11-01', '2026-11-10', '2026-11-20'].map((day) => `${day}T00:00:00.000Z`);
    store(...times.map((at) => ({ ...sonnet, ...unpriced, started_at: at })), {
      ...sonnet,
      ...unpriced,
      response_model: 'claude-opus-4-6',
      started_at: times[1] ?? '',
    });
    const filter = { since: times[1] ?? '', until: times[2] ?? '', provider: 'anthropic', model: 'claude-sonnet-4-5' };
    await reprice(pricer(), filter);
    // The last one was asked as claude-sonnet-4-5, so that it counts as that model too.
    expect([0, 1, 2, 3].map((index) => costOf(`call_0000${index}`) !== null)).toEqual([false, true, false, true]);
  });

  it('goes on where a slice ended, through many pages, each call once', async () => {
    store(...Array.from({ length: 1203 }, () => ({ ...sonnet, ...unpriced, run_id: 'run_1' })));
    expect(totals.runSummary('run_1').totals.cost_usd).toBe(0);
    expect(await reprice(pricer())).toMatchObject([{ calls: 1203, changed: 1203, after_nanos: 1203 * 4_500_000 }]);
    expect(expectOneTruth()).toBe(1203 * 4_500_000);
    expect(totals.runSummary('run_1').totals).toMatchObject({ requests: 1203, unpriced_calls: 0 });
    expect(totals.runSummary('run_1').totals.cost_usd).toBeCloseTo(1203 * LIST_USD, 9);
  });

  it('prices calls that the first version stored', async () => {
    const old = openDatabase(':memory:');
    old.exec(`${firstSchema}; PRAGMA user_version = 1;
      INSERT INTO llm_calls (id, started_at, provider, request_model, operation, inference, host, path, method, stream,
        transport, billing, input_tokens, output_tokens, usage_state, cost_confidence, duration_ms, mode, leg, outcome,
        request_bytes, response_bytes, capture_truncated, capture_dropped, counted_requests, counted_errors,
        counted_tool_calls, counted_unpriced, counted_without_usage, counted_inexact)
      VALUES ('call_1', '2026-01-01T00:00:00.000Z', 'openai', 'gpt-4o', 'chat', 1, 'api.openai.com', '/v1', 'POST', 0,
        'https', 'metered', 1000, 10, 'final', 'unpriced', 1, 'passthrough', 'primary', 'complete',
        1, 1, 0, 0, 1, 0, 0, 1, 0, 0);
      INSERT INTO totals VALUES ('openai', 'gpt-4o', '2026-01-01T00:00:00.000Z', 1, 0, 1000, 10, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1)`);
    migrate(old);
    await repriceSlice({ dryRun: false, cursor: null }, { database: old, price: pricer(), clock: { now: () => 0 } });
    // 1,000 x 2,500 + 10 x 10,000
    expect(loadTotals(old).models).toMatchObject([{ requests: 1, cost_nanos: 2_600_000, unpriced_calls: 0 }]);
    old.close();
  });

  it('refuses a cursor that is none of ours', async () => {
    store({});
    const query = { dryRun: false, cursor: 'nonsense' };
    await expect(repriceSlice(query, { database, price: pricer(), clock: { now: () => 0 } })).rejects.toThrow(/cursor/);
  });
});
