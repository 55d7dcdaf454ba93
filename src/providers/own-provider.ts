import type { Billing } from '../core/capture.ts';
import { aCount, aFlag, aPort, aText, type Check, listOf, mapOf, Misfit, oneOf, table, that } from '../core/checks.ts';
import { AppError } from '../core/errors.ts';
import { LIST_PRICE_CHECKS, LIST_PRICE_NEEDS } from '../core/list-price.ts';
import { TOKEN_FIELDS, UNIT_NAMES } from '../core/usage.ts';
import type { TotalRule } from './families/usage-map.ts';
import type { Endpoint, EndpointKind, Provider, ProviderKind } from './provider.ts';

/** All names of a type: one that is missing here, or too much, does not compile. */
const namesOf = <Name extends string>(names: Readonly<Record<Name, true>>): string[] => Object.keys(names);

const CLASSES = namesOf<ProviderKind>({
  model: true,
  vector_database: true,
  payments: true,
  messaging: true,
  search: true,
  gateway: true,
});
const METHODS = namesOf<Endpoint['method']>({
  GET: true,
  POST: true,
  PUT: true,
  PATCH: true,
  DELETE: true,
  '*': true,
  WS: true,
});
const KINDS = namesOf<EndpointKind>({ inference: true, count: true, control: true, reread: true, batch_results: true });
const BILLINGS = namesOf<Billing>({
  metered: true,
  subscription: true,
  free: true,
  cached_by_gateway: true,
  batch: true,
});
const DISTRUST = namesOf<TotalRule['distrust']>({ output: true, both: true, nothing: true });

const aPrice = that(
  (value) => typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value),
  'a price as a text, such as "0.015"',
);
const aBase = that(
  (value) => typeof value === 'string' && /^https?:\/\/[^/?#@\s]+(?:\/[^?#\s]*)?$/.test(value),
  'an http:// or https:// URL without user, query or fragment',
);
const textOrTexts: Check = (value) => (Array.isArray(value) ? listOf(aText)(value) : aText(value));

const counts = (names: readonly string[]): Check => table(Object.fromEntries(names.map((name) => [name, textOrTexts])));

const usageMap = table(
  {
    tokens: counts(TOKEN_FIELDS),
    units: counts(UNIT_NAMES),
    total: table({ at: aText, reasoningMayBeOutside: aFlag, distrust: oneOf(DISTRUST) }, ['at', 'distrust']),
    cost: listOf(table({ at: aText, perUsd: aCount, onlyIf: aText, notIf: aText }, ['at', 'perUsd'])),
  },
  ['tokens'],
);

const endpoint = table(
  {
    method: oneOf(METHODS),
    path: aText,
    hosts: listOf(aText),
    headers: mapOf(aText),
    operation: aText,
    operationFrom: aText,
    kind: oneOf(KINDS),
    // Which families there are is for the registry to say.
    family: aText,
    usage: usageMap,
    headerUsage: usageMap,
    units: listOf(table({ unit: oneOf(UNIT_NAMES), from: textOrTexts }, ['unit', 'from'])),
    model: listOf(aText),
    dims: mapOf(textOrTexts),
    cost: table({ from: textOrTexts, perUsd: aCount }, ['from', 'perUsd']),
    countWhen: aText,
    job: aText,
    billing: oneOf(BILLINGS),
  },
  ['method', 'path', 'operation'],
);

const price = table({ ...LIST_PRICE_CHECKS, usd: aPrice }, LIST_PRICE_NEEDS);

const provider = table(
  {
    id: aText,
    title: aText,
    hosts: listOf(aText),
    base: aBase,
    intercept: aFlag,
    kind: oneOf(CLASSES),
    endpoints: listOf(endpoint),
    requestIdHeaders: listOf(aText),
    billing: oneOf(BILLINGS),
    inner: listOf(table({ at: aText, provider: aText, base: aText }, ['at', 'provider'])),
    subscriptionMarks: listOf(table({ header: aText, startsWith: aText }, ['header', 'startsWith'])),
    prices: listOf(price),
    limits: listOf(aText),
    localPort: aPort,
  },
  ['id', 'hosts'],
);

/**
 * A provider that the user's configuration describes: the same shape as a provider file, data only. What may be left out
 * is filled in. Throws AppError `config_invalid` that says what is wrong where.
 */
export function ownProvider(raw: unknown, index: number): Provider {
  try {
    provider(raw);
  } catch (error) {
    throw error instanceof Misfit ? new AppError('config_invalid', describe(error, raw, index)) : error;
  }
  // Checked member by member just above.
  const given = raw as Pick<Provider, 'id' | 'hosts'> & Partial<Provider>;
  const prices = given.prices?.map((each) => ({ ...each, source: each.source ?? 'configuration' }));
  return { title: given.id, intercept: true, endpoints: [], ...given, ...(prices === undefined ? {} : { prices }) };
}

/** `provider acme.endpoints[1].method must be ...`: people count from 1. */
function describe({ message, path }: Misfit, raw: unknown, index: number): string {
  const id = typeof raw === 'object' && raw !== null ? (raw as { id?: unknown }).id : undefined;
  const name = typeof id === 'string' && id !== '' ? `provider ${id}` : `[[provider]] number ${index + 1}`;
  return `${name}${path.map((step) => (typeof step === 'number' ? `[${step + 1}]` : `.${step}`)).join('')} ${message}`;
}
