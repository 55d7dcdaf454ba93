/** Periods and the hours in them. An hour is `2026-11-21T12`, in UTC. */

/** ISO 8601 UTC with milliseconds; `from` is included, `to` is not; null = no end. */
export interface Period {
  from: string | null;
  to: string | null;
}

export interface Parts {
  /** Of one hour, that is not whole. */
  head: Period | null;
  /** Hours, not times. */
  hours: Period | null;
  tail: Period | null;
}

const ON_THE_HOUR = ':00:00.000Z';

/** The hour in which a call began. */
export function hourOf(startedAt: string): string {
  return startedAt.slice(0, 13);
}

export function nextHour(hour: string): string {
  return hourOf(new Date(Date.parse(startOf(hour)) + 3_600_000).toISOString());
}

/** @param day `2026-11-21`, in UTC */
export function nextDay(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

/** Whole hours, and what sticks out at either end. */
export function partsOf({ from, to }: Period): Parts {
  const first = from === null ? null : firstWhole(from);
  const end = to === null ? null : hourOf(to);
  // All of it within one hour.
  if (first !== null && end !== null && first > end) return { head: { from, to }, hours: null, tail: null };
  return {
    head: isWithin(from) && first !== null ? { from, to: startOf(first) } : null,
    hours: first !== null && first === end ? null : { from: first, to: end },
    tail: isWithin(to) && end !== null ? { from: startOf(end), to } : null,
  };
}

/** The period that begins and ends on the hour and holds all of this one. */
export function wholeHours({ from, to }: Period): Period {
  return { from: from === null ? null : startOf(hourOf(from)), to: to === null ? null : startOf(firstWhole(to)) };
}

/** The first hour that does not begin before. */
function firstWhole(time: string): string {
  return isWithin(time) ? nextHour(hourOf(time)) : hourOf(time);
}

function isWithin(time: string | null): boolean {
  return time !== null && !time.endsWith(ON_THE_HOUR);
}

function startOf(hour: string): string {
  return `${hour}${ON_THE_HOUR}`;
}
