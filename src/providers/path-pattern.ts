/** Matches the path of a request target; gives the texts of `{model}` and `{id}`, null when the pattern has none. */
export type PathMatcher = (path: string) => { model: string | null; id: string | null } | null;

const TOKEN = /\*\*|\{([a-z_]+)\}/g;

/**
 * Compiles a path pattern of a provider file. At most one `**`, at an end; each `{name}` stays inside its segment:
 * matching is linear. Throws a RangeError on a pattern that is not one.
 */
export function compilePath(pattern: string): PathMatcher {
  const stars = pattern.split('**').length - 1;
  const placed = stars === 0 || pattern.startsWith('**/') || pattern.endsWith('/**');
  if (stars > 1 || !placed || !(pattern.startsWith('/') || pattern.startsWith('**/'))) {
    throw new RangeError(`not a path pattern: ${pattern}`);
  }
  let source = '';
  let last = 0;
  for (const match of pattern.matchAll(TOKEN)) {
    source += escapeRegExp(pattern.slice(last, match.index));
    source += match[0] === '**' ? '.*' : groupOf(match[1] ?? '');
    last = match.index + match[0].length;
  }
  const regex = new RegExp(`^${source}${escapeRegExp(pattern.slice(last))}$`);
  return (path) => {
    const match = regex.exec(path);
    if (match === null) return null;
    return { model: decode(match.groups?.['model'] ?? null), id: decode(match.groups?.['id'] ?? null) };
  };
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
