import { describe, expect, it } from 'vitest';
import { emptyTally } from '../../../src/core/totals.ts';
import { RunningTotals, type TotalsStore } from '../../../src/recorder/totals.ts';
import type { ModelTally } from '../../../src/store/queries.ts';
import { callRecord, usage } from '../../support/exchanges.ts';

function storeOf(fields: Partial<TotalsStore> = {}): TotalsStore {
  return { load: () => ({ models: [], since: null }), loadRun: () => [], ...fields };
}

function modelTally(fields: Partial<ModelTally>): ModelTally {
  return { ...emptyTally(), provider: 'openai', model: 'gpt-5', ...fields };
}

describe('recorder/totals', () => {
  it('sums by provider and by model', () => {
    const totals = new RunningTotals(storeOf());
    totals.add(callRecord(), 5);
    totals.add(callRecord({ response_model: 'claude-haiku' }), 7);
    totals.add(callRecord({ provider: 'openai', request_model: 'gpt-5', response_model: null }), null);
    const stats = totals.stats();
    expect(stats).toMatchObject({ total_requests: 3, input_tokens: 30, cost_usd: 12e-9, unpriced_calls: 1 });
    expect(stats.by_provider['anthropic']).toMatchObject({ requests: 2 });
    expect(Object.keys(stats.by_model)).toEqual([
      'anthropic/claude-opus-4-5',
      'anthropic/claude-haiku',
      'openai/gpt-5',
    ]);
    expect(stats.since).toBe('2026-01-02T03:04:05.678Z');
  });

  it('names no model for a model list, but counts its bytes', () => {
    const totals = new RunningTotals(storeOf());
    const none = { input_tokens: null, output_tokens: null, state: 'none' } as const;
    totals.add(callRecord({ inference: false, response_model: null, request_model: null, usage: usage(none) }), null);
    const stats = totals.stats();
    expect(stats.by_model).toEqual({});
    expect(stats).toMatchObject({ total_requests: 0, response_bytes: 200 });
  });

  it('goes on from what the store has', () => {
    const since = '2025-12-31T00:00:00.000Z';
    const models = [modelTally({ requests: 4, input_tokens: 100, cost_nanos: 9 })];
    const totals = new RunningTotals(storeOf({ load: () => ({ models, since }) }));
    totals.add(callRecord({ provider: 'openai', response_model: 'gpt-5' }), 1);
    const stats = totals.stats();
    expect(stats).toMatchObject({ total_requests: 5, input_tokens: 110, cost_usd: 10e-9, since });
    expect(stats.by_model['openai/gpt-5']).toMatchObject({ requests: 5 });
  });

  it('keeps two runs apart, and apart from calls of no run', () => {
    const totals = new RunningTotals(storeOf());
    totals.add(callRecord({ run_id: 'run_a' }), 1);
    totals.add(callRecord({ run_id: 'run_b', response_model: 'm' }), 2);
    totals.add(callRecord({ run_id: 'run_b' }), 3);
    totals.add(callRecord(), 4);
    expect(totals.runSummary('run_a').totals).toMatchObject({ requests: 1, cost_usd: 1e-9 });
    expect(totals.runSummary('run_b').totals).toMatchObject({ requests: 2, cost_usd: 5e-9 });
    expect(Object.keys(totals.runSummary('run_b').by_model)).toEqual(['anthropic/m', 'anthropic/claude-opus-4-5']);
    expect(totals.runSummary('run_c').totals.requests).toBe(0);
  });

  it('asks the store for a run that began before a restart', () => {
    const totals = new RunningTotals(
      storeOf({ loadRun: (runId) => (runId === 'run_a' ? [modelTally({ requests: 2 })] : []) }),
    );
    totals.add(callRecord({ run_id: 'run_a', provider: 'openai', response_model: 'gpt-5' }), null);
    expect(totals.runSummary('run_a').totals.requests).toBe(3);
  });

  it('puts models beyond the bound together and loses no number', () => {
    const totals = new RunningTotals(storeOf());
    for (let model = 0; model < 5100; model += 1) totals.add(callRecord({ response_model: `m${model}` }), 1);
    const stats = totals.stats();
    expect(Object.keys(stats.by_model)).toHaveLength(5001);
    expect(stats.by_model['anthropic/other']?.requests).toBe(100);
    expect(stats.total_requests).toBe(5100);
  });

  it('survives models that are named like parts of an object', () => {
    const totals = new RunningTotals(storeOf());
    totals.add(callRecord({ provider: '__proto__', response_model: 'constructor' }), 1);
    expect(Object.keys(totals.stats().by_provider)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['requests']).toBeUndefined();
  });
});
