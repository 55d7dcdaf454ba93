/** The period that all screens look at. */

export const RANGES = {
  '15m': 'last 15 minutes',
  '1h': 'last hour',
  '24h': 'last 24 hours',
  '7d': 'last 7 days',
  '30d': 'last 30 days',
  all: 'all time',
} as const;
export type RangeName = keyof typeof RANGES;

export const DEFAULT_RANGE: RangeName = '24h';

/** As the API takes them: ISO 8601, or `24h` ago; `null` = no end. */
export interface Period {
  since: string | null;
  until: string | null;
  /** For people. */
  label: string;
}

export function periodOf(params: URLSearchParams): Period {
  const since = params.get('since');
  const until = params.get('until');
  if (since !== null || until !== null) {
    return { since, until, label: `${shortTime(since) ?? 'the beginning'} to ${shortTime(until) ?? 'now'}` };
  }
  const name = rangeName(params);
  return { since: name === 'all' ? null : name, until: null, label: RANGES[name] };
}

export function rangeName(params: URLSearchParams): RangeName {
  const asked = params.get('range') ?? DEFAULT_RANGE;
  return Object.hasOwn(RANGES, asked) ? (asked as RangeName) : DEFAULT_RANGE;
}

/** ` in the last 7 days`, ` from … to …`; empty for all time: behind "No calls". */
export function within({ since, until, label }: Period): string {
  if (since === null && until === null) return '';
  return label.startsWith('last') ? ` in the ${label}` : ` from ${label}`;
}

/** Milliseconds since 1970; `null` = no end. */
export function boundsOf(period: Period, now: number): { since: number | null; until: number | null } {
  return { since: instantOf(period.since, now), until: instantOf(period.until, now) };
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function instantOf(text: string | null, now: number): number | null {
  if (text === null) return null;
  const ago = /^(\d+)([mhd])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? 0);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

function shortTime(text: string | null): string | null {
  if (text === null) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime())
    ? text
    : at.toLocaleString(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}
