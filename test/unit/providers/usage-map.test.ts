import { describe, expect, it } from 'vitest';
import { STATED_COSTS } from '../../../src/providers/families/stated-cost.ts';
import { applyUsageMap, type UsageMap } from '../../../src/providers/families/usage-map.ts';

function apply(tokens: UsageMap['tokens'], raw: unknown, rest: Omit<UsageMap, 'tokens'> = {}) {
  return applyUsageMap({ tokens, ...rest }, raw as Record<string, unknown>);
}

const cost = (raw: unknown): number | null => apply({}, raw, { cost: STATED_COSTS }).costUsd;

describe('providers/families/usage-map', () => {
  it('reads members of members, alternatives and sums', () => {
    const tokens = { input_tokens: 'a.b', output_tokens: ['x', 'y'], reasoning_tokens: 'a.b + z?' };
    expect(apply(tokens, { a: { b: 3 }, y: 4 }).usage).toMatchObject({
      input_tokens: 3,
      output_tokens: 4,
      reasoning_tokens: 3,
    });
  });

  it('knows nothing of a sum of which nothing, or not the required part, is there', () => {
    const tokens = { input_tokens: 'a? + b?', output_tokens: 'a + b?' };
    expect(apply(tokens, { b: null }).usage).toMatchObject({ input_tokens: null, output_tokens: null });
    expect(apply(tokens, { b: 2 }).usage).toMatchObject({ input_tokens: 2, output_tokens: null });
  });

  it('sums the elements of lists, chosen by a member in any letter case', () => {
    const raw = { d: [{ m: 'audio', n: 1 }, { m: 'TEXT', n: 5 }, { m: 'AUDIO', n: 2 }, null, 7] };
    const tokens = { input_audio_tokens: 'd[m=AUDIO].n', input_tokens: 'd[].n' };
    expect(apply(tokens, raw).usage).toMatchObject({ input_audio_tokens: 3, input_tokens: 8 });
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', true, {}, []])(
    'does not take %j for a count',
    (value) => {
      const { usage, anomalies } = apply({ input_tokens: 'a' }, { a: value });
      expect(usage.input_tokens).toBeNull();
      expect(anomalies).toEqual(['invalid_count']);
    },
  );

  it('keeps explicit zeros, and floats that are integers', () => {
    expect(apply({ input_tokens: 'a', output_tokens: 'b' }, { a: 0, b: 28.0 }).usage).toMatchObject({
      input_tokens: 0,
      output_tokens: 28,
    });
  });

  it('sees own members only', () => {
    const tokens = { input_tokens: 'constructor.length', output_tokens: '__proto__.x' };
    expect(apply(tokens, { a: 1 }).usage).toMatchObject({ input_tokens: null, output_tokens: null });
  });

  it('takes the first cost that is there', () => {
    const cost = [
      { at: 'cost', perUsd: 1 },
      { at: 'ticks', perUsd: 1e10 },
    ];
    expect(apply({}, { ticks: 5e9 }, { cost }).costUsd).toBe(0.5);
    expect(apply({}, { cost: 0, ticks: 5e9 }, { cost }).costUsd).toBe(0);
    expect(apply({}, { cost: 'free' }, { cost }).costUsd).toBeNull();
  });

  it('takes a stated cost only where its condition holds', () => {
    expect(cost({ cost: 0.5 })).toBe(0.5);
    expect(cost({ cost: 0.5, is_byok: false })).toBe(0.5);
    expect(cost({ cost: 0.5, is_byok: true })).toBeNull();
    expect(cost({ cost: 0.5, is_byok: true, cost_details: { upstream_inference_cost: 0.25 } })).toBe(0.75);
    expect(cost({ cost: 0, is_byok: true, market_cost: 0.25 })).toBe(0.25);
    expect(cost({ cost: { total_cost: 0.125 } })).toBe(0.125);
    expect(cost({ cost: { usd: 0.125, credits: 1 } })).toBe(0.125);
    expect(cost({ cost_in_usd_ticks: 25_000_000_000 })).toBe(2.5);
    expect(cost({ cost: -1 })).toBeNull();
    expect(cost({ cost: '0.5' })).toBeNull();
  });
});
