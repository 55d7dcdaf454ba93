import { describe, expect, it } from 'vitest';
import { multiply, nanosOf, parseRatio, type Ratio, rateOf, usdOf } from '../../../src/pricing/money.ts';

const rate = (usd: string | number, per: number): Ratio => rateOf(usd, per) ?? expect.fail(`${usd} is a price`);

describe('pricing/money', () => {
  it.each([
    ['0.075', 3n, 40n],
    ['1e-7', 1n, 10_000_000n],
    ['5/3', 5n, 3n],
    ['12', 12n, 1n],
    [0.1, 1n, 10n],
    ['0', 0n, 1n],
  ])('reads %s as an exact fraction', (text, num, den) => {
    expect(parseRatio(text)).toMatchObject({ num, den });
  });

  it.each(['', '-1', 'NaN', 'Infinity', '1e400', '1e-400', '1/0', '1/2/3', '0x10', '1_000', '١'])(
    'refuses %j',
    (text) => {
      expect(parseRatio(text)).toBeNull();
    },
  );

  it('does not drift where floating point does', () => {
    // 0.07 USD per million x 3 x 10 ** 6 is 210,000,000 nano-dollars; 0.07 * 3e6 * 1e9 / 1e6 is 210,000,000.00000003.
    expect(nanosOf(3_000_000, rate(0.07, 1_000_000))).toBe(210_000_000);
    expect(nanosOf(1.1, rate('0.1', 1))).toBe(110_000_000);
    let sum = 0;
    for (let call = 0; call < 1000; call++) sum += nanosOf(1, rate('0.0000000014', 1)) ?? 0;
    expect(sum).toBe(1000);
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 1],
    [5, 1],
    [6, 2],
    [10, 3],
  ])('rounds %i x 0.25 nano-dollars half up', (amount, nanos) => {
    expect(nanosOf(amount, rate('0.00025', 1_000_000))).toBe(nanos);
  });

  it('is exact beyond what a double holds, and gives up beyond what a sum may hold', () => {
    // 9,007,199,254,740,993 x 1 nano-dollar is no safe integer; a third of it is.
    expect(nanosOf(9_007_199_254_740_991, rate('0.000000001', 3))).toBe(3_002_399_751_580_330);
    expect(nanosOf(Number.MAX_SAFE_INTEGER, rate(1, 1))).toBeNull();
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, -0.5])('has no money for %d of anything', (amount) => {
    expect(nanosOf(amount, rate(1, 1))).toBeNull();
  });

  it('agrees with whole-number arithmetic for every amount and price', () => {
    const prices = ['3', '0.075', '0.00875', '37.5', '0.36'];
    for (const usd of prices) {
      for (let amount = 0; amount < 5000; amount += 7) {
        const exact = parseRatio(usd) as Ratio;
        const num = BigInt(amount) * exact.num * 1_000_000_000n;
        const den = exact.den * 3600n;
        expect(nanosOf(amount, rate(usd, 3600))).toBe(Number((2n * num + den) / (2n * den)));
      }
    }
  });

  it('shows a price as people would write it', () => {
    expect(usdOf(multiply(rate('1.1', 1_000_000), parseRatio('20/11') as Ratio), 1_000_000)).toBe(2);
    expect(usdOf(multiply(rate('0.1', 1_000_000), parseRatio('3') as Ratio), 1_000_000)).toBe(0.3);
    expect(usdOf(multiply(rate('1', 0.5), parseRatio('0.5') as Ratio), 0.5)).toBe(0.5);
  });
});
