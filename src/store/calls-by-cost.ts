/**
 * The dearest calls first, of those whose price is known. In a period of not too many calls they are sorted; of more
 * only those that an index has in this order are looked at (a cent and more), in windows, within a bounded time.
 */
import { storedCallOf } from './call-row.ts';
import type { PageInTime, Patience } from './calls-in-time.ts';
import { type Database, type SqlRow, type SqlValue, statementOf } from './driver.ts';
import { type CallFilter, conditionsOf } from './queries.ts';
import { facetsOf, periodFacets } from './search/facet-filter.ts';
import { DEAR_NANOS, DEAR_PROVIDERS, IS_DEAR } from './search/filters.ts';

export interface DearestPatience extends Patience {
  /** Calls of a period that are sorted at once; absent = 500,000, or 50,000 where whole rows must be read. */
  mostSorted?: number;
  /** Calls that are looked at between two looks at the clock; absent = 1,000. */
  window?: number;
}

export interface DearestPage extends PageInTime {
  /** US dollars: cheaper calls are not in the list, there are too many in the period. `null` = all are. */
  above: number | null;
}

/** Where a page ends. */
interface Place {
  nanos: number;
  seq: number;
}

const MAX_LIMIT = 1000;
/** Told by narrow rows alone; where more is asked of a call, whole rows are read. */
const MOST_SORTED = { byFacets: 500_000, byRow: 50_000 };
/** Some more than a page, for what narrow rows alone cannot tell. */
const MORE = 16;
const OF_TIME = /^\(started_at (?:>=|<) \?\)$/;
const WINDOW = 1000;
const NANOS = 1e9;
const CURSOR = /^c(\d{1,18})\.(\d{1,15})$/;
const FIRST: Place = { nanos: Number.MAX_SAFE_INTEGER, seq: 0 };
/** Among calls that cost the same the newest comes first. */
const ORDER = 'ORDER BY cost_nanos DESC, seq DESC LIMIT ?';
const BEHIND = '(cost_nanos, seq) < (?, ?)';

/** A page goes on where the cursor stands; an unknown cursor starts anew. */
export function dearestCalls(
  database: Database,
  filter: CallFilter,
  { limit, cursor }: { limit: number; cursor: string | undefined },
  patience: DearestPatience,
): DearestPage {
  const size = Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_LIMIT);
  const from = placeOf(cursor);
  return isSmall(database, filter, patience.mostSorted)
    ? { ...sorted(database, filter, from, size), above: null }
    : { ...walked(database, filter, from, size, patience), above: DEAR_NANOS / NANOS };
}

function placeOf(cursor: string | undefined): Place {
  const [, nanos, seq] = CURSOR.exec(cursor ?? '') ?? [];
  return nanos === undefined || seq === undefined ? FIRST : { nanos: Number(nanos), seq: Number(seq) };
}

/** What an index names is never many; else the time decides. */
function isSmall(database: Database, filter: CallFilter, mostSorted?: number): boolean {
  if (isIndexed(filter) || facetsOf(database, filter) === 'nothing') return true;
  const { since, until, conditions = [] } = filter;
  const period = {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    conditions: conditions.filter(({ sql }) => OF_TIME.test(sql)),
  };
  const isInFacets = filter.q === undefined && conditions.every(({ facet }) => facet !== undefined);
  const most = mostSorted ?? (isInFacets ? MOST_SORTED.byFacets : MOST_SORTED.byRow);
  const { where, values } = conditionsOf(period);
  const sql = `SELECT count(*) AS calls FROM (SELECT 1 FROM llm_calls ${where} LIMIT ?)`;
  return Number(statementOf(database, sql).get(...values, most + 1)?.['calls']) <= most;
}

function isIndexed({ among, session, run, trace }: CallFilter): boolean {
  return [among, session, run, trace].some((one) => one !== undefined);
}

function sorted(database: Database, filter: CallFilter, from: Place, size: number): PageInTime {
  return isIndexed(filter) ? sortedRows(database, filter, from, size) : sortedFacets(database, filter, from, size);
}

/** By narrow rows; what is found so is looked at whole. */
function sortedFacets(database: Database, filter: CallFilter, first: Place, size: number): PageInTime {
  const facets = facetsOf(database, filter) ?? periodFacets(filter);
  if (facets === 'nothing') return { calls: [], nextCursor: null, partial: false };
  const { meaning, from, to } = facets;
  const met = meaning.sql === '' ? '' : `AND ${meaning.sql}`;
  const statement = database.prepare(
    `SELECT seq, cost_nanos FROM call_facets WHERE started BETWEEN ? AND ? ${met} AND cost_nanos IS NOT NULL AND ${BEHIND} ${ORDER}`,
  );
  const found: Place[] = [];
  let before = first;
  for (let width = size + MORE; ; width *= 2) {
    const window = statement.all(from, to, ...meaning.values, before.nanos, before.seq, width).map(placeOfRow);
    found.push(...meeting(database, filter, window));
    const last = window.at(-1);
    if (found.length > size || window.length < width || last === undefined)
      return { ...pageOf(database, found.slice(0, size), found.length > size), partial: false };
    before = last;
  }
}

function sortedRows(database: Database, filter: CallFilter, from: Place, size: number): PageInTime {
  const { where, values } = conditionsOf(filter);
  const priced = `${where === '' ? 'WHERE' : `${where} AND`} cost_nanos IS NOT NULL AND ${BEHIND}`;
  const found = database
    .prepare(`SELECT seq, cost_nanos FROM llm_calls ${priced} ${ORDER}`)
    .all(...values, from.nanos, from.seq, size + 1)
    .map(placeOfRow);
  return { ...pageOf(database, found.slice(0, size), found.length > size), partial: false };
}

function walked(
  database: Database,
  filter: CallFilter,
  from: Place,
  size: number,
  { budgetMs, now, window: width = WINDOW }: DearestPatience,
): PageInTime {
  const started = now();
  const providers =
    filter.provider === undefined
      ? statementOf(database, DEAR_PROVIDERS)
          .all()
          .map(({ name }) => String(name))
      : [filter.provider];
  const found: Place[] = [];
  for (let before = from; ;) {
    const window = windowOf(database, providers, before, width);
    found.push(...meeting(database, filter, window));
    if (found.length > size) return { ...pageOf(database, found.slice(0, size), true), partial: false };
    const last = window.at(-1);
    if (window.length < width || last === undefined) return { ...pageOf(database, found, false), partial: false };
    before = last;
    if (now() - started > budgetMs)
      return { ...pageOf(database, found, false), nextCursor: cursorOf(last), partial: true };
  }
}

/** The dearest of all providers: of each the index has them in this order. */
function windowOf(database: Database, providers: readonly string[], before: Place, width: number): Place[] {
  const sql = `SELECT seq, cost_nanos FROM llm_calls WHERE provider = ? AND ${IS_DEAR} AND ${BEHIND} ${ORDER}`;
  const statement = statementOf(database, sql);
  return providers
    .flatMap((provider) => statement.all(provider, before.nanos, before.seq, width).map(placeOfRow))
    .toSorted((one, other) => other.nanos - one.nanos || other.seq - one.seq)
    .slice(0, width);
}

/** Those of the window that meet the filter, in their order. */
function meeting(database: Database, filter: CallFilter, window: readonly Place[]): Place[] {
  const { where, values } = conditionsOf(filter);
  if (where === '') return [...window];
  const met = new Set(numbers(database, 'seq', `${where} AND`, values, window).map(({ seq }) => Number(seq)));
  return window.filter(({ seq }) => met.has(seq));
}

function pageOf(database: Database, places: readonly Place[], hasMore: boolean): Omit<PageInTime, 'partial'> {
  const rows = new Map(numbers(database, '*', 'WHERE', [], places).map((row) => [Number(row['seq']), row]));
  const last = places.at(-1);
  return {
    calls: places.flatMap(({ seq }) => {
      const row = rows.get(seq);
      return row === undefined ? [] : [storedCallOf(row).record];
    }),
    nextCursor: hasMore && last !== undefined ? cursorOf(last) : null,
  };
}

function numbers(
  database: Database,
  columns: 'seq' | '*',
  where: string,
  values: readonly SqlValue[],
  places: readonly Place[],
): SqlRow[] {
  const sql = `SELECT ${columns} FROM llm_calls ${where} seq IN (SELECT value FROM json_each(?))`;
  return database.prepare(sql).all(...values, JSON.stringify(places.map(({ seq }) => seq)));
}

function placeOfRow(row: SqlRow): Place {
  return { nanos: Number(row['cost_nanos']), seq: Number(row['seq']) };
}

function cursorOf({ nanos, seq }: Place): string {
  return `c${nanos}.${seq}`;
}
