import type { ListPrice } from './list-price.ts';

/** One price of a model, for people: the API, `prices` and the dashboard. */
export interface ListedPrice {
  unit: ListPrice['unit'];
  /** USD for `per`. */
  usd: number;
  per: number;
  /** Holds for calls with more input tokens than these only; `null` = all of them. */
  above_input_tokens: number | null;
  /** True when the price names the model; false when it is for all models of the provider. */
  for_model: boolean;
  /** Conditions of a list price. */
  operation: string | null;
  when: Readonly<Record<string, string>>;
  /** The least amount that is billed. */
  min: number | null;
  source: string;
  date: string | null;
}

/** What a tier, a speed, a region or a host does to the prices. */
export interface ListedModifier {
  kind: 'tier' | 'speed' | 'region' | 'host';
  value: string;
  factor: string;
  except: Readonly<Partial<Record<ListPrice['unit'], string>>>;
  source: string;
  date: string;
}

/** What a model costs (pricing/price-list.ts). No prices = unpriced. */
export interface ModelPrices {
  provider: string;
  /** As asked for, or as the table or the list has it; `*` = every model of the provider. */
  model: string;
  /** Tokens that fit into one call; `null` = nobody says. */
  context_window: number | null;
  prices: ListedPrice[];
  modifiers: ListedModifier[];
}
