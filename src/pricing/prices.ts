/**
 * The price table: @pydantic/genai-prices for prices only. Its extractors and its network update are never called, so it
 * stays offline. It is 0.8 MB of JavaScript (60 ms to load): only the recorder thread loads it, and only when asked.
 */
import type { Provider } from '@pydantic/genai-prices';

/** Prices by key, e.g. `input_mtok` (USD per million tokens); an object has steps by the total of input tokens. */
export type ModelPrices = Readonly<Record<string, number | TieredPrice | undefined>>;

export interface TieredPrice {
  base: number;
  tiers: readonly { start: number; price: number }[];
}

export interface PriceEntry {
  prices: ModelPrices;
  source: 'genai-prices' | 'override';
  /** False when the price depends on the date or the time of day. */
  timeless: boolean;
}

/** Users' own prices, in the shape of the table (its `Provider`); `id` is a provider id of ours or of the table. */
export type PriceOverrides = readonly Provider[];

export interface PriceBook {
  /** Day of the table; overrides carry the day on which they were loaded. */
  readonly date: string;
  readonly overridesDate: string | null;
  /** @param provider id in the table or in the overrides. @param at milliseconds since the epoch. */
  find(provider: string, model: string, at: number): PriceEntry | null;
  /** Table id for a host name, e.g. of a user's own entry. */
  providerOfHost(host: string): string | null;
}

/**
 * Day on which the npm registry published the pinned version 0.1.8; the data carries no date of its own.
 * To be changed with the pin: a test compares the version.
 */
export const PRICE_TABLE = { version: '0.1.8', date: '2026-09-23' } as const;

/** @param overridesDate YYYY-MM-DD, e.g. the time of change of the file. */
export async function loadPriceBook(
  overrides: PriceOverrides = [],
  overridesDate: string | null = null,
): Promise<PriceBook> {
  const { calcPrice, findProvider } = await import('@pydantic/genai-prices');
  const lookUp = (model: string, at: number, from: { provider: Provider } | { providerId: string }) => {
    try {
      return calcPrice({}, model, { ...from, timestamp: new Date(at) });
    } catch {
      // It throws on prices that it cannot read: those of an override, or of a date that it does not understand.
      return null;
    }
  };
  return {
    date: PRICE_TABLE.date,
    overridesDate,
    find(provider, model, at) {
      const override = overrides.find(({ id }) => id === provider);
      const own = override === undefined ? null : lookUp(model, at, { provider: override });
      const found =
        own ??
        (findProvider({ providerId: provider }) === undefined ? null : lookUp(model, at, { providerId: provider }));
      if (found === null) return null;
      return {
        prices: found.model_price,
        source: own === null ? 'genai-prices' : 'override',
        timeless: !Array.isArray(found.model.prices),
      };
    },
    providerOfHost: (host) => findProvider({ providerApiUrl: `https://${host}/` })?.id ?? null,
  };
}
