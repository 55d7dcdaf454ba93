import { describe, expect, it } from 'vitest';
import type { CallRecord, CostLine } from '../../../dashboard/src/api/shapes.ts';
import {
  cacheBalance,
  cacheVerdict,
  exactUsd,
  inputParts,
  missWords,
  placesFor,
  priceWords,
  reasons,
} from '../../../dashboard/src/call/cost/reasons.ts';
import { callRecord } from '../../support/exchanges.ts';

function line(unit: string, amount: number, price: number | null): CostLine {
  const nanos = price === null ? null : Math.round(amount * price * 1000);
  return { unit, amount, price_usd: price, per: 1_000_000, nanos, source: 'list', price_date: null };
}

function costing(...lines: CostLine[]): CallRecord {
  const nanos = lines.reduce((sum, one) => sum + (one.nanos ?? 0), 0);
  const cost = { source: 'genai-prices', price_date: null, confidence: 'exact', lines } as const;
  return callRecord({ cost_usd: nanos / 1e9, cost });
}

function verdict(over: Partial<CallRecord['usage']>, by: 'tools' | null = null): unknown {
  const record = callRecord({});
  const facts = {
    changes: { parts: [], first_message: null, cache_missed_by: by },
  } as unknown as CallRecord['agent_facts'];
  return cacheVerdict({ ...record, agent_facts: facts, usage: { ...record.usage, ...over } });
}

describe('dashboard/call/cost/reasons', () => {
  it('writes money to the last digit, all amounts with the same places', () => {
    expect(placesFor([45_600_000, 1_125_000, 960_000])).toBe(6);
    expect([45_600_000, 1_125_000, 1, 12_345_670_000_000].map((nanos) => exactUsd(nanos, 9))).toEqual([
      '$0.045600000',
      '$0.001125000',
      '$0.000000001',
      '$12,345.670000000',
    ]);
    expect([placesFor([]), placesFor([2_000_000_000]), placesFor([1])]).toEqual([2, 2, 9]);
    expect(exactUsd(2_000_000_000, 2)).toBe('$2.00');
  });

  it('writes prices as providers do', () => {
    expect([3, 0.3, 0.075, 1e-7, null].map((price) => priceWords(line('input_tokens', 1, price)))).toEqual([
      '$3.00 per 1M',
      '$0.30 per 1M',
      '$0.075 per 1M',
      '$0.0000001 per 1M',
      'no known price',
    ]);
    expect(priceWords({ ...line('images', 1, 0.04), per: 1 })).toBe('$0.04 each');
  });

  it('tells what the cache saved and what writing to it cost, only where the price of uncached input is known', () => {
    const call = costing(
      line('input_tokens', 100, 3),
      line('cache_read_tokens', 10_000, 0.3),
      line('cache_write_tokens', 1000, 3.75),
    );
    const { saved, surcharge } = cacheBalance(call) ?? { saved: NaN, surcharge: NaN };
    expect([saved.toFixed(6), surcharge.toFixed(6)]).toEqual(['0.027000', '0.000750']);
    expect(cacheBalance(costing(line('cache_read_tokens', 10, 0.3)))).toBe(null);
    expect(cacheBalance(costing(line('input_tokens', 10, 3), line('cache_read_tokens', 10, null)))).toBe(null);
  });

  it('names the dearest line, and what made the difference to the call before', () => {
    const before = costing(
      line('input_tokens', 400, 3),
      line('cache_read_tokens', 13_100, 0.3),
      line('output_tokens', 100, 15),
    );
    const call = costing(line('input_tokens', 15_200, 3), line('output_tokens', 64, 15));
    expect(reasons(call, before)).toEqual([
      '98 % of it is input: 15,200 at $3.00 per 1M',
      '7.0 × the call before ($0.0066), most of all by uncached input: 15,200 instead of 400',
    ]);
    expect(reasons(before, call)[1]).toMatch(/^14 % of the call before/);
    expect(reasons(call, call)[1]).toMatch(/^about as much/);
    expect(reasons(callRecord({ cost_usd: null }), before)).toEqual([]);
  });

  it('judges the cache by what was stated, and never takes unknown for nothing', () => {
    const none = { cache_read_tokens: null, cache_write_tokens: null };
    expect(verdict(none)).toEqual({ kind: 'untold' });
    expect(verdict({ ...none, cache_read_tokens: 0 })).toEqual({ kind: 'unused' });
    expect(verdict({ ...none, cache_read_tokens: 5, input_tokens: 10 })).toEqual({ kind: 'hit', read: 5, input: 10 });
    expect(verdict({ cache_read_tokens: 0, cache_write_tokens: 7 })).toEqual({ kind: 'written', written: 7 });
    expect(verdict({ cache_read_tokens: 0, cache_write_tokens: 7 }, 'tools')).toEqual({
      kind: 'missed',
      by: 'tools',
      read: 0,
    });
    expect(missWords('messages', 4)).toContain('message #5 is not as it was');
  });

  it('lists what the input was made of, most first, without what is nothing', () => {
    const shares = {
      system: 10,
      tools: 30,
      user: 0,
      assistant: 0,
      thinking: 0,
      tool_calls: 0,
      tool_results: 20,
      media: 0,
    };
    expect(inputParts(shares).map(({ name }) => name)).toEqual(['tools', 'results of tools', 'system prompt']);
  });
});
