/** Matches the path of a request target; gives the texts of `{model}` and `{id}`, null when the pattern has none. */
export type PathMatcher = (path: string) => { model: string | null; id: string | null } | null;

const TOKEN = /\*\*|\{([a-z_]+\+?)\}/g;

/**
 * Compiles a path pattern of a provider file. At most one `**`, at an end; each `{name}` stays inside its segment:
 * matching is linear. Throws a RangeError on a pattern that is not one.
 */
export function compilePath(pattern: string): PathMatcher {
  const stars = pattern.split('**').length - 1;
  const placed = stars === 0 || pattern.startsWith('**/') || pattern.endsWith('/**');
  // Two wildcards without end would have to be tried against each other.
  const endless = stars + pattern.split('{model+}').length - 1;
  if (endless > 1 || !placed || !(pattern.startsWith('/') || pattern.startsWith('**/'))) {
    throw new RangeError(`not a path pattern: ${pattern}`);
  }
  const regex = new RegExp(`^${sourceOf(pattern)}$`);
  return (path) => {
    const match = regex.exec(path);
    if (match === null) return null;
    return { model: decode(match.groups?.['model'] ?? null), id: decode(match.groups?.['id'] ?? null) };
  };
}

/**
 * Compiles the start of paths: gives what follows it, from its slash on, null when the path does not begin so.
 * Throws a RangeError on a pattern with a wildcard over segments.
 */
export function compilePrefix(pattern: string): (path: string) => string | null {
  if (!pattern.startsWith('/') || pattern.includes('**') || pattern.includes('+}')) {
    throw new RangeError(`not the start of a path: ${pattern}`);
  }
  const regex = new RegExp(`^${sourceOf(pattern)}(?=/)`);
  return (path) => {
    const match = regex.exec(path);
    return match === null ? null : path.slice(match[0].length);
  };
}

function sourceOf(pattern: string): string {
  let source = '';
  let last = 0;
  for (const match of pattern.matchAll(TOKEN)) {
    source += escapeRegExp(pattern.slice(last, match.index));
    source += match[0] === '**' ? '.*' : groupOf(match[1] ?? '');
    last = match.index + match[0].length;
  }
  return source + escapeRegExp(pattern.slice(last));
}

/** Path of a request target in any form, without query, doubled and trailing slashes. */
export function pathOf(target: string): string {
  let path = target;
  if (!path.startsWith('/')) {
    const authority = path.indexOf('://');
    const slash = authority < 0 ? -1 : path.indexOf('/', authority + 3);
    path = slash < 0 ? '/' : path.slice(slash);
  }
  const query = path.search(/[?#]/);
  if (query >= 0) path = path.slice(0, query);
  if (path.includes('//')) path = path.replaceAll(/\/{2,}/g, '/');
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function groupOf(name: string): string {
  // A model id may hold an encoded or plain colon, but `:verb` after it is the method of a Google path.
  if (name === 'model') return '(?<model>[^/]+)';
  if (name === 'model+') return '(?<model>[^/]+(?:/[^/]+)*)';
  return name === 'id' ? '(?<id>[^/:]+)' : '[^/:]+';
}

function decode(text: string | null): string | null {
  if (text === null || !text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
