import { aCount, aDay, anyText, aText, type Check, mapOf, that } from './checks.ts';
import { TOKEN_FIELDS, type TokenCounts, UNIT_NAMES, type UnitName } from './usage.ts';

/**
 * A published price that stands in a provider file, for what the price table (genai-prices) lacks: units that are not
 * tokens, and models that it does not know. The most specific entry wins: one whose `model`, `operation` and `when` all
 * match beats one with fewer of them; among equals the first.
 */
export interface ListPrice {
  /** A unit, or a token class (`input_tokens`, `output_tokens`, `output_image_tokens` ...). */
  unit: UnitName | keyof TokenCounts;
  /** USD for `per` of them, as published: a decimal text, so that no digit is lost. */
  usd: string;
  per: number;
  /** Model ids, `|` between them, `*` for any characters; any letter case. Absent = every model. */
  model?: string;
  /** Operations of the provider, `|` between them. Absent = every operation. */
  operation?: string;
  /**
   * Facts of the request that the price depends on, e.g. `{ size: '1024x1024', quality: 'hd' }`: `|` and `*` as above; an
   * empty alternative fits a fact that the request left out (`'standard|'`).
   */
  when?: Readonly<Record<string, string>>;
  /** The least amount that is billed, e.g. 15 seconds. */
  min?: number;
  /** YYYY-MM or YYYY-MM-DD on which the price was seen. */
  asOf: string;
  /** Where it was seen. */
  source: string;
  note?: string;
}

const CLASSES: readonly unknown[] = [...UNIT_NAMES, ...TOKEN_FIELDS];

/** What the members of a list price must be that a user wrote; which texts are a price in USD, who reads it says. */
export const LIST_PRICE_CHECKS: Readonly<Record<Exclude<keyof ListPrice, 'usd'>, Check>> = {
  unit: that(
    (value) => CLASSES.includes(value),
    'a token class or a unit (docs/prices.md lists them), such as characters',
  ),
  per: aCount,
  model: aText,
  operation: aText,
  when: mapOf(anyText),
  min: aCount,
  asOf: aDay,
  source: aText,
  note: aText,
};
export const LIST_PRICE_NEEDS: readonly (keyof ListPrice)[] = ['unit', 'usd', 'per', 'asOf'];
