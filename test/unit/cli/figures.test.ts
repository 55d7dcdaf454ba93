import { describe, expect, it } from 'vitest';
import {
  callCost,
  callTokens,
  count,
  counted,
  estimatedSums,
  leastCost,
  tokenSum,
  totalCost,
} from '../../../src/cli/figures.ts';
import { emptyTally, toTotals } from '../../../src/core/totals.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import { aRecord } from '../../support/captures.ts';

const totals = toTotals(emptyTally());

describe('cli/figures', () => {
  it('counts things in the singular, too', () => {
    expect([0, 1, 1200].map((value) => counted(value, 'call'))).toEqual(['0 calls', '1 call', '1,200 calls']);
    expect([1, 2].map((value) => counted(value, 'entry|entries'))).toEqual(['1 entry', '2 entries']);
  });

  it('calls a sum with gaps a lower bound where there is no room for words', () => {
    expect(leastCost({ ...totals, cost_usd: 1.5, unpriced_calls: 2 })).toBe('≥$1.5000');
    expect(leastCost({ ...totals, cost_usd: 1.5 })).toBe('$1.5000');
    expect(leastCost({ ...totals, unpriced_calls: 2 })).toBe('2 unpriced');
  });

  it('groups digits by thousands', () => {
    expect(count(1_234_567)).toBe('1,234,567');
  });

  it('shows an unknown count as ?, and an inexact one with ~', () => {
    const call = aRecord();
    expect(callTokens(call, 12)).toBe('12');
    expect(callTokens(call, null)).toBe('?');
    expect(callTokens({ ...call, usage: { ...call.usage, source: 'regex' } }, 12)).toBe('~12');
  });

  it('leaves empty what a call that is no inference cannot have', () => {
    const list = { ...aRecord(), inference: false, cost_usd: null };
    expect(callTokens(list, null)).toBe('');
    expect(callCost(list)).toBe('');
  });

  it('never shows an unknown price as 0', () => {
    expect(callCost({ ...aRecord(), cost_usd: null })).toBe('unpriced');
    expect(totalCost({ ...totals, unpriced_calls: 2 })).toBe('2 unpriced');
    expect(totalCost({ ...totals, calls_without_usage: 1 })).toBe('1 unknown');
    expect(callCost({ ...aRecord(), cost_usd: null, usage: { ...aRecord().usage, state: 'none' } })).toBe('?');
  });

  it('never shows sums of which nothing was stated as 0', () => {
    const estimated = { calls: 2, input_tokens: 10, output_tokens: 12, cost_usd: 0.000_008_7 };
    const allEstimated = { ...totals, requests: 2, inexact_calls: 2, estimated };
    expect(tokenSum(0, allEstimated)).toBe('?');
    expect(totalCost(allEstimated)).toBe('?');
    expect(tokenSum(0, { ...totals, requests: 1, calls_without_usage: 1 })).toBe('?');
    expect(tokenSum(0, { ...allEstimated, requests: 3 })).toBe('0');
    expect(totalCost({ ...allEstimated, requests: 3 })).toBe('$0.000000');
    expect(tokenSum(1200, allEstimated)).toBe('1,200');
  });

  it('shows two digits of what costs less than the sixth place', () => {
    expect(totalCost({ ...totals, requests: 1, cost_usd: 0.000_000_1 })).toBe('$0.00000010');
    expect(totalCost({ ...totals, requests: 1, cost_usd: 0.000_000_001 })).toBe('$0.000000001');
    expect(totalCost({ ...totals, requests: 1, cost_usd: 0.000_012 })).toBe('$0.000012');
  });

  it('says of a sum of how many calls it knows nothing', () => {
    expect(totalCost({ ...totals, cost_usd: 1.5, unpriced_calls: 2, calls_without_usage: 1 })).toBe(
      '$1.5000 + 2 unpriced + 1 unknown',
    );
    expect(totalCost({ ...totals, cost_usd: 0.000_012, inexact_calls: 1 })).toBe('~$0.000012');
    expect(totalCost(totals)).toBe('$0.000000');
  });

  it('says what is billed without anybody knowing how much', () => {
    const cost = {
      source: null,
      price_date: null,
      confidence: 'unpriced',
      lines: [],
      reason: 'billed_amount_unknown',
    } satisfies CallRecord['cost'];
    const usage = { ...aRecord().usage, state: 'none' } as const;
    expect(callCost({ ...aRecord(), cost_usd: null, usage, cost })).toBe('billed, ?');
    expect(totalCost({ ...totals, calls_without_usage: 3, billed_unknown_calls: 2 })).toBe('3 unknown (2 billed)');
  });

  it('marks estimates, and keeps their sums apart from exact ones', () => {
    const cost = { ...aRecord().cost, confidence: 'estimated' } as const;
    expect(callCost({ ...aRecord(), cost })).toBe('~$0.006000');
    const estimated = { calls: 2, input_tokens: 1200, output_tokens: 340, cost_usd: 0.0042 };
    expect(estimatedSums({ ...totals, estimated })).toBe('~1,200 in, ~340 out, ~$0.004200 (2 calls)');
    expect(estimatedSums(totals)).toBe('');
    expect(totalCost({ ...totals, cost_usd: 0.5, inexact_calls: 2, estimated })).toBe('$0.500000');
  });
});
