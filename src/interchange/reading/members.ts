/** Members of a JSON object from a file, each of its type. They throw Error that says which is wrong. */
import { valueAt, type JsonObject } from '../../providers/families/json.ts';

const MAX_TEXT = 1024 * 1024;

export function text(parent: JsonObject | null, name: string, pattern?: RegExp): string {
  const value = valueAt(parent, name);
  if (typeof value !== 'string' || value.length > MAX_TEXT) throw wrong(name, 'a text');
  if (pattern !== undefined && !pattern.test(value)) throw wrong(name, `a name (${pattern.source})`);
  return value;
}

export function textOrNull(parent: JsonObject | null, name: string): string | null {
  const value = valueAt(parent, name);
  return value === undefined || value === null ? null : text(parent, name);
}

export function flag(parent: JsonObject | null, name: string): boolean {
  const value = valueAt(parent, name) ?? false;
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
}

export function amount(parent: JsonObject | null, name: string, least = 0): number | null {
  const value = valueAt(parent, name) ?? null;
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) throw wrong(name, 'a number');
  return value;
}

export function whole(parent: JsonObject | null, name: string, least = 0): number | null {
  const value = amount(parent, name, least);
  if (value !== null && !Number.isSafeInteger(value)) throw wrong(name, 'a whole number');
  return value;
}

/** Before the year 9999, in milliseconds: the store orders times by their text, and each day has one behind it. */
export function isTime(value: number): boolean {
  return value >= 0 && value < END_OF_TIME;
}

const END_OF_TIME = Date.UTC(9999, 0);

export function oneOf<T extends string>(parent: JsonObject | null, name: string, allowed: readonly T[]): T {
  const value = valueAt(parent, name);
  const found = allowed.find((choice) => choice === value);
  if (found === undefined) throw wrong(name, `one of ${allowed.join(', ')}`);
  return found;
}

export function oneOfOrNull<T extends string>(parent: JsonObject, name: string, allowed: readonly T[]): T | null {
  return (valueAt(parent, name) ?? null) === null ? null : oneOf(parent, name, allowed);
}

export function textList(parent: JsonObject | null, name: string): string[] {
  const value = valueAt(parent, name) ?? [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) throw wrong(name, 'a list of texts');
  return value;
}

export function textsIn(object: JsonObject | null): Record<string, string> {
  const entries = Object.entries(object ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

export function wrong(name: string, what: string): Error {
  return new Error(`${name} must be ${what}`);
}
