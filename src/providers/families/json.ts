/** Reading JSON of strangers: nothing is where it should be, and nothing may throw. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key, or null. Own properties only: a body with `__proto__` in it gains nothing. */
export function objectAt(parent: unknown, key: string): JsonObject | null {
  const value = valueAt(parent, key);
  return isObject(value) ? value : null;
}

/** The non-empty string under a key, or null. */
export function stringAt(parent: unknown, key: string): string | null {
  const value = valueAt(parent, key);
  return typeof value === 'string' && value !== '' ? value : null;
}

const NONE: readonly JsonObject[] = [];

/** The objects of the list under a key. */
export function objectsAt(parent: unknown, key: string): readonly JsonObject[] {
  const value = valueAt(parent, key);
  if (!Array.isArray(value)) return NONE;
  // Nearly always all of them are: no second list.
  return value.every(isObject) ? value : value.filter(isObject);
}

export function numberAt(parent: unknown, key: string): number | null {
  const value = valueAt(parent, key);
  return typeof value === 'number' ? value : null;
}

export function valueAt(parent: unknown, key: string): unknown {
  if (!isObject(parent)) return undefined;
  const value = parent[key];
  // Asked second: most of what is looked for is not there, and this costs more than the look.
  return value !== undefined && Object.hasOwn(parent, key) ? value : undefined;
}
