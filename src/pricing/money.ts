/**
 * Money without floating point: a price is an exact fraction of nano-dollars per unit, and each line of a bill is
 * rounded once, half up. A price such as 0.075 USD per million is 75 nano-dollars per 1,000 units, not 0.0749999.
 */

/** A fraction >= 0 in lowest terms. `n` and `d` are the same as numbers, NaN where those would not be exact. */
export interface Ratio {
  readonly num: bigint;
  readonly den: bigint;
  readonly n: number;
  readonly d: number;
}

const NANOS_PER_USD = 1_000_000_000n;
/** Exponents beyond it are no price and no count: 10 ** 400 must not become a number of 400 digits. */
const MAX_EXPONENT = 60;
const DECIMAL = /^(\d{1,60})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,3}))?$/;

export const ONE: Ratio = ratio(1n, 1n);

function ratio(num: bigint, den: bigint): Ratio {
  const divisor = gcd(num, den);
  const [top, bottom] = [num / divisor, den / divisor];
  return { num: top, den: bottom, n: exactNumber(top), d: exactNumber(bottom) };
}

function gcd(one: bigint, other: bigint): bigint {
  let [a, b] = [one, other];
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

function exactNumber(value: bigint): number {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.NaN;
}

/**
 * `"0.075"`, `1e-7`, `"5/3"`. A number counts as the decimal that people would write for it, which is what stood in the
 * JSON. Null for anything that is not finite and >= 0.
 */
export function parseRatio(value: string | number): Ratio | null {
  const [top = '', bottom = '1', ...more] = String(value).split('/');
  if (more.length > 0) return null;
  const numerator = parseDecimal(top);
  const denominator = parseDecimal(bottom);
  if (numerator === null || denominator === null || denominator.num === 0n) return null;
  return ratio(numerator.num * denominator.den, numerator.den * denominator.num);
}

function parseDecimal(text: string): Ratio | null {
  const [, whole, fraction = '', exponent = '0'] = DECIMAL.exec(text.trim()) ?? [];
  if (whole === undefined) return null;
  const power = Number(exponent) - fraction.length;
  if (Math.abs(power) > MAX_EXPONENT * 2) return null;
  const digits = BigInt(whole + fraction);
  return power >= 0 ? ratio(digits * 10n ** BigInt(power), 1n) : ratio(digits, 10n ** BigInt(-power));
}

export function multiply(one: Ratio, other: Ratio): Ratio {
  if (other === ONE) return one;
  return ratio(one.num * other.num, one.den * other.den);
}

/** Nano-dollars per unit. @param usd for `per` units, as published. Null when one of them is no price. */
export function rateOf(usd: string | number, per: number): Ratio | null {
  const price = parseRatio(usd);
  const amount = parseRatio(per);
  if (price === null || amount === null || amount.num === 0n) return null;
  return ratio(price.num * amount.den * NANOS_PER_USD, price.den * amount.num);
}

/** USD for `per` units, for people: the nearest number. */
export function usdOf(rate: Ratio, per: number): number {
  const amount = parseRatio(per) ?? ONE;
  const price = ratio(rate.num * amount.num, rate.den * amount.den * NANOS_PER_USD);
  // 15 digits are what a number holds for sure: 0.30000000000000004 is 0.3.
  return Number((Number(price.num) / Number(price.den)).toPrecision(15));
}

/** Integer nano-dollars, rounded half up. Null when it is no amount, or more money than a number can hold exactly. */
export function nanosOf(amount: number, rate: Ratio): number | null {
  if (Number.isSafeInteger(amount) && amount >= 0) {
    const product = amount * rate.n;
    if (product <= Number.MAX_SAFE_INTEGER && rate.d <= Number.MAX_SAFE_INTEGER) {
      const rest = product % rate.d;
      return (product - rest) / rate.d + (rest * 2 >= rate.d ? 1 : 0);
    }
  }
  const exact = parseRatio(amount);
  if (exact === null) return null;
  const num = exact.num * rate.num;
  const den = exact.den * rate.den;
  const nanos = (2n * num + den) / (2n * den);
  return nanos <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(nanos) : null;
}
