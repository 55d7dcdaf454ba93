/** The part of the filter line that sessions can be found by: `provider:`, `client:`, and words. Pure. */

export interface SessionFilter {
  provider: string | null;
  client: string | null;
  /** Part of the title or of an id. */
  words: string;
  /** What only calls know of. */
  ignored: string[];
}

const TOKEN = /(-?)(?:([a-z_]+):)?(?:"([^"]*)"|(\S+))/g;

export function sessionFilterOf(text: string): SessionFilter {
  const filter: SessionFilter = { provider: null, client: null, words: '', ignored: [] };
  const words: string[] = [];
  for (const [whole, minus, name, quoted, plain] of text.matchAll(TOKEN)) {
    const value = quoted ?? plain ?? '';
    if ((name === 'provider' || name === 'client') && minus === '' && filter[name] === null) filter[name] = value;
    else if (name === undefined && minus === '') words.push(value);
    else filter.ignored.push(whole);
  }
  filter.words = words.join(' ');
  return filter;
}

/** With another provider, or without one. */
export function withProvider(text: string, provider: string | null): string {
  const rest = text
    .replaceAll(/(^|\s)provider:(?:"[^"]*"|\S+)/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  if (provider === null) return rest;
  return `provider:${/[\s":]/.test(provider) ? `"${provider.replaceAll('"', '')}"` : provider} ${rest}`.trim();
}
