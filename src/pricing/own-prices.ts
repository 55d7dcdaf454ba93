/** The user's own prices and newer price tables: the shapes of their files. docs/prices.md describes them. */
import type { Provider } from '@pydantic/genai-prices';
import { z } from 'zod';
import { AppError, messageOf } from '../core/errors.ts';
import { TOKEN_FIELDS, UNIT_NAMES } from '../core/usage.ts';
import { parseRatio } from './money.ts';
import type { PriceOverrides } from './prices.ts';

const text = z.string().min(1);
const day = z.string().regex(/^\d{4}-\d\d(?:-\d\d)?$/, 'must be a date such as "2026-11" or "2026-11-21"');
const decimal = z.string().refine((value) => parseRatio(value) !== null, 'must be a price as a text, such as "0.015"');

/** One price: the shape of `ListPrice`, and whose it is. */
export const ownPrice = z.strictObject({
  provider: text,
  unit: z.enum([...UNIT_NAMES, ...TOKEN_FIELDS], {
    error: 'must be a token class or a unit (docs/prices.md lists them), such as characters',
  }),
  usd: decimal,
  per: z.number().positive(),
  model: text.exactOptional(),
  operation: text.exactOptional(),
  when: z.record(z.string(), z.string()).exactOptional(),
  min: z.number().positive().exactOptional(),
  asOf: day,
  source: text.default('own price'),
  note: text.exactOptional(),
});

export const alias = z.strictObject({
  provider: text,
  model: text,
  as_model: text,
  as_provider: text.exactOptional(),
});

const amount = z.number().nonnegative();
const tiered = z.object({
  base: amount,
  tiers: z.array(z.object({ start: z.number().int().nonnegative(), price: amount })),
});
const modelPrice = z.record(z.string(), z.union([amount, tiered]));
const time = z.string().regex(/^\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/);
const constraint = z.union([
  z
    .object({ start_date: z.string().regex(/^\d{4}-\d\d-\d\d$/) })
    .transform((value) => ({ type: 'start_date' as const, ...value })),
  z.object({ start_time: time, end_time: time }).transform((value) => ({ type: 'time_of_date' as const, ...value })),
]);
const conditional = z.object({ constraint: constraint.nullish(), prices: modelPrice });

interface Match {
  [rule: string]: string | Match[];
}
const regex = z.string().refine((source) => canCompile(source), 'must be a regular expression');
const match: z.ZodType<Match> = z.lazy(() =>
  z.union([
    z.strictObject({ or: z.array(match) }),
    z.strictObject({ and: z.array(match) }),
    z.strictObject({ equals: z.string() }),
    z.strictObject({ starts_with: z.string() }),
    z.strictObject({ ends_with: z.string() }),
    z.strictObject({ contains: z.string() }),
    z.strictObject({ regex }),
  ]),
);

/** What is used of a provider of the table; its other members (extractors, descriptions) may be whatever they are. */
const tableProvider = z.object({
  id: text,
  name: z.string().default(''),
  api_pattern: regex.default('(?!)'),
  fallback_model_providers: z.array(z.string()).nullish(),
  models: z.array(z.object({ id: text, match, prices: z.union([modelPrice, z.array(conditional).min(1)]) })),
});

const ownFile = z.strictObject({
  $schema: z.string().exactOptional(),
  prices: z.array(ownPrice).default([]),
  aliases: z.array(alias).default([]),
  providers: z.array(tableProvider).default([]),
});

export type OwnFile = z.infer<typeof ownFile>;

function canCompile(source: string): boolean {
  try {
    return new RegExp(source).source !== '';
  } catch {
    return false;
  }
}

/** @param where named in what is said of faults. Throws AppError `config_invalid`. */
export function parseOwnFile(json: string, where: string): OwnFile {
  const value = parseJson(json, where);
  // A bare list is one of genai-prices' providers.
  return checked(ownFile, Array.isArray(value) ? { providers: value } : value, where);
}

/** @param date of the last change (YYYY-MM-DD). */
export function overridesOf(file: OwnFile, date: string | null): PriceOverrides {
  return { prices: file.prices, aliases: file.aliases, providers: file.providers as unknown as Provider[], date };
}

/** A data.json of genai-prices. Throws AppError `config_invalid`. */
export function parseTable(value: unknown, where: string): Provider[] {
  const providers = checked(z.array(tableProvider).min(1), value, where);
  if (!providers.some(({ models }) => models.length > 0))
    throw new AppError('config_invalid', `${where} has no models`);
  return providers as unknown as Provider[];
}

export function parseJson(json: string, where: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new AppError('config_invalid', `${where} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

export function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : `: ${issue.path.map(String).join('.')}`;
  throw new AppError('config_invalid', `${where}${at}: ${issue?.message ?? 'not the shape it must have'}`);
}
