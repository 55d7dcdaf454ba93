/** How a period is cut into equal steps, and the period before it. */
import type { Period } from '../url/range.ts';
import { boundsOf } from '../url/range.ts';

export type Step = 'minute' | 'hour' | 'day';

export const STEP_MS: Record<Step, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Fine enough to see something, few enough to draw. */
export function stepOf(period: Period, now: number): Step {
  const { since, until } = boundsOf(period, now);
  if (since === null) return 'day';
  const span = (until ?? now) - since;
  if (span <= 3 * STEP_MS.hour) return 'minute';
  return span <= 8 * STEP_MS.day ? 'hour' : 'day';
}

/** Moment of a group's key: an ISO time, or a local day. NaN for anything else. */
export function timeOfKey(key: string | null): number {
  if (key === null) return Number.NaN;
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(key);
  return day === null ? Date.parse(key) : new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3])).getTime();
}

const MOST = 5000;

/**
 * Beginnings of all buckets from the first to the last, empty ones too.
 * @param first of the buckets that have calls, for a period that has no beginning
 */
export function bucketsOf(period: Period, step: Step, now: number, first: number | null): number[] {
  const bounds = boundsOf(period, now);
  const until = bounds.until ?? now;
  let since = bounds.since ?? first ?? now;
  // A period of decades is drawn from its first call on.
  if (until - since > MOST * STEP_MS[step]) since = first ?? since;
  const times: number[] = [];
  for (let at = floor(since, step); at < until && times.length < MOST; at = next(at, step)) times.push(at);
  return times;
}

/** As long as this one, and right before it; `null` where there is none. */
export function periodBefore(period: Period, now: number): { since: string; until: string } | null {
  const { since, until } = boundsOf(period, now);
  if (since === null) return null;
  const end = until ?? now;
  if (end <= since) return null;
  return { since: new Date(since - (end - since)).toISOString(), until: new Date(since).toISOString() };
}

/** Of a bucket, for people. */
export function bucketText(ms: number, step: Step): string {
  const at = new Date(ms);
  const day = at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
  if (step === 'day') return day;
  return `${day} ${at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`;
}

function floor(ms: number, step: Step): number {
  if (step !== 'day') return Math.floor(ms / STEP_MS[step]) * STEP_MS[step];
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** Days are those of the calendar: one in spring has 23 hours, and in some zones it begins at one o'clock. */
function next(ms: number, step: Step): number {
  if (step !== 'day') return ms + STEP_MS[step];
  const at = new Date(ms);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1).getTime();
}
