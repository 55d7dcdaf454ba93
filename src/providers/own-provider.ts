import { AppError } from '../core/errors.ts';
import { TOKEN_FIELDS, UNIT_NAMES } from '../core/usage.ts';
import type { Provider } from './provider.ts';

/** Throws AppError `config_invalid` that says what is wrong with the value at this place. */
type Check = (value: unknown, at: string) => void;

const CLASSES = ['model', 'vector_database', 'payments', 'messaging', 'search', 'gateway'];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', '*', 'WS'];
const KINDS = ['inference', 'count', 'control', 'reread', 'batch_results'];
const BILLINGS = ['metered', 'subscription', 'free', 'cached_by_gateway', 'batch'];
const DISTRUST = ['output', 'both', 'nothing'];

const text: Check = (value, at) => expect(typeof value === 'string' && value !== '', at, 'a text that is not empty');
/** May be empty or end in a bar: that fits what the request left out. */
const pattern: Check = (value, at) => expect(typeof value === 'string', at, 'a text');
const flag: Check = (value, at) => expect(typeof value === 'boolean', at, 'true or false');
const count: Check = (value, at) => expect(typeof value === 'number' && value > 0, at, 'a number above 0');
const port: Check = (value, at) =>
  expect(typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536, at, 'a port');
const day: Check = (value, at) =>
  expect(
    typeof value === 'string' && /^\d{4}-\d\d(?:-\d\d)?$/.test(value),
    at,
    'a date such as "2026-11" or "2026-11-21"',
  );
const decimal: Check = (value, at) =>
  expect(typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value), at, 'a price as a text, such as "0.015"');

const oneOf =
  (names: readonly string[]): Check =>
  (value, at) =>
    expect(typeof value === 'string' && names.includes(value), at, `one of ${names.join(', ')}`);

const listOf =
  (each: Check): Check =>
  (value, at) => {
    expect(Array.isArray(value), at, 'a list');
    for (const [index, item] of (value as unknown[]).entries()) each(item, `${at}[${index + 1}]`);
  };

const textOrTexts: Check = (value, at) => (Array.isArray(value) ? listOf(text)(value, at) : text(value, at));

/** A table with these members and no others; those in `needed` must be there. */
const table =
  (members: Readonly<Record<string, Check>>, needed: readonly string[] = []): Check =>
  (value, at) => {
    const entries = Object.entries(tableOf(value, at));
    for (const [name, member] of entries) {
      const check = Object.hasOwn(members, name) ? members[name] : undefined;
      if (check === undefined) throw invalid(`${at} has no ${name}; it takes ${Object.keys(members).join(', ')}`);
      check(member, `${at}.${name}`);
    }
    const missing = needed.find((name) => !entries.some(([known]) => known === name));
    if (missing !== undefined) throw invalid(`${at} needs ${missing}`);
  };

const mapOf =
  (each: Check): Check =>
  (value, at) => {
    for (const [name, member] of Object.entries(tableOf(value, at))) each(member, `${at}.${name}`);
  };

const counts = (names: readonly string[]): Check => table(Object.fromEntries(names.map((name) => [name, textOrTexts])));

const usageMap = table(
  {
    tokens: counts(TOKEN_FIELDS),
    units: counts(UNIT_NAMES),
    total: table({ at: text, reasoningMayBeOutside: flag, distrust: oneOf(DISTRUST) }, ['at', 'distrust']),
    cost: listOf(table({ at: text, perUsd: count, onlyIf: text, notIf: text }, ['at', 'perUsd'])),
  },
  ['tokens'],
);

const endpoint = table(
  {
    method: oneOf(METHODS),
    path: text,
    hosts: listOf(text),
    headers: mapOf(text),
    operation: text,
    operationFrom: text,
    kind: oneOf(KINDS),
    // Which families there are is for the registry to say.
    family: text,
    usage: usageMap,
    headerUsage: usageMap,
    units: listOf(table({ unit: oneOf(UNIT_NAMES), from: textOrTexts }, ['unit', 'from'])),
    model: listOf(text),
    dims: mapOf(textOrTexts),
    cost: table({ from: textOrTexts, perUsd: count }, ['from', 'perUsd']),
    countWhen: text,
    job: text,
    billing: oneOf(BILLINGS),
  },
  ['method', 'path', 'operation'],
);

const price = table(
  {
    unit: oneOf([...UNIT_NAMES, ...TOKEN_FIELDS]),
    usd: decimal,
    per: count,
    model: text,
    operation: text,
    when: mapOf(pattern),
    min: count,
    asOf: day,
    source: text,
    note: text,
  },
  ['unit', 'usd', 'per', 'asOf'],
);

const provider = table(
  {
    id: text,
    title: text,
    hosts: listOf(text),
    intercept: flag,
    kind: oneOf(CLASSES),
    endpoints: listOf(endpoint),
    requestIdHeaders: listOf(text),
    billing: oneOf(BILLINGS),
    inner: listOf(table({ at: text, provider: text, base: text }, ['at', 'provider'])),
    subscriptionMarks: listOf(table({ header: text, startsWith: text }, ['header', 'startsWith'])),
    prices: listOf(price),
    limits: listOf(text),
    localPort: port,
  },
  ['id', 'hosts'],
);

/**
 * A provider that the user's configuration describes: the same shape as a provider file, data only. What may be left out
 * is filled in. Throws AppError `config_invalid` that says what is wrong where.
 */
export function ownProvider(raw: unknown, index: number): Provider {
  const id = typeof raw === 'object' && raw !== null ? (raw as { id?: unknown }).id : undefined;
  provider(raw, typeof id === 'string' && id !== '' ? `provider ${id}` : `[[provider]] number ${index + 1}`);
  // Checked member by member just above.
  const given = raw as Pick<Provider, 'id' | 'hosts'> & Partial<Provider>;
  const prices = given.prices?.map((each) => ({ ...each, source: each.source ?? 'configuration' }));
  return { title: given.id, intercept: true, endpoints: [], ...given, ...(prices === undefined ? {} : { prices }) };
}

function tableOf(value: unknown, at: string): Record<string, unknown> {
  expect(typeof value === 'object' && value !== null && !Array.isArray(value), at, 'a table');
  return value as Record<string, unknown>;
}

function expect(holds: boolean, at: string, what: string): void {
  if (!holds) throw invalid(`${at} must be ${what}`);
}

function invalid(message: string): AppError {
  return new AppError('config_invalid', message);
}
