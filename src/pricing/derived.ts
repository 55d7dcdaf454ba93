import { globOf } from '../core/globs.ts';
import { DERIVED_PRICES } from './modifier-rules.ts';
import { multiply, parseRatio, type Ratio, usdOf } from './money.ts';
import type { Price, PriceClass } from './price-table.ts';

/** A price that is published as a multiple of another one. @param priceOf null = no price */
export function derivedPrice(
  unit: PriceClass,
  models: readonly string[],
  priceOf: (unit: PriceClass) => Price | null,
): Price | null {
  const rule = DERIVED_PRICES.find((one) => one.unit === unit && models.some(globOf(one.model)));
  if (rule === undefined) return null;
  const base = priceOf(rule.from);
  const factor = parseRatio(rule.factor);
  if (base === null || factor === null) return null;
  const scaled = <T extends { rate: Ratio }>(price: T): T & { usd: number } => {
    const rate = multiply(price.rate, factor);
    return { ...price, rate, usd: usdOf(rate, base.per) };
  };
  const label = `${base.origin.label} x${rule.factor}: ${rule.source}`;
  return { ...scaled(base), steps: base.steps.map(scaled), origin: { ...base.origin, label } };
}
