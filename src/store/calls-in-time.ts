/**
 * A page of calls within a bounded time, whatever is asked of them: what no index answers is looked at in windows of the
 * order in which it is shown, newest first; by its narrow rows where these have what is asked for, else by whole rows.
 * Where a window ends, the next page can begin.
 */
import type { CallRecord } from '../core/capture.ts';
import { storedCallOf } from './call-row.ts';
import { type Database, statementOf } from './driver.ts';
import { FacetScan } from './facet-scan.ts';
import { startOf } from './facet-writer.ts';
import { type CallFilter, type CallPage, conditionsOf, cursorOf, listCalls, placeOf } from './queries.ts';
import { type FacetFilter, facetsOf } from './search/facet-filter.ts';

export interface Patience {
  budgetMs: number;
  /** Milliseconds of any clock that never goes back. */
  now: () => number;
  /** Calls that are looked at between two looks at the clock; absent = as many as are looked at in a moment. */
  window?: number;
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
/** Some of one millisecond more than a page. */
const MORE = 16;

interface Ask {
  limit: number;
  cursor: string | undefined;
}

/** As `listCalls`, for so long. */
export function listCallsInTime(database: Database, filter: CallFilter, ask: Ask, patience: Patience): PageInTime {
  const page = { ...ask, limit: Math.min(Math.max(Math.trunc(ask.limit) || 1, 1), MAX_LIMIT) };
  if (isIndexed(filter)) return { ...listCalls(database, filter, page.limit, ask.cursor), partial: false };
  const facets = facetsOf(database, filter);
  if (facets === 'nothing') return { calls: [], nextCursor: null, partial: false };
  if (facets !== null) return byFacets(database, filter, page, patience, facets);
  return needsWindows(filter)
    ? byRows(database, filter, page, patience)
    : { ...listCalls(database, filter, page.limit, ask.cursor), partial: false };
}

/** Few calls, those of one session, run or trace, and failures: their index has what else is asked by name. */
function isIndexed({ among, session, run, trace, status, conditions = [] }: CallFilter): boolean {
  if ([among, session, run, trace].some((one) => one !== undefined)) return true;
  return (status?.min ?? 0) >= 400 && conditions.length === 0;
}

/** Provider, model, status and time stand in the index that shows the order; the rest but for these is in wide rows. */
function needsWindows({ q, conditions = [] }: CallFilter): boolean {
  return q !== undefined || conditions.length > 0;
}

/** What is found by its narrow row is looked at whole. */
function byFacets(
  database: Database,
  filter: CallFilter,
  { limit, cursor }: Ask,
  { budgetMs, now, window }: Patience,
  { meaning, from, to, among }: FacetFilter,
): PageInTime {
  const started = now();
  const [startedAt] = placeOf(cursor) ?? [];
  const before = startedAt === undefined ? to : Math.min(to, startOf(startedAt));
  const options = {
    from,
    to: before,
    ...(window === undefined ? {} : { window }),
    ...(among === undefined ? {} : { among }),
  };
  const scan = new FacetScan(database, meaning, options);
  const found: CallRecord[] = [];
  for (let most = limit + MORE; ;) {
    const { calls, above } = scan.next(most);
    const met = listed(database, { ...filter, among: calls }, cursor);
    for (const record of met) found.push(record);
    if (found.length > limit || above === null || now() - started > budgetMs) return pageOf(found, limit, above);
    // Where narrow rows cannot tell them apart, hardly one in many may be meant.
    most = calls.length > 0 && met.length === 0 ? Math.min(most * 2, MAX_LIMIT) : limit + MORE - found.length;
  }
}

/** @param above all calls that began later were looked at, Unix ms; null = all */
function pageOf(found: CallRecord[], limit: number, above: number | null): PageInTime {
  const last = found[limit - 1];
  if (last !== undefined && (found.length > limit || above !== null))
    return { calls: found.slice(0, limit), nextCursor: cursorOf(last), partial: false };
  if (above === null) return { calls: found, nextCursor: null, partial: false };
  const nextCursor = cursorOf({ started_at: new Date(above).toISOString(), id: LAST_ID });
  return { calls: found, nextCursor, partial: true };
}

/** Behind all ids. */
const LAST_ID = '\u{10FFFF}';

function listed(database: Database, filter: CallFilter, cursor: string | undefined): CallRecord[] {
  if (filter.among?.length === 0) return [];
  const { where, values } = conditionsOf(filter, cursor);
  return database
    .prepare(`SELECT * FROM llm_calls ${where} ORDER BY +started_at DESC, id DESC`)
    .all(...values)
    .map((row) => storedCallOf(row).record);
}

function byRows(
  database: Database,
  filter: CallFilter,
  { limit: size, cursor }: Ask,
  { budgetMs, now }: Patience,
): PageInTime {
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

/** Those of the window that meet the filter; by the time, though another index may look better to SQLite. */
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
    .prepare(
      `SELECT * FROM llm_calls INDEXED BY llm_calls_started ${where} ${above} ORDER BY started_at DESC, id DESC LIMIT ?`,
    )
    .all(...values, ...bound, limit)
    .map((row) => storedCallOf(row).record);
}
