/** Prices of provider files and of the user: what the price table lacks, by model, operation and facts of the request. */
import type { ListPrice } from '../core/list-price.ts';
import { type Glob, globOf } from '../core/globs.ts';
import { rateOf } from './money.ts';
import type { Origin, Price, PriceClass } from './price-table.ts';

/** The facts that choose among the prices of a provider. */
export interface PriceFacts {
  /** Ways to write the model; empty = unknown. */
  models: readonly string[];
  operation: string | null;
  dims: Readonly<Record<string, string>>;
}

export interface CompiledPrice {
  listed: ListPrice;
  price: Price;
  model: Glob | null;
  operation: Glob | null;
  when: readonly (readonly [name: string, glob: Glob])[];
}

/** By unit, the most specific first. Entries whose price is no decimal are left out. */
export class ListPrices {
  readonly #byUnit = new Map<PriceClass, CompiledPrice[]>();
  readonly #byModels = new WeakMap<readonly string[], Map<PriceClass, readonly CompiledPrice[]>>();

  /** @param source of every entry, `list-price` or `override`. */
  constructor(prices: readonly ListPrice[], source: Origin['source']) {
    for (const listed of prices) {
      const compiled = compile(listed, source);
      if (compiled === null) continue;
      const known = this.#byUnit.get(listed.unit);
      if (known === undefined) this.#byUnit.set(listed.unit, [compiled]);
      else known.push(compiled);
    }
    // A stable sort: among equals the first one stays first.
    for (const group of this.#byUnit.values()) group.sort((one, other) => conditions(other) - conditions(one));
  }

  find(unit: PriceClass, facts: PriceFacts): Price | null {
    const group = this.#byUnit.get(unit);
    if (group === undefined) return null;
    return this.#ofModel(unit, group, facts.models).find((entry) => applies(entry, facts))?.price ?? null;
  }

  /** A price of this model that depends on facts of the request, as its only one in a table does not. */
  findFiner(unit: PriceClass, facts: PriceFacts): Price | null {
    const group = this.#byUnit.get(unit);
    if (group === undefined) return null;
    return this.#ofModel(unit, group, facts.models).find((one) => isFiner(one) && applies(one, facts))?.price ?? null;
  }

  /** The matcher gives the same list of names for the same model: what fits them is searched for once. */
  #ofModel(unit: PriceClass, group: readonly CompiledPrice[], models: readonly string[]): readonly CompiledPrice[] {
    let known = this.#byModels.get(models);
    if (known === undefined) {
      known = new Map();
      this.#byModels.set(models, known);
    }
    let fitting = known.get(unit);
    if (fitting === undefined) {
      fitting = group.filter(({ model }) => model === null || models.some(model));
      known.set(unit, fitting);
    }
    return fitting;
  }

  has(unit: PriceClass): boolean {
    return this.#byUnit.has(unit);
  }

  *entries(): Generator<CompiledPrice> {
    for (const group of this.#byUnit.values()) yield* group;
  }
}

/** It tells apart what one price for the model does not. */
export function isFiner({ model, when }: CompiledPrice): boolean {
  return model !== null && when.length > 0;
}

function compile(listed: ListPrice, source: Origin['source']): CompiledPrice | null {
  const rate = rateOf(listed.usd, listed.per);
  if (rate === null) return null;
  const origin = { source, label: listed.source, date: listed.asOf };
  return {
    listed,
    price: { usd: Number(listed.usd), per: listed.per, rate, steps: [], min: listed.min ?? 0, origin },
    model: listed.model === undefined ? null : globOf(listed.model),
    operation: listed.operation === undefined ? null : globOf(listed.operation),
    when: Object.entries(listed.when ?? {}).map(([name, pattern]) => [name, globOf(pattern)]),
  };
}

function conditions({ model, operation, when }: CompiledPrice): number {
  return Number(model !== null) + Number(operation !== null) + when.length;
}

function applies({ operation, when }: CompiledPrice, facts: PriceFacts): boolean {
  if (operation !== null && !operation(facts.operation ?? '')) return false;
  return when.every(([name, glob]) => glob((Object.hasOwn(facts.dims, name) ? facts.dims[name] : undefined) ?? ''));
}
