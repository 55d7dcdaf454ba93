/**
 * A page of calls within a bounded time, whatever is asked of them: what no index answers is looked at in windows of the
 * order in which it is shown, newest first. Where a window ends, the next page can begin.
 */
import type { CallRecord } from '../core/capture.ts';
import { storedCallOf } from './call-row.ts';
import { type Database, statementOf } from './driver.ts';
import { type CallFilter, type CallPage, conditionsOf, cursorOf, listCalls } from './queries.ts';

export interface Patience {
  budgetMs: number;
  /** Milliseconds of any clock that never goes back. */
  now: () => number;
}

export interface PageInTime extends CallPage {
  /** Not all calls could be looked at in time; the next page goes on there. */
  partial: boolean;
}

const MAX_LIMIT = 1000;
const MIN_WINDOW = 512;
const MAX_WINDOW = 32_768;
/** A window that took less is made larger. */
const QUICK_MS = 10;

/** As `listCalls`, for so long. */
export function listCallsInTime(
  database: Database,
  filter: CallFilter,
  { limit, cursor }: { limit: number; cursor: string | undefined },
  { budgetMs, now }: Patience,
): PageInTime {
  if (!needsWindows(filter)) return { ...listCalls(database, filter, limit, cursor), partial: false };
  const size = Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_LIMIT);
  const started = now();
  const found: CallRecord[] = [];
  let window = MIN_WINDOW;
  for (let before = cursor; ;) {
    const begun = now();
    const floor = floorOf(database, filter, before, window);
    found.push(...callsAbove(database, filter, before, floor, size + 1 - found.length));
    const last = found[size - 1];
    if (found.length > size && last !== undefined)
      return { calls: found.slice(0, size), nextCursor: cursorOf(last), partial: false };
    if (floor === null) return { calls: found, nextCursor: null, partial: false };
    before = cursorOf(floor);
    const ended = now();
    if (ended - started > budgetMs) return { calls: found, nextCursor: before, partial: true };
    if (ended - begun < QUICK_MS) window = Math.min(window * 2, MAX_WINDOW);
  }
}

/** Provider, model, status and time stand in the index that shows the order; the rest but for these is in wide rows. */
function needsWindows({ q, conditions = [], among, session, run, trace }: CallFilter): boolean {
  if ([among, session, run, trace].some((one) => one !== undefined)) return false;
  return q !== undefined || conditions.length > 0;
}

const OF_TIME = /^\(started_at (?:>=|<) \?\)$/;

type Place = Pick<CallRecord, 'started_at' | 'id'>;

/** The last call of the window below the cursor, told by the index alone; null = there are fewer. */
function floorOf(
  database: Database,
  { since, until, conditions = [] }: CallFilter,
  cursor: string | undefined,
  window: number,
): Place | null {
  const period = {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    // What was written as `since:` is a period, too: below it there is nothing to look at.
    conditions: conditions.filter(({ sql }) => OF_TIME.test(sql)),
  };
  const { where, values } = conditionsOf(period, cursor);
  const sql = `SELECT started_at, id FROM llm_calls ${where} ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET ?`;
  const row = statementOf(database, sql).get(...values, window - 1);
  return row === undefined ? null : { started_at: String(row['started_at']), id: String(row['id']) };
}

/** Those of the window that meet the filter. */
function callsAbove(
  database: Database,
  filter: CallFilter,
  cursor: string | undefined,
  floor: Place | null,
  limit: number,
): CallRecord[] {
  const { where, values } = conditionsOf(filter, cursor);
  const above = floor === null ? '' : 'AND started_at >= ? AND (started_at, id) >= (?, ?)';
  const bound = floor === null ? [] : [floor.started_at, floor.started_at, floor.id];
  return database
    .prepare(`SELECT * FROM llm_calls ${where} ${above} ORDER BY started_at DESC, id DESC LIMIT ?`)
    .all(...values, ...bound, limit)
    .map((row) => storedCallOf(row).record);
}
