import type { Clock } from '../core/clock.ts';
import type { Cost } from '../core/capture.ts';
import { messageOf } from '../core/errors.ts';
import type { ListPrice } from '../core/list-price.ts';
import type { ModelPrices } from '../core/model-prices.ts';
import { createPricer, type Pricer, type PriceQuestion } from '../pricing/cost.ts';
import { type PricePaths, readOverrides, readStoredTable, versionOf } from '../pricing/price-files.ts';
import type { PriceTable } from '../pricing/price-table.ts';
import { pricesOfModel } from '../pricing/price-list.ts';
import { createPriceBook, type PriceBook } from '../pricing/prices.ts';

export interface LivePricesOptions {
  builtIn: PriceTable;
  /** Prices of the provider files. */
  listed: readonly (readonly [provider: string, prices: readonly ListPrice[]])[];
  /** Null = prices of the user's own are not looked for. */
  paths: PricePaths | null;
  clock: Pick<Clock, 'now'>;
  /** A file cannot be read: the prices of before stay in force. */
  onFault(message: string): void;
}

/** How long a change of the price files may go unseen. Two `stat` calls, of 4 µs each. */
const CHECK_MS = 2000;

/**
 * Prices that follow their files: what `prices override` and `prices update` write is in force within two seconds. A
 * file with a fault never costs a record; `start` refuses it before anything runs.
 */
export class LivePrices {
  readonly #options: LivePricesOptions;
  #versions: string | null = null;
  #book: PriceBook;
  #price: Pricer;
  #checkedAt: number;
  #fault: string | null = null;

  constructor(options: LivePricesOptions) {
    const { builtIn, listed, clock } = options;
    this.#options = options;
    this.#book = createPriceBook({ table: builtIn, listed });
    this.#price = createPricer(this.#book);
    this.#checkedAt = clock.now();
    this.refresh();
  }

  price(question: PriceQuestion): Cost {
    const now = this.#options.clock.now();
    if (now - this.#checkedAt >= CHECK_MS) {
      this.#checkedAt = now;
      this.refresh();
    }
    return this.#price(question);
  }

  /** What a model costs, for people. No prices = unpriced. @param at milliseconds since the epoch */
  listed(provider: string, model: string, at: number): ModelPrices {
    this.refresh();
    return pricesOfModel(this.#book, provider, model, at);
  }

  /** Looks at the files now. */
  refresh(): void {
    const { builtIn, listed, paths } = this.#options;
    if (paths === null) return;
    try {
      const versions = `${versionOf(paths.overrides)} ${versionOf(paths.table)}`;
      if (versions === this.#versions) return;
      this.#versions = versions;
      const table = readStoredTable(paths.table)?.table ?? builtIn;
      const overrides = readOverrides(paths.overrides);
      this.#book = createPriceBook({ table, listed, ...(overrides === null ? {} : { overrides }) });
      this.#price = createPricer(this.#book);
      this.#fault = null;
    } catch (error) {
      this.#tell(messageOf(error));
    }
  }

  /** Once, not every two seconds. */
  #tell(fault: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#options.onFault(fault);
  }
}
