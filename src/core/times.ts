/** Times as people write them in filters and commands. */

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const AGO = /^(\d{1,6})([smhdw])$/;
const EARLIEST = Date.parse('0001-01-01');
/** `Date.parse` alone takes "7" for July 2001 and "1/2/2027" for some day: nobody may delete by that. */
const ISO = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?)?$/i;

/**
 * ISO 8601 (a date alone is UTC, a time without a zone is of this machine), or so long ago: `30m`, `12h`, `7d`, `2w`.
 * @param now Unix ms @returns ISO 8601 UTC with milliseconds, as the store has times; null = no time
 */
export function parseTime(text: string, now: number): string | null {
  const ago = AGO.exec(text);
  const time =
    ago === null ? (isMoment(text) ? Date.parse(text) : Number.NaN) : now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0);
  // Before the year 0 there is a sign in front, by which nothing could be sorted.
  return Number.isNaN(time) ? null : new Date(Math.max(time, EARLIEST)).toISOString();
}

/** `Date.parse` takes the 31st of February for the 3rd of March. */
function isMoment(text: string): boolean {
  const [whole, year, month, day] = ISO.exec(text) ?? [];
  if (whole === undefined) return false;
  return (
    day === undefined || new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  );
}
