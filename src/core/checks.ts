/** Checks of what a configuration file holds, put together from small ones. They say what is wrong; callers say where. */

/** What is wrong with a value, in words that follow its place, and the place inside of what was checked. */
export class Misfit extends Error {
  readonly path: readonly (string | number)[];
  /** The member that is not there; null = something else is wrong. */
  readonly missing: string | null;

  constructor(message: string, path: readonly (string | number)[] = [], missing: string | null = null) {
    super(message);
    this.path = path;
    this.missing = missing;
  }
}

/** Throws a Misfit. */
export type Check = (value: unknown) => void;

export const that =
  (holds: (value: unknown) => boolean, what: string): Check =>
  (value) => {
    if (!holds(value)) throw new Misfit(`must be ${what}`);
  };

export const aText = that((value) => typeof value === 'string' && value !== '', 'a text that is not empty');
/** May be empty. */
export const anyText = that((value) => typeof value === 'string', 'a text');
export const aFlag = that((value) => typeof value === 'boolean', 'true or false');
export const aCount = that((value) => typeof value === 'number' && value > 0, 'a number above 0');
export const anAmount = that((value) => typeof value === 'number' && value >= 0, 'a number that is not below 0');
export const aPort = that(
  (value) => typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536,
  'a port',
);
export const aDay = that(
  (value) => typeof value === 'string' && /^\d{4}-\d\d(?:-\d\d)?$/.test(value),
  'a date such as "2026-11" or "2026-11-21"',
);

export const oneOf = (names: readonly string[]): Check =>
  that((value) => typeof value === 'string' && names.includes(value), `one of ${names.join(', ')}`);

export const listOf =
  (each: Check, least = 0): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length < least)
      throw new Misfit(least > 0 ? 'must be a list that is not empty' : 'must be a list');
    for (const [index, item] of value.entries()) inside(index, each, item);
  };

export const mapOf =
  (each: Check): Check =>
  (value) => {
    for (const [name, member] of Object.entries(tableOf(value))) inside(name, each, member);
  };

/** A table with these members; those in `needed` must be there. `open`: others may be there too. */
export const table =
  (members: Readonly<Record<string, Check>>, needed: readonly string[] = [], open = false): Check =>
  (value) => {
    const entries = Object.entries(tableOf(value));
    for (const [name, member] of entries) {
      const check = Object.hasOwn(members, name) ? members[name] : undefined;
      if (check !== undefined) inside(name, check, member);
      else if (!open) throw new Misfit(`has no ${name}; it takes ${Object.keys(members).join(', ')}`);
    }
    const missing = needed.find((name) => !entries.some(([known]) => known === name));
    if (missing !== undefined) throw new Misfit(`needs ${missing}`, [], missing);
  };

export const orNull =
  (check: Check): Check =>
  (value) => {
    if (value !== null) check(value);
  };

export function tableOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Misfit('must be a table');
  return value as Record<string, unknown>;
}

/** Checks a part of a value. */
export function inside(step: string | number, check: Check, value: unknown): void {
  try {
    check(value);
  } catch (error) {
    throw error instanceof Misfit ? new Misfit(error.message, [step, ...error.path], error.missing) : error;
  }
}
