/** What calls are made of: the columns by which people filter, and nothing of the rest (10 us a call instead of 300). */
import { type Database, type SqlRow, type SqlValue, statementOf } from './driver.ts';
import { type CallFilter, conditionsOf } from './queries.ts';

export const FACETS = [
  'provider',
  'model',
  'status',
  'client',
  'session',
  'operation',
  'agent',
  'section',
  'customer',
] as const;
export type Facet = (typeof FACETS)[number];

/** `null` = the call does not say. */
export type FacetValues = Record<Facet, string | null>;

export interface FacetPage {
  values: FacetValues[];
  /** Where the next page goes on; `null` = there is none. */
  next: FacetPlace | null;
}

/** Of a call that was looked at, whether it is one of the filter's or not. */
export interface FacetPlace {
  startedAt: string;
  id: string;
}

const COLUMNS = `provider, coalesce(response_model, request_model) AS model, status, client, session_id AS session,
  operation, agent, section, customer_id AS customer`;
/** Behind all calls. */
const NEWEST: FacetPlace = { startedAt: '\u{10FFFF}', id: '' };
const BEFORE = '(started_at, id) < (?, ?)';

/**
 * Those of a filter among so many calls before a place, the newest first: so that a page takes a bounded time, however
 * few calls the filter holds. What one session or run did has an index of its own, and comes as one page.
 */
export function facetPage(
  database: Database,
  filter: CallFilter,
  looked: number,
  place: FacetPlace = NEWEST,
): FacetPage {
  const isNarrow = filter.session !== undefined || filter.run !== undefined || filter.trace !== undefined;
  const next = isNarrow ? null : placeBehind(database, place, looked);
  const { where, values } = conditionsOf(filter);
  const scope = [...(where === '' ? [] : [where.replace(/^WHERE /, '')]), BEFORE];
  const bound: SqlValue[] = [...values, place.startedAt, place.id];
  if (next !== null) {
    scope.push('(started_at, id) >= (?, ?)');
    bound.push(next.startedAt, next.id);
  }
  const rows = database.prepare(`SELECT ${COLUMNS} FROM llm_calls WHERE ${scope.join(' AND ')}`).all(...bound);
  return { values: rows.map(valuesOf), next };
}

/** Null = there are not so many. From an index alone. */
function placeBehind(database: Database, { startedAt, id }: FacetPlace, looked: number): FacetPlace | null {
  const row = statementOf(
    database,
    `SELECT started_at, id FROM llm_calls WHERE ${BEFORE} ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET ?`,
  ).get(startedAt, id, looked - 1);
  return row === undefined ? null : { startedAt: String(row['started_at']), id: String(row['id']) };
}

function valuesOf(row: SqlRow): FacetValues {
  return Object.fromEntries(FACETS.map((facet) => [facet, textOf(row[facet])])) as FacetValues;
}

function textOf(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
