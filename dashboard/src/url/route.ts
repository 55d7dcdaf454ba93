/** Where the reader is. All of it stands in the address: `#/calls/ID?range=24h&tab=cost`. */

export const SCREENS = ['overview', 'calls', 'sessions', 'compare', 'settings'] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  screen: Screen;
  /** What is open on that screen: a call, a session, a part of the settings; `null` = nothing. */
  id: string | null;
  params: URLSearchParams;
}

/** What stays when the reader goes to another screen. */
export const CARRIED = ['range', 'since', 'until', 'filter'] as const;

/** Never throws: what is not understood leads to the overview. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const [, name = '', id = ''] = path.split('/', 3);
  const screen = SCREENS.find((known) => known === name) ?? 'overview';
  return { screen, id: id === '' ? null : decoded(id), params: new URLSearchParams(query) };
}

export function formatRoute({ screen, id, params }: Route): string {
  const query = params.toString();
  return `#/${screen}${id === null ? '' : `/${encodeURIComponent(id)}`}${query === '' ? '' : `?${query}`}`;
}

export type ParamChange = Record<string, string | null>;

/** A copy; `null` and the empty text take a parameter away. */
export function withParams(params: URLSearchParams, change: ParamChange): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** The address of another screen, seen through the same range and filter. */
export function hrefOf(from: Route, screen: Screen, id: string | null = null, change: ParamChange = {}): string {
  const carried = new URLSearchParams();
  for (const name of CARRIED) {
    const value = from.params.get(name);
    if (value !== null) carried.set(name, value);
  }
  return formatRoute({ screen, id, params: withParams(carried, change) });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
