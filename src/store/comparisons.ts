/** Calls and the copies that they are compared with. Every value is bound; no text of a user becomes SQL. */
import {
  type Comparison,
  comparisonOf,
  type ComparisonReport,
  type Leg,
  legOf,
  modelPairs,
} from '../core/comparison.ts';
import { storedCallOf } from './call-row.ts';
import { type Database, type SqlRow, type SqlValue, statementOf } from './driver.ts';

export interface ComparisonFilter {
  /** Of the call that was compared. */
  provider?: string;
  /** Request or response model of either leg. */
  model?: string;
  /** ISO 8601 UTC; `since` is included, `until` is not. */
  since?: string;
  until?: string;
}

export interface ComparisonPage {
  pairs: Comparison[];
  /** Opaque; `null` = no more. */
  nextCursor: string | null;
}

const MAX_LIMIT = 500;
/** Rows of a report; a second of the reader's time. */
const MAX_REPORTED = 50_000;
const PRIMARY = "SELECT * FROM llm_calls WHERE comparison_id = ? AND leg = 'primary' LIMIT 1";

/** Newest first. */
export function listComparisons(
  database: Database,
  filter: ComparisonFilter,
  limit: number,
  cursor?: string,
): ComparisonPage {
  const size = Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_LIMIT);
  const { where, values } = conditionsOf(filter, decodeCursor(cursor));
  const rows = database
    .prepare(`SELECT s.* FROM llm_calls AS s WHERE ${where} ORDER BY s.started_at DESC, s.id DESC LIMIT ?`)
    .all(...values, size + 1);
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return {
    pairs: shown.map((row) => pairOf(database, row)),
    nextCursor: rows.length > size && last !== undefined ? encodeCursor(last) : null,
  };
}

/** By model and model. */
export function comparisonReport(
  database: Database,
  filter: ComparisonFilter,
  most: number = MAX_REPORTED,
): ComparisonReport {
  const { where, values } = conditionsOf(filter, null);
  const rows = database
    .prepare(`SELECT s.* FROM llm_calls AS s WHERE ${where} ORDER BY s.started_at DESC, s.id DESC LIMIT ?`)
    .all(...values, most + 1);
  const pairs = rows.slice(0, most).flatMap((row): (readonly [Leg, Leg])[] => {
    const { primary, shadow } = pairOf(database, row);
    return primary === null ? [] : [[legOf(primary), legOf(shadow)]];
  });
  return {
    pairs: modelPairs(pairs),
    since: filter.since ?? null,
    until: filter.until ?? null,
    limited_to: rows.length > most ? most : null,
  };
}

function pairOf(database: Database, row: SqlRow): Comparison {
  const shadow = storedCallOf(row).record;
  const id = shadow.comparison_id ?? '';
  const found = statementOf(database, PRIMARY).get(id);
  return comparisonOf(id, found === undefined ? null : storedCallOf(found).record, shadow);
}

function conditionsOf(
  { provider, model, since, until }: ComparisonFilter,
  cursor: readonly [string, string] | null,
): { where: string; values: SqlValue[] } {
  const terms = ["s.leg = 'shadow'", 's.comparison_id IS NOT NULL'];
  const values: SqlValue[] = [];
  const add = (term: string, ...bound: SqlValue[]): void => {
    terms.push(term);
    values.push(...bound);
  };
  if (since !== undefined) add('s.started_at >= ?', since);
  if (until !== undefined) add('s.started_at < ?', until);
  if (provider !== undefined) add(ofPrimary('p.provider = ?'), provider);
  if (model !== undefined) {
    const either = ofPrimary('(p.request_model = ? OR p.response_model = ?)');
    add(`(s.request_model = ? OR s.response_model = ? OR ${either})`, model, model, model, model);
  }
  if (cursor !== null) add('(s.started_at, s.id) < (?, ?)', ...cursor);
  return { where: terms.join(' AND '), values };
}

function ofPrimary(condition: string): string {
  return `EXISTS (SELECT 1 FROM llm_calls AS p WHERE p.comparison_id = s.comparison_id AND p.leg = 'primary' AND ${condition})`;
}

function encodeCursor(row: SqlRow): string {
  return Buffer.from(`${String(row['started_at'])} ${String(row['id'])}`).toString('base64url');
}

/** Null = the first page; so is a cursor that is none of ours. */
function decodeCursor(cursor: string | undefined): readonly [string, string] | null {
  const [startedAt, id] = Buffer.from(cursor ?? '', 'base64url')
    .toString()
    .split(' ');
  return startedAt === undefined || startedAt === '' || id === undefined ? null : [startedAt, id];
}
