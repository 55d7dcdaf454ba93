/** What calls are made of: the columns by which people filter, and nothing of the rest (10 us a call instead of 300). */
import type { Database, SqlRow, SqlValue } from './driver.ts';
import { FacetScan } from './facet-scan.ts';
import { type CallFilter, conditionsOf } from './queries.ts';
import { narrowNumbers } from './search/candidates.ts';
import { facetsOf, periodFacets } from './search/facet-filter.ts';

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
  /** Where the next page goes on, Unix ms; `null` = there is none. */
  next: number | null;
}

const COLUMNS = `provider, coalesce(response_model, request_model) AS model, status, client, session_id AS session,
  operation, agent, section, customer_id AS customer`;

/**
 * About so many calls of a filter, or those among some thousands that are looked at by their narrow rows: so that a page
 * takes a bounded time, however few calls the filter holds. The newest first. What an index names is one page.
 * @param below as of the page before: what began then or earlier
 */
export function facetPage(database: Database, given: CallFilter, most: number, below?: number): FacetPage {
  const among = narrowNumbers(database, given.conditions ?? []);
  const filter = among === null ? given : { ...given, among };
  if (isIndexed(filter)) return { values: valuesIn(database, filter), next: null };
  const facets = facetsOf(database, filter) ?? periodFacets(filter);
  if (facets === 'nothing') return { values: [], next: null };
  const scan = new FacetScan(database, facets.meaning, { ...facets, to: Math.min(facets.to, below ?? facets.to) });
  const { calls, above } = scan.next(most);
  return { values: calls.length === 0 ? [] : valuesIn(database, { ...filter, among: calls }), next: above };
}

function isIndexed({ among, session, run, trace }: CallFilter): boolean {
  return [among, session, run, trace].some((one) => one !== undefined);
}

function valuesIn(database: Database, filter: CallFilter): FacetValues[] {
  const { where, values } = conditionsOf(filter);
  return database
    .prepare(`SELECT ${COLUMNS} FROM llm_calls ${where}`)
    .all(...values)
    .map(valuesOf);
}

function valuesOf(row: SqlRow): FacetValues {
  return Object.fromEntries(FACETS.map((facet) => [facet, textOf(row[facet])])) as FacetValues;
}

function textOf(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
