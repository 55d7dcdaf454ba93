/**
 * All prices that are known, the strongest first: the user's own, the price table, the lists in provider files. The table
 * is @pydantic/genai-prices, of which only the data is used; its network update is never called, so it stays offline. It
 * is 0.8 MB of JavaScript (60 ms to load): only the recorder thread and `prices` load it.
 */
import type { Provider } from '@pydantic/genai-prices';
import type { ListPrice } from '../core/list-price.ts';
import { ListPrices } from './list-prices.ts';
import { type Alias, ModelMatcher } from './match-model.ts';
import { PriceTable } from './price-table.ts';

/**
 * Day on which the npm registry published the pinned version 0.1.8; the data carries no date of its own.
 * To be changed with the pin: a test compares the version.
 */
export const PRICE_TABLE = { version: '0.1.8', date: '2026-09-23' } as const;

/** Users' own prices. */
export interface PriceOverrides {
  /** Single prices; they win over all else. */
  prices: readonly OwnPrice[];
  /** Whole models, in the shape of the table; each replaces what the table says of that model. */
  providers: readonly Provider[];
  /** Models that cost what another one costs: deployments, fine-tuned models, inference profiles. */
  aliases: readonly Alias[];
  /** Day of the last change (YYYY-MM-DD). */
  date: string | null;
}

export interface OwnPrice extends ListPrice {
  provider: string;
}

export interface PriceBook {
  matcher: ModelMatcher;
  tables: readonly PriceTable[];
  /** By provider id of ours. */
  own: ReadonlyMap<string, ListPrices>;
  listed: ReadonlyMap<string, ListPrices>;
}

export interface PriceSources {
  table: PriceTable;
  overrides?: PriceOverrides;
  /** Prices of the provider files. */
  listed?: Iterable<readonly [provider: string, prices: readonly ListPrice[]]>;
}

export function createPriceBook({ table, overrides, listed = [] }: PriceSources): PriceBook {
  const own = new Map<string, OwnPrice[]>();
  for (const price of overrides?.prices ?? []) own.set(price.provider, [...(own.get(price.provider) ?? []), price]);
  const tables =
    overrides === undefined || overrides.providers.length === 0
      ? [table]
      : [new PriceTable(overrides.providers, 'override', overrides.date), table];
  return {
    matcher: new ModelMatcher(tables, overrides?.aliases ?? []),
    tables,
    own: new Map([...own].map(([id, prices]) => [id, new ListPrices(prices, 'override')])),
    listed: new Map([...listed].map(([id, prices]) => [id, new ListPrices(prices, 'list-price')])),
  };
}

/** The table that comes with this version. */
export async function loadBuiltInTable(): Promise<PriceTable> {
  const { waitForUpdate } = await import('@pydantic/genai-prices');
  // Without an update it resolves to what was built in; it is the only way to the data.
  return new PriceTable((await waitForUpdate()) ?? [], 'genai-prices', PRICE_TABLE.date);
}
