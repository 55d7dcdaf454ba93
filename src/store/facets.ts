/** What calls are made of: the columns by which people filter, and nothing of the rest (10 us a call instead of 300). */
import type { Database, SqlRow, SqlValue } from './driver.ts';
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

export type FacetPlace = readonly [startedAt: SqlValue, id: SqlValue];

const COLUMNS = `started_at, id, provider, coalesce(response_model, request_model) AS model, status, client,
  session_id AS session, operation, agent, section, customer_id AS customer`;

/** Newest first. */
export function facetPage(
  database: Database,
  filter: CallFilter,
  limit: number,
  place: FacetPlace | null = null,
): FacetPage {
  const { where, values } = conditionsOf(filter);
  const from = place === null ? where : `${where === '' ? 'WHERE' : `${where} AND`} (started_at, id) < (?, ?)`;
  const rows = database
    .prepare(`SELECT ${COLUMNS} FROM llm_calls ${from} ORDER BY started_at DESC, id DESC LIMIT ?`)
    .all(...values, ...(place ?? []), limit);
  const last = rows.at(-1);
  const hasMore = rows.length === limit && last !== undefined;
  return { values: rows.map(valuesOf), next: hasMore ? [last['started_at'] ?? '', last['id'] ?? ''] : null };
}

function valuesOf(row: SqlRow): FacetValues {
  return Object.fromEntries(FACETS.map((facet) => [facet, textOf(row[facet])])) as FacetValues;
}

function textOf(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
