import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import { comparisonOf, type Leg, legOf, median, modelPairs } from '../../../src/core/comparison.ts';
import { aRecord, aUsage } from '../../support/captures.ts';

const leg = (over: Partial<Leg> = {}): Leg => ({ ...legOf(aRecord()), failed: false, ...over });
const of = (model: string): Leg => leg({ response_model: model });
const withTools = (...names: string[]): CallRecord =>
  aRecord({ tool_calls: names.map((name) => ({ id: null, name })) });

describe('core/comparison', () => {
  it('says what the copy had more of, and null where one of both is unknown', () => {
    const primary = aRecord({ ttft_ms: 120, cost_usd: 0.003, usage: aUsage({ input_tokens: 100, output_tokens: 40 }) });
    const shadow = aRecord({ ttft_ms: null, cost_usd: 0.001, usage: aUsage({ input_tokens: 90, output_tokens: 55 }) });
    expect(comparisonOf('cmp_1', primary, shadow).deltas).toMatchObject({
      input_tokens: -10,
      output_tokens: 15,
      cost_usd: -0.002,
      ttft_ms: null,
    });
  });

  it('knows nothing of a call that is not there', () => {
    expect(comparisonOf('cmp_1', null, aRecord())).toMatchObject({
      deltas: null,
      same_stop_reason: null,
      same_tool_calls: null,
    });
  });

  it.each([
    ['end_turn', 'stop', true],
    ['tool_use', 'tool_calls', true],
    ['max_tokens', 'length', true],
    ['end_turn', 'length', false],
    ['something', 'Something', true],
    ['end_turn', null, null],
  ])('takes the stop reasons %s and %s for the same: %s', (one, other, same) => {
    const [primary, shadow] = [aRecord({ stop_reason: one }), aRecord({ stop_reason: other })];
    expect(comparisonOf('cmp_1', primary, shadow).same_stop_reason).toBe(same);
  });

  it('compares tools by name and order, of answers that came whole', () => {
    const same = (one: string[], other: string[]): boolean | null =>
      comparisonOf('cmp_1', withTools(...one), withTools(...other)).same_tool_calls;
    expect(same(['read', 'write'], ['read', 'write'])).toBe(true);
    expect(same(['read', 'write'], ['write', 'read'])).toBe(false);
    expect(same(['read'], [])).toBe(false);
    const failed = aRecord({ status: 500, error: { type: 'x', message: '' } });
    expect(comparisonOf('cmp_1', withTools(), failed).same_tool_calls).toBeNull();
  });

  it('takes the mean of the middle two as the median of an even number, and null of none', () => {
    expect(median([])).toBeNull();
    expect(median([5])).toBe(5);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([1, 10, 2, 9])).toBe(5.5);
  });

  it('sums by pair of models, the one with most comparisons first', () => {
    const pairs = modelPairs([
      [of('a'), of('x')],
      [of('a'), of('y')],
      [of('a'), of('y')],
    ]);
    expect(pairs.map(({ shadow, calls }) => [shadow.model, calls])).toEqual([
      ['y', 2],
      ['x', 1],
    ]);
  });

  it('gives the win to less, counts ties, and leaves the unknown out', () => {
    const [pair] = modelPairs([
      [leg({ ttft_ms: 10, cost_usd: 2 }), leg({ ttft_ms: 20, cost_usd: 1 })],
      [leg({ ttft_ms: 30, cost_usd: 1 }), leg({ ttft_ms: 20, cost_usd: 1 })],
      [leg({ ttft_ms: 30, cost_usd: null }), leg({ ttft_ms: 20, cost_usd: 1 })],
    ]);
    expect(pair?.wins.ttft_ms).toEqual({ primary: 1, shadow: 2, ties: 0 });
    expect(pair?.wins.cost_usd).toEqual({ primary: 0, shadow: 1, ties: 1 });
    expect(pair?.medians.primary.ttft_ms).toBe(30);
    expect(pair?.medians.primary.cost_usd).toBe(1.5);
  });

  it('counts what failed, and takes it into no median and no win', () => {
    const [pair] = modelPairs([
      [leg({ ttft_ms: 10 }), leg({ ttft_ms: 1, failed: true })],
      [leg({ ttft_ms: 30 }), leg({ ttft_ms: 20 })],
    ]);
    expect(pair?.failed).toEqual({ primary: 0, shadow: 1 });
    expect(pair?.wins.ttft_ms).toEqual({ primary: 0, shadow: 1, ties: 0 });
    expect(pair?.medians.shadow.ttft_ms).toBe(20);
    expect(pair?.same_tool_calls.of).toBe(1);
  });
});
