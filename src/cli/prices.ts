/** `prices`, `prices update`: what things cost, and from which table. No daemon is needed. */
import { AppError } from '../core/errors.ts';
import type { ListedPrice, ModelPrices } from '../core/model-prices.ts';
import { storeTable } from '../pricing/price-files.ts';
import { listedModels, modelsLike, pricesOfEntry, pricesOfModel } from '../pricing/price-list.ts';
import { configOf } from './home-config.ts';
import { openPrices, type OpenPrices } from './price-book.ts';
import { count } from './figures.ts';
import { print, printJson } from './print.ts';
import { room } from './read.ts';
import { type Column, formatTable } from './table.ts';

export interface PricesArguments {
  home: string | null;
  json: boolean;
  model: string | null;
  provider: string | null;
}

/** More are cut, and it is said. */
const MAX_MODELS = 40;

export async function pricesMain({ home, json, model, provider }: PricesArguments): Promise<number> {
  const prices = await openPrices(configOf(home));
  if (provider !== null) requireProvider(prices, provider);
  if (model === null && provider === null) {
    printProviders(prices, json);
    return 0;
  }
  const found = model === null ? allOf(prices, provider ?? '') : find(prices, model, provider);
  if (json) {
    printJson({ table: prices.table, models: found });
    return 0;
  }
  if (found.length === 0) {
    print(`No price is known for ${model ?? provider ?? ''}: such calls are shown as unpriced.`);
    print('llm-proxy prices override add tells what it costs.');
    return 0;
  }
  printModels(found);
  return 0;
}

export async function pricesUpdate(home: string | null, file: string, json: boolean): Promise<number> {
  const { prices: paths } = configOf(home);
  const { table } = storeTable(file, paths.table);
  const models = [...table.entries(Date.now())].length;
  if (json) printJson({ stored: paths.table, date: table.date, models });
  else
    print(
      `${count(models)} models of ${table.date ?? ''} are in ${paths.table}; a running daemon uses them within 2 s.`,
    );
  return Promise.resolve(0);
}

/** By its exact name at each provider; else the models that have it in their name. */
function find({ book, providers }: OpenPrices, model: string, provider: string | null): ModelPrices[] {
  const now = Date.now();
  const ids = provider === null ? providers.all().map(({ id }) => id) : [provider];
  const exact = ids.map((id) => pricesOfModel(book, id, model, now)).filter(({ prices }) => prices.some(isOfModel));
  if (exact.length > 0) return exact.map((found) => ({ ...found, prices: found.prices.filter(mayBeOfModel) }));
  return modelsLike(book, model, provider, now).map((entry) => pricesOfEntry(entry, provider ?? entry.provider));
}

/** Prices of a provider for all its models say nothing of this one. */
function isOfModel({ for_model: isOwn }: ListedPrice): boolean {
  return isOwn;
}

/** What the provider bills for an operation of another kind (its speech, say) is left out. */
function mayBeOfModel({ for_model: isOwn, operation }: ListedPrice): boolean {
  return isOwn || operation === null;
}

function allOf({ book }: OpenPrices, provider: string): ModelPrices[] {
  const table = modelsLike(book, '', provider, Date.now()).map((entry) => pricesOfEntry(entry, provider));
  return [...listedModels(book, provider), ...table];
}

function requireProvider({ providers, book }: OpenPrices, id: string): void {
  if (providers.get(id) !== null || book.own.has(id) || book.tables.some((table) => table.has(id))) return;
  throw new AppError('config_invalid', `there is no provider ${id}; llm-proxy prices lists them`);
}

function printProviders({ book, providers, table, paths }: OpenPrices, json: boolean): void {
  const rows = providers.all().map(({ id, title }) => ({
    provider: id,
    title,
    models_in_table: new Set(modelsLike(book, '', id, Date.now()).map(({ model }) => model)).size,
    list_prices: [...(book.listed.get(id)?.entries() ?? [])].length,
    own_prices: [...(book.own.get(id)?.entries() ?? [])].length,
  }));
  if (json) {
    printJson({ table, overrides: paths.overrides, providers: rows });
    return;
  }
  print(
    formatTable(
      [
        { title: 'provider', align: 'left', value: (row) => row.provider },
        { title: 'models', align: 'right', value: (row) => shown(row.models_in_table) },
        { title: 'list prices', align: 'right', value: (row) => shown(row.list_prices) },
        { title: 'yours', align: 'right', value: (row) => shown(row.own_prices) },
      ] satisfies Column<(typeof rows)[number]>[],
      rows,
      false,
    ),
  );
  print(`\nTable: ${table.source}, of ${table.date ?? 'an unknown day'}. Yours: ${paths.overrides}`);
  print('llm-proxy prices MODEL says what it costs.');
}

function printModels(models: readonly ModelPrices[]): void {
  for (const [index, model] of models.slice(0, MAX_MODELS).entries()) {
    if (index > 0) print('');
    print(`${model.provider}  ${model.model}`);
    print(indented(formatTable(PRICE_COLUMNS, model.prices, false, room() - INDENT.length)));
    for (const { kind, value, factor, except, source } of model.modifiers) {
      const others = Object.entries(except).map(([unit, other]) => `, ${unit} x${other}`);
      print(`  ${kind} ${value}: tokens x${factor}${others.join('')}  (${source})`);
    }
  }
  if (models.length > MAX_MODELS) print(`\n… and ${models.length - MAX_MODELS} more; --json has all of them`);
}

function shown(value: number): string {
  return value === 0 ? '' : count(value);
}

const PRICE_COLUMNS: readonly Column<ListedPrice>[] = [
  { title: 'unit', align: 'left', value: ({ unit }) => unit },
  { title: 'USD', align: 'right', value: ({ usd }) => String(usd) },
  { title: 'per', align: 'right', value: ({ per }) => count(per) },
  { title: 'when', align: 'left', max: 60, least: 16, value: conditionsOf },
  { title: 'date', align: 'left', spare: 1, value: ({ date }) => date ?? '' },
  { title: 'source', align: 'left', max: 80, least: 24, value: ({ source }) => source },
];

function conditionsOf({ above_input_tokens: above, operation, when, min }: ListedPrice): string {
  return [
    above === null ? '' : `above ${count(above)} input tokens`,
    operation ?? '',
    ...Object.entries(when).map(([name, value]) => `${name} ${value}`),
    min === null ? '' : `at least ${count(min)}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

const INDENT = '  ';

function indented(text: string): string {
  return text.replaceAll(/^/gm, INDENT);
}
