/** The user's own prices and newer price tables: the shapes of their files. docs/prices.md describes them. */
import type { Provider } from '@pydantic/genai-prices';
import {
  anAmount,
  anyText,
  aText,
  type Check,
  inside,
  listOf,
  mapOf,
  Misfit,
  orNull,
  table,
  tableOf,
  that,
} from '../core/checks.ts';
import { AppError, messageOf } from '../core/errors.ts';
import { LIST_PRICE_CHECKS, LIST_PRICE_NEEDS, type ListPrice } from '../core/list-price.ts';
import { parseRatio } from './money.ts';
import type { PriceOverrides } from './prices.ts';

/** One price: the shape of `ListPrice`, and whose it is. */
export type OwnPrice = ListPrice & { provider: string };

/** A model that costs what another one costs. */
export interface Alias {
  provider: string;
  model: string;
  as_model: string;
  as_provider?: string;
}

export interface OwnFile {
  $schema?: string;
  prices: OwnPrice[];
  aliases: Alias[];
  /** In the shape of genai-prices. */
  providers: Provider[];
}

const ownPrice = table(
  {
    ...LIST_PRICE_CHECKS,
    provider: aText,
    usd: that((value) => typeof value === 'string' && parseRatio(value) !== null, 'a price as a text, such as "0.015"'),
  },
  ['provider', ...LIST_PRICE_NEEDS],
);

const alias = table({ provider: aText, model: aText, as_model: aText, as_provider: aText }, [
  'provider',
  'model',
  'as_model',
]);

// --- the shape of genai-prices: what is used of it; other members (extractors, descriptions) may be whatever they are ---

const OPEN = true;
const tiered = table(
  {
    base: anAmount,
    tiers: listOf(table({ start: anAmount, price: anAmount }, ['start', 'price'], OPEN)),
  },
  ['base', 'tiers'],
  OPEN,
);
const modelPrice = mapOf((value) => (typeof value === 'number' ? anAmount(value) : tiered(value)));

const aMoment = that(
  (value) => typeof value === 'string' && /^\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/.test(value),
  'a time such as "16:30:00Z"',
);
const aStart = that(
  (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value),
  'a date such as "2026-11-21"',
);
const fromDay = table({ start_date: aStart }, ['start_date'], OPEN);
const betweenTimes = table({ start_time: aMoment, end_time: aMoment }, ['start_time', 'end_time'], OPEN);
const constraint: Check = (value) => ('start_date' in tableOf(value) ? fromDay(value) : betweenTimes(value));
const conditional = table({ constraint: orNull(constraint), prices: modelPrice }, ['prices'], OPEN);

const aPattern = that((value) => typeof value === 'string' && canCompile(value), 'a regular expression');
const RULES: Readonly<Record<string, Check>> = {
  or: (value) => listOf(match)(value),
  and: (value) => listOf(match)(value),
  equals: anyText,
  starts_with: anyText,
  ends_with: anyText,
  contains: anyText,
  regex: aPattern,
};
const match: Check = (value) => {
  const [[name, rule] = ['', undefined], ...others] = Object.entries(tableOf(value));
  const check = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (check === undefined || others.length > 0) throw new Misfit(`must be one of ${Object.keys(RULES).join(', ')}`);
  inside(name, check, rule);
};

const tableProvider = table(
  {
    id: aText,
    name: anyText,
    api_pattern: aPattern,
    fallback_model_providers: orNull(listOf(anyText)),
    models: listOf(
      table(
        {
          id: aText,
          match,
          prices: (value) => (Array.isArray(value) ? listOf(conditional, 1)(value) : modelPrice(value)),
        },
        ['id', 'match', 'prices'],
        OPEN,
      ),
    ),
  },
  ['id', 'models'],
  OPEN,
);

const ownFile = table({
  $schema: anyText,
  prices: listOf(ownPrice),
  aliases: listOf(alias),
  providers: listOf(tableProvider),
});

function canCompile(source: string): boolean {
  try {
    return new RegExp(source).source !== '';
  } catch {
    return false;
  }
}

/** @param where named in what is said of faults. Throws AppError `config_invalid`. */
export function parseOwnFile(json: string, where: string): OwnFile {
  const value = parseFile(json, where);
  // A bare list is one of genai-prices' providers.
  const file = Array.isArray(value) ? { providers: value } : value;
  check(ownFile, file, where);
  const { prices = [], aliases = [], providers = [], ...rest } = file as Partial<OwnFile>;
  return { ...rest, prices: prices.map(withSource), aliases, providers: providers.map(filled) };
}

/** A price made by a command. Throws AppError `config_invalid`. */
export function ownPriceOf(value: unknown, where: string): OwnPrice {
  check(ownPrice, value, where);
  return withSource(value as OwnPrice);
}

/** An alias made by a command. Throws AppError `config_invalid`. */
export function aliasOf(value: unknown, where: string): Alias {
  check(alias, value, where);
  return value as Alias;
}

/** @param date of the last change (YYYY-MM-DD). */
export function overridesOf({ prices, aliases, providers }: OwnFile, date: string | null): PriceOverrides {
  return { prices, aliases, providers, date };
}

/** A data.json of genai-prices. Throws AppError `config_invalid`. */
export function parseTable(value: unknown, where: string): Provider[] {
  check(listOf(tableProvider, 1), value, where);
  const providers = (value as Provider[]).map(filled);
  if (!providers.some(({ models }) => models.length > 0))
    throw new AppError('config_invalid', `${where} has no models`);
  return providers;
}

/** The value of a JSON file. Throws AppError `config_invalid`. */
export function parseFile(json: string, where: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new AppError('config_invalid', `${where} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** Throws AppError `config_invalid`: `prices.json: prices.0.usd: must be ...`. */
export function check(shape: Check, value: unknown, where: string): void {
  try {
    shape(value);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const { missing } = error;
    const path = missing === null ? error.path : [...error.path, missing];
    const at = path.length === 0 ? '' : `: ${path.join('.')}`;
    const what = missing === null ? error.message : 'is missing';
    throw new AppError('config_invalid', `${where}${at}: ${what}`, { cause: error });
  }
}

function withSource(price: OwnPrice): OwnPrice {
  return { ...price, source: price.source ?? 'own price' };
}

/** What newer data leaves out: a constraint names itself by its members alone. */
function filled(provider: Provider): Provider {
  const models = provider.models.map((model) => ({
    ...model,
    prices: Array.isArray(model.prices) ? model.prices.map(named) : model.prices,
  }));
  return { ...provider, name: provider.name ?? '', api_pattern: provider.api_pattern ?? '(?!)', models };
}

function named<Conditional extends { constraint?: unknown }>(conditionalPrice: Conditional): Conditional {
  const { constraint: given } = conditionalPrice;
  if (given === undefined || given === null) return conditionalPrice;
  const type = 'start_date' in tableOf(given) ? 'start_date' : 'time_of_date';
  return { ...conditionalPrice, constraint: { ...tableOf(given), type } };
}
