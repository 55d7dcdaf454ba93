import type { Cost, CostLine } from '../core/capture.ts';
import type { TokenCounts } from '../core/usage.ts';
import { derivedPrice } from './derived.ts';
import type { ListPrices, PriceFacts } from './list-prices.ts';
import type { Modifiers } from './modifiers.ts';
import { multiply, nanosOf, usdOf } from './money.ts';
import type { Origin, Price, PriceClass, PriceEntry } from './price-table.ts';

export interface BillOptions {
  entry: PriceEntry | null;
  own: ListPrices | null;
  listed: ListPrices | null;
  facts: PriceFacts;
  /** For the user's own prices. */
  ownFacts: PriceFacts;
  modifiers: Modifiers;
  /** All of them, cache included: steps by context size go by it. */
  inputTokens: number;
}

const UNPRICED: Cost = { nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] };

/** Lines of one call. Steps by context size are a cliff: past the start of a step every token pays its price. */
export class Bill {
  readonly #options: BillOptions;
  readonly #lines: CostLine[] = [];
  #origin: Origin | null = null;
  #nanos = 0;
  /** Something was used of which the amount or the price is not known. */
  incomplete = false;

  constructor(options: BillOptions) {
    this.#options = options;
  }

  /**
   * The user's own price, else the table's, else the provider file's. Where the file tells apart what the table has one
   * price for, the file's.
   */
  price(unit: PriceClass): Price | null {
    const { own, entry, listed, facts, ownFacts } = this.#options;
    const price =
      own?.find(unit, ownFacts) ??
      listed?.findFiner(unit, facts) ??
      entry?.prices.get(unit) ??
      listed?.find(unit, facts);
    return price ?? derivedPrice(unit, facts.models, (other) => this.price(other));
  }

  tablePrice(unit: PriceClass): Price | null {
    return this.#options.entry?.prices.get(unit) ?? null;
  }

  /** Tokens that are billed apart from the rest; without a price of their own they are billed as the rest. */
  ownPriced(unit: keyof TokenCounts, tokens: number | null): number {
    return tokens === null || tokens === 0 || this.price(unit) === null ? 0 : tokens;
  }

  /** Nobody counted them: what they cost is missing, if they cost anything. */
  missing(unit: keyof TokenCounts): void {
    const price = this.price(unit);
    if (price !== null && price.rate.num !== 0n) this.incomplete = true;
  }

  /** @param classes whose price counts, the first that has one. */
  tokens(unit: keyof TokenCounts, amount: number, classes: readonly PriceClass[]): void {
    if (amount === 0) return;
    for (const name of classes) {
      const price = this.price(name);
      if (price === null) continue;
      this.#add(unit, amount, price, true);
      return;
    }
    this.#unpriced(unit, amount);
  }

  unit(unit: PriceClass, amount: number): void {
    if (amount <= 0) return;
    const price = this.price(unit);
    if (price === null) this.#unpriced(unit, amount);
    else this.#add(unit, Math.max(amount, price.min), price, false);
  }

  /** @param published false: a tier is in force of which no price is published. */
  total(published: boolean): Cost {
    // Nothing was used, of something whose price is known: that costs nothing, which is not the same as unknown.
    if (this.#lines.length === 0 && !this.incomplete) this.#origin = this.price('input_tokens')?.origin ?? null;
    // Counts of strangers: more money than a number holds exactly is none.
    if (this.#origin === null || !Number.isSafeInteger(this.#nanos)) return UNPRICED;
    return {
      nanos: this.#nanos,
      source: this.#origin.source,
      price_date: this.#origin.date,
      confidence: this.incomplete || !published ? 'partial' : 'exact',
      lines: this.#lines,
    };
  }

  #add(unit: PriceClass, amount: number, price: Price, isToken: boolean): void {
    const { modifiers, inputTokens } = this.#options;
    let { usd, rate } = price;
    let note: string | null = null;
    for (const step of price.steps) {
      if (inputTokens <= step.start) break;
      ({ usd, rate } = step);
      note = `above ${step.start} input tokens`;
    }
    const factor = modifiers.factor(unit, isToken);
    if (factor.num !== factor.den) {
      rate = multiply(rate, factor);
      usd = usdOf(rate, price.per);
      note = note === null ? modifiers.note : `${note}, ${modifiers.note}`;
    }
    const nanos = nanosOf(amount, rate);
    if (nanos === null) this.incomplete = true;
    else {
      this.#nanos += nanos;
      this.#origin ??= price.origin;
    }
    const { label, date } = price.origin;
    const line: CostLine = { unit, amount, price_usd: usd, per: price.per, nanos, source: label, price_date: date };
    if (note !== null) line.note = note;
    this.#lines.push(line);
  }

  #unpriced(unit: PriceClass, amount: number): void {
    this.incomplete = true;
    this.#lines.push({ unit, amount, price_usd: null, per: 1, nanos: null, source: null, price_date: null });
  }
}
