/** The prices of a home, without a daemon: as the daemon of that home would use them. */
import type { Config } from '../config/load.ts';
import { type PricePaths, readOverrides, readStoredTable } from '../pricing/price-files.ts';
import { createPriceBook, loadBuiltInTable, PRICE_TABLE, type PriceBook } from '../pricing/prices.ts';
import { loadRegistry, type ProviderRegistry } from '../providers/registry.ts';

export interface OpenPrices {
  book: PriceBook;
  providers: ProviderRegistry;
  /** Of the price table, for people. */
  table: { source: string; date: string | null };
  paths: PricePaths;
}

export async function openPrices({ prices: paths, local, provider }: Config): Promise<OpenPrices> {
  const [providers, builtIn] = await Promise.all([
    loadRegistry({ localServers: local, own: provider }),
    loadBuiltInTable(),
  ]);
  const stored = readStoredTable(paths.table);
  const overrides = readOverrides(paths.overrides);
  return {
    book: createPriceBook({
      table: stored?.table ?? builtIn,
      listed: providers.listPrices(),
      ...(overrides === null ? {} : { overrides }),
    }),
    providers,
    table:
      stored === null
        ? { source: `genai-prices ${PRICE_TABLE.version}, built in`, date: PRICE_TABLE.date }
        : { source: stored.source, date: stored.table.date },
    paths,
  };
}
