/** What things cost, for people: every price that a bill of a model would use, and what tiers do to it. */
import { derivedPrice } from './derived.ts';
import { globOf } from '../core/globs.ts';
import type { ListedModifier, ListedPrice, ModelPrices } from '../core/model-prices.ts';
import { type CompiledPrice, isFiner } from './list-prices.ts';
import { candidates } from './match-model.ts';
import { DERIVED_PRICES, MODIFIER_RULES, type ModifierRule } from './modifier-rules.ts';
import type { Price, PriceClass, PriceEntry } from './price-table.ts';
import type { PriceBook } from './prices.ts';

/** What this model costs at this provider. No prices = unpriced. @param at milliseconds since the epoch */
export function pricesOfModel(book: PriceBook, provider: string, model: string, at: number): ModelPrices {
  const { entry, models } = book.matcher.find(provider, model, '', at);
  const own = [...(book.own.get(provider)?.entries() ?? [])].filter((price) => isOf(price, models));
  const listed = [...(book.listed.get(provider)?.entries() ?? [])].filter((price) => isOf(price, models));
  const table = entry === null ? [] : rowsOf(entry);
  const strong = new Set(own.filter(isUnconditional).map(({ listed: { unit } }) => unit));
  const finer = new Set(listed.filter(isFiner).map(({ listed: { unit } }) => unit));
  const known = new Set(table.map(({ unit }) => unit).filter((unit) => !finer.has(unit)));
  return {
    provider,
    model,
    context_window: entry?.contextWindow ?? null,
    prices: [
      ...own.map(listRow),
      ...table.filter(({ unit }) => !strong.has(unit) && !finer.has(unit)),
      ...listed.map(listRow).filter(({ unit }) => !known.has(unit) && !strong.has(unit)),
    ],
    modifiers: MODIFIER_RULES.filter((rule) => holdsFor(rule, provider, models)).map(modifierRow),
  };
}

/** As the table has it. */
export function pricesOfEntry(entry: PriceEntry, provider: string): ModelPrices {
  const { model, contextWindow } = entry;
  const modifiers = MODIFIER_RULES.filter((rule) => holdsFor(rule, provider, [model])).map(modifierRow);
  return { provider, model, context_window: contextWindow, prices: rowsOf(entry), modifiers };
}

function rowsOf({ prices, model }: PriceEntry): ListedPrice[] {
  const rows = [...prices].flatMap(([unit, price]) => tableRows(unit, price));
  const derived = DERIVED_PRICES.map(({ unit }) => unit).filter((unit) => !prices.has(unit));
  for (const unit of derived) {
    const price = derivedPrice(unit, [model], (other) => prices.get(other) ?? null);
    if (price !== null) rows.push(...tableRows(unit, price));
  }
  return rows;
}

/** Models whose id has this text in it, of all providers that the table knows or of one. */
export function modelsLike(book: PriceBook, text: string, provider: string | null, at: number): PriceEntry[] {
  const wanted = text.toLowerCase();
  const ids =
    provider === null ? null : new Set(candidates(provider, 'any', null).map((candidate) => candidate.provider));
  return book.tables.flatMap((table) =>
    [...table.entries(at)].filter(
      (entry) => (ids === null || ids.has(entry.provider)) && entry.model.toLowerCase().includes(wanted),
    ),
  );
}

/** List prices by the models that they are for. */
export function listedModels(book: PriceBook, provider: string): ModelPrices[] {
  const groups = new Map<string, ListedPrice[]>();
  for (const lists of [book.own.get(provider), book.listed.get(provider)]) {
    for (const price of lists?.entries() ?? []) {
      const model = price.listed.model ?? '*';
      groups.set(model, [...(groups.get(model) ?? []), listRow(price)]);
    }
  }
  return [...groups].map(([model, prices]) => ({ provider, model, context_window: null, prices, modifiers: [] }));
}

function isOf(price: CompiledPrice, models: readonly string[]): boolean {
  return price.model === null || models.some(price.model);
}

function isUnconditional({ operation, when }: CompiledPrice): boolean {
  return operation === null && when.length === 0;
}

function tableRows(unit: PriceClass, price: Price): ListedPrice[] {
  const { per, min, origin } = price;
  const row = (usd: number, above: number | null): ListedPrice => ({
    unit,
    usd,
    per,
    above_input_tokens: above,
    for_model: true,
    operation: null,
    when: {},
    min: min === 0 ? null : min,
    source: origin.label,
    date: origin.date,
  });
  return [row(price.usd, null), ...price.steps.map(({ start, usd }) => row(usd, start))];
}

function listRow({ listed, price }: CompiledPrice): ListedPrice {
  const [row] = tableRows(listed.unit, price);
  return {
    ...(row as ListedPrice),
    for_model: listed.model !== undefined,
    operation: listed.operation ?? null,
    when: listed.when ?? {},
    source: listed.note === undefined ? listed.source : `${listed.source} (${listed.note})`,
  };
}

/** The first rule of its kind and value is the one in force. */
function holdsFor(rule: ModifierRule, provider: string, models: readonly string[]): boolean {
  const fits = (one: ModifierRule): boolean =>
    one.kind === rule.kind &&
    one.value === rule.value &&
    globOf(one.provider)(provider) &&
    (one.model === undefined || models.some(globOf(one.model)));
  return MODIFIER_RULES.find(fits) === rule;
}

function modifierRow({ kind, value, factor, except = {}, source, asOf }: ModifierRule): ListedModifier {
  return { kind, value, factor, except, source, date: asOf };
}
