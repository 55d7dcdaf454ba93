/** Calls as bars in time, those that ran side by side below each other; long pauses cut out. Pure. */
import type { SessionSummary, Step } from '../api/shapes.ts';
import type { Outline } from './outline.ts';
import { groupBy } from './tree.ts';

export interface Bar {
  step: Step;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  /** From the top. */
  lane: number;
}

export interface Lane {
  /** Null = of calls of no session. */
  session: SessionSummary | null;
  /** Further ones of a session have no name of their own. */
  isFirst: boolean;
  depth: number;
}

export interface Lanes {
  bars: readonly Bar[];
  lanes: readonly Lane[];
}

/** Sub-agents below those that sent them; in each, what overlaps takes a lane more. */
export function lanesOf({ sessions, steps }: Pick<Outline, 'sessions' | 'steps'>): Lanes {
  const stepsOf = groupBy(steps, ({ session }) => session ?? '');
  const bars: Bar[] = [];
  const lanes: Lane[] = [];
  const place = (session: SessionSummary | null, depth: number): void => {
    const first = lanes.length;
    const ends: number[] = [];
    for (const step of stepsOf.get(session?.id ?? '') ?? []) {
      const start = Date.parse(step.started_at);
      const end = start + Math.max(0, step.duration_ms);
      const free = ends.findIndex((until) => until <= start);
      const row = free === -1 ? ends.length : free;
      ends[row] = end;
      bars.push({ step, start, end, lane: first + row });
    }
    for (let row = 0; row < ends.length; row += 1) lanes.push({ session, isFirst: row === 0, depth });
  };
  for (const { session, depth } of inOrder(sessions)) place(session, depth);
  place(null, 0);
  return { bars: bars.toSorted((a, b) => a.start - b.start), lanes };
}

/** Each followed by those below it. */
function inOrder(sessions: readonly SessionSummary[]): { session: SessionSummary; depth: number }[] {
  const known = new Set(sessions.map(({ id }) => id));
  const below = groupBy(sessions, ({ parent_session_id: parent }) => (parent === null ? '' : parent));
  const found: { session: SessionSummary; depth: number }[] = [];
  const seen = new Set<string>();
  const walk = (session: SessionSummary, depth: number): void => {
    if (seen.has(session.id)) return;
    seen.add(session.id);
    found.push({ session, depth });
    for (const child of below.get(session.id) ?? []) walk(child, depth + 1);
  };
  for (const session of sessions) {
    const parent = session.parent_session_id;
    if (parent === null || !known.has(parent) || session === sessions[0]) walk(session, 0);
  }
  // A circle has no top.
  for (const session of sessions) walk(session, 0);
  return found;
}

/** A pause in which no call ran: it takes `PAUSE` of the picture, however long it was. */
export interface Pause {
  start: number;
  end: number;
}

/** As long as this, or a fiftieth of all. Milliseconds. */
const LEAST_PAUSE = 5000;

export function pausesOf(bars: readonly Bar[]): Pause[] {
  const [first] = bars;
  if (first === undefined) return [];
  const last = bars.reduce((end, bar) => Math.max(end, bar.end), first.end);
  const least = Math.max(LEAST_PAUSE, (last - first.start) / 50);
  const pauses: Pause[] = [];
  let busyUntil = first.end;
  for (const { start, end } of bars) {
    if (start - busyUntil >= least) pauses.push({ start: busyUntil, end: start });
    busyUntil = Math.max(busyUntil, end);
  }
  return pauses;
}

/** From moments to places, 0 to 1, and back. */
export interface Scale {
  at: (time: number) => number;
  time: (at: number) => number;
}

/** Of the picture, for each pause. */
const PAUSE = 0.012;

export function scaleOf(from: number, to: number, pauses: readonly Pause[]): Scale {
  const inside = pauses
    .map(({ start, end }) => ({ start: Math.max(start, from), end: Math.min(end, to) }))
    .filter(({ start, end }) => end > start);
  const paused = inside.reduce((sum, { start, end }) => sum + end - start, 0);
  // Where there are very many of them they share half of it.
  const each = inside.length === 0 ? 0 : Math.min(PAUSE, 0.5 / inside.length);
  const busy = Math.max(1, to - from - paused);
  const unit = (1 - each * inside.length) / busy;
  // Where each stretch begins, in time and in the picture.
  const knots: { time: number; at: number }[] = [{ time: from, at: 0 }];
  for (const { start, end } of inside) {
    const last = knots.at(-1) as { time: number; at: number };
    const at = last.at + (start - last.time) * unit;
    knots.push({ time: start, at }, { time: end, at: at + each });
  }
  const end = knots.at(-1) as { time: number; at: number };
  knots.push({ time: Math.max(to, end.time + 1), at: 1 });
  return {
    at: (time) => between(knots, 'time', 'at', time),
    time: (at) => between(knots, 'at', 'time', at),
  };
}

type Knot = { time: number; at: number };

function between(knots: readonly Knot[], by: keyof Knot, of: keyof Knot, value: number): number {
  let low = 0;
  let high = knots.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((knots[middle] as Knot)[by] <= value) low = middle;
    else high = middle;
  }
  const [a, b] = [knots[low] as Knot, knots[high] as Knot];
  const width = b[by] - a[by];
  return width === 0 ? a[of] : a[of] + ((value - a[by]) / width) * (b[of] - a[of]);
}

/** Steps that people count in. Milliseconds. */
const TICKS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000,
];

/** Round moments, some of them at most. */
export function ticksOf(from: number, to: number, most: number): { times: number[]; step: number } {
  const step = TICKS.find((one) => (to - from) / one <= most) ?? 2_592_000_000;
  const times: number[] = [];
  for (let time = Math.ceil(from / step) * step; time <= to && times.length <= most; time += step) times.push(time);
  return { times, step };
}

/** The bar that is meant by a place, a few pixels around it included; the shortest wins. */
export function barAt(bars: readonly Bar[], lane: number, time: number, slack: number): Bar | null {
  let found: Bar | null = null;
  for (const bar of bars) {
    if (bar.start - slack > time) break;
    if (bar.lane !== lane || bar.end + slack < time) continue;
    if (found === null || bar.end - bar.start < found.end - found.start) found = bar;
  }
  return found;
}

/** The nearest in time on the lane above or below; null = there is none. */
export function barBeside(bars: readonly Bar[], from: Bar, by: 1 | -1): Bar | null {
  const lanes = [...new Set(bars.map(({ lane }) => lane))].toSorted((a, b) => a - b);
  const lane = lanes[lanes.indexOf(from.lane) + by];
  if (lane === undefined) return null;
  const there = bars.filter((bar) => bar.lane === lane);
  return there.reduce<Bar | null>(
    (best, bar) => (best === null || Math.abs(bar.start - from.start) < Math.abs(best.start - from.start) ? bar : best),
    null,
  );
}
