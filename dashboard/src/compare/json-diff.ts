/** How one JSON value differs from another, member by member. */

export interface JsonDifference {
  /** `.city`, `.items[2].price`; empty = the value as a whole. */
  path: string;
  /** JSON; `null` = it is not there. */
  before: string | null;
  after: string | null;
}

/** In the order of the first value; what is only in the second comes behind. */
export function jsonDifferences(before: unknown, after: unknown, path = ''): JsonDifference[] {
  if (isList(before) && isList(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => member(before[index], after[index], `${path}[${index}]`)).flat();
  }
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => member(own(before, name), own(after, name), path + nameIn(name)));
  }
  return text(before) === text(after) ? [] : [{ path, before: text(before), after: text(after) }];
}

function member(before: unknown, after: unknown, path: string): JsonDifference[] {
  if (before === undefined || after === undefined) return [{ path, before: text(before), after: text(after) }];
  return jsonDifferences(before, after, path);
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function nameIn(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function text(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
