import type { ListPrice } from '../../core/list-price.ts';

/** Model, then USD per million tokens: in, out, read from the cache. */
export type TokenPriceRow = readonly [model: string, input: string, output?: string, cacheRead?: string];

const SEEN = {
  per: 1_000_000,
  asOf: '2026-11-21',
  source: 'litellm 1.109.1 model_prices_and_context_window.json',
} as const;

/** List prices of models that the price table does not know. Models whose price has steps are not among them. */
export function tokenPrices(rows: readonly TokenPriceRow[]): ListPrice[] {
  return rows.flatMap(([model, input, output, cacheRead]) => [
    { unit: 'input_tokens' as const, usd: input, model, ...SEEN },
    ...(output === undefined ? [] : [{ unit: 'output_tokens' as const, usd: output, model, ...SEEN }]),
    ...(cacheRead === undefined ? [] : [{ unit: 'cache_read_tokens' as const, usd: cacheRead, model, ...SEEN }]),
  ]);
}
