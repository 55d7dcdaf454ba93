export interface PathMatch {
  /** Of `{model}` and `{id}`, decoded; null when the pattern has none. */
  model: string | null;
  id: string | null;
  /** All that the pattern names, as on the wire. */
  groups: Readonly<Record<string, string | undefined>>;
}

/** Matches the path of a request target. */
export type PathMatcher = (path: string) => PathMatch | null;

const TOKEN = /\*\*|\{([a-z_]+)(?:(\+)|:([^{}]+))?\}/g;
const NO_GROUPS: PathMatch['groups'] = {};

/**
 * Compiles a path pattern of a provider file. At most one `**`, at an end, or one `{name+}`; each other `{name}` stays
 * inside its segment: matching is linear. Throws a RangeError on a pattern that is not one.
 */
export function compilePath(pattern: string): PathMatcher {
  const stars = pattern.split('**').length - 1;
  const placed = stars === 0 || pattern.startsWith('**/') || pattern.endsWith('/**');
  // Two wildcards without end would have to be tried against each other.
  const endless = stars + pattern.split('+}').length - 1;
  if (endless > 1 || !placed || !(pattern.startsWith('/') || pattern.startsWith('**/'))) {
    throw new RangeError(`not a path pattern: ${pattern}`);
  }
  if (hasTwins(pattern)) throw new RangeError(`a name stands twice in ${pattern}`);
  // Made when it is first asked: few of the thousands are, and all of them would cost 20 ms at start.
  let regex: RegExp | null = null;
  return (path) => {
    regex ??= new RegExp(`^${sourceOf(pattern)}$`);
    const match = regex.exec(path);
    if (match === null) return null;
    const groups = match.groups ?? NO_GROUPS;
    return { model: decodeSegment(groups['model'] ?? null), id: decodeSegment(groups['id'] ?? null), groups };
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

function hasTwins(pattern: string): boolean {
  if (pattern.indexOf('{') === pattern.lastIndexOf('{')) return false;
  const names = [...pattern.matchAll(TOKEN)].map((match) => match[1]);
  return new Set(names).size < names.length;
}

function sourceOf(pattern: string): string {
  let source = '';
  let last = 0;
  for (const match of pattern.matchAll(TOKEN)) {
    source += literal(pattern.slice(last, match.index));
    source += match[0] === '**' ? '.*' : groupOf(match[1] ?? '', match[2] !== undefined, match[3]);
    last = match.index + match[0].length;
  }
  return source + literal(pattern.slice(last));
}

/** Some clients encode the colon before the method of a Google path. */
function literal(text: string): string {
  return escapeRegExp(text).replaceAll(':', '(?::|%3[Aa])');
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

function groupOf(name: string, severalSegments: boolean, words: string | undefined): string {
  if (severalSegments) return `(?<${name}>[^/]+(?:/[^/]+)*)`;
  if (words !== undefined) return `(?<${name}>${words.split('|').map(escapeRegExp).join('|')})`;
  // A model id may hold an encoded or plain colon, but `:verb` after it is the method of a Google path.
  return name === 'model' ? '(?<model>[^/]+)' : `(?<${name}>[^/:]+)`;
}

/** Percent-decoded where it can be. */
export function decodeSegment(text: string | null): string | null {
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
