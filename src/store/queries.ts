/** What is asked of the store. Every value is bound; no text of a user becomes SQL. */
import type { CallRecord } from '../core/capture.ts';
import type { Stats } from '../core/ports.ts';
import { addTally, emptyTally, type Tally, TALLY_KEYS, toTotals } from '../core/totals.ts';
import { storedCallOf, type StoredCall } from './call-row.ts';
import { type Database, type SqlRow, type SqlValue, statementOf } from './driver.ts';
import type { Condition } from './search/filters.ts';

export interface CallFilter {
  provider?: string;
  /** Request or response model. */
  model?: string;
  session?: string;
  run?: string;
  trace?: string;
  /** See parseStatus. */
  status?: StatusRange;
  /** ISO 8601 UTC; `since` is included, `until` is not. */
  since?: string;
  until?: string;
  /** Part of path, model or an id; case does not matter. */
  q?: string;
  /** More, of a query (store/search). */
  conditions?: readonly Condition[];
  /** Numbers (`seq`) of the calls that may meet all of this, where they are known to be few. */
  among?: readonly number[];
}

/** Both ends included. */
export interface StatusRange {
  min: number;
  max: number;
}

export interface CallPage {
  calls: CallRecord[];
  /** Opaque; `null` = no more. */
  nextCursor: string | null;
}

/** Sums of one model; `null` = unknown. */
export interface ModelTally extends Tally {
  provider: string;
  model: string | null;
}

const MAX_LIMIT = 1000;
const STATUS = /^(>=|<=|>|<|=)?([1-5]\d\d)$/;
const STATUS_CLASS = /^([1-5])xx$/i;

/** `404`, `>=400`, `<300`, `5xx`; `null` = not a status filter. */
export function parseStatus(text: string): StatusRange | null {
  const hundreds = STATUS_CLASS.exec(text)?.[1];
  if (hundreds !== undefined) return { min: Number(hundreds) * 100, max: Number(hundreds) * 100 + 99 };
  const match = STATUS.exec(text);
  if (match === null) return null;
  const status = Number(match[2]);
  switch (match[1]) {
    case '>=':
      return { min: status, max: 999 };
    case '>':
      return { min: status + 1, max: 999 };
    case '<=':
      return { min: 0, max: status };
    case '<':
      return { min: 0, max: status - 1 };
    default:
      return { min: status, max: status };
  }
}

/** Newest first. A page goes on where the cursor stands, also while new calls come in. An unknown cursor starts anew. */
export function listCalls(database: Database, filter: CallFilter, limit: number, cursor?: string): CallPage {
  const size = Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_LIMIT);
  const { where, values } = conditionsOf(filter, cursor);
  const sql = `SELECT * FROM llm_calls ${where} ORDER BY started_at DESC, id DESC LIMIT ?`;
  const calls = database
    .prepare(sql)
    .all(...values, size + 1)
    .map((row) => storedCallOf(row).record);
  const last = calls[size - 1];
  const hasMore = calls.length > size && last !== undefined;
  return { calls: calls.slice(0, size), nextCursor: hasMore ? cursorOf(last) : null };
}

/** Where a page goes on behind this call. */
export function cursorOf({ started_at, id }: Pick<CallRecord, 'started_at' | 'id'>): string {
  return Buffer.from(`${started_at} ${id}`).toString('base64url');
}

/** Start and id of the call behind which a cursor stands; null = an unknown cursor, or none. */
export function placeOf(cursor: string | undefined): [startedAt: string, id: string] | null {
  if (cursor === undefined) return null;
  const [startedAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  return startedAt === undefined || id === undefined ? null : [startedAt, id];
}

export function conditionsOf(filter: CallFilter, cursor?: string): { where: string; values: SqlValue[] } {
  const terms: string[] = [];
  const values: SqlValue[] = [];
  const add = (term: string, ...bound: (SqlValue | undefined)[]): void => {
    if (bound.includes(undefined)) return;
    terms.push(term);
    values.push(...(bound as SqlValue[]));
  };
  add('provider = ?', filter.provider);
  add('(request_model = ? OR response_model = ?)', filter.model, filter.model);
  add(...sessionTerm(filter.session));
  add('run_id = ?', filter.run);
  add('trace_id = ?', filter.trace);
  add('status BETWEEN ? AND ?', filter.status?.min, filter.status?.max);
  // So that SQLite sees that the index of failures has them all.
  if ((filter.status?.min ?? 0) >= 400) add('status >= 400');
  add('started_at >= ?', filter.since);
  add('started_at < ?', filter.until);
  const q = filter.q === undefined || filter.q === '' ? undefined : filter.q.toLowerCase();
  add(`instr(lower(${SEARCHED}), ?) > 0`, q);
  for (const { sql, values: bound } of conditionsIn(filter)) add(sql, ...bound);
  const [startedAt, id] = placeOf(cursor) ?? [];
  add('(started_at, id) < (?, ?)', startedAt, id);
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}

function conditionsIn({ conditions = [], among }: CallFilter): Pick<Condition, 'sql' | 'values'>[] {
  if (among === undefined) return [...conditions];
  return [{ sql: 'seq IN (SELECT value FROM json_each(?))', values: [JSON.stringify(among)] }, ...conditions];
}

/** What `sessions` prints: long enough to be nobody else's. */
const OUR_SESSION = /^(?:ses_)?([0-9a-f]{12,})$/;

/** By the client's name for it, or by ours or its beginning. */
function sessionTerm(session: string | undefined): [term: string, ...bound: (SqlValue | undefined)[]] {
  const ours = session === undefined ? undefined : OUR_SESSION.exec(session)?.[1];
  if (ours === undefined) return ['(session_id = ? OR session_key = ?)', session, session];
  const first = `ses_${ours}`;
  return ['(session_id = ? OR session_key BETWEEN ? AND ?)', session, first, `${first}\u{10FFFF}`];
}

/** One text of all that `q` looks at; a line feed is in none of them. */
const SEARCHED = [
  'path',
  'host',
  'request_model',
  'response_model',
  'id',
  'response_id',
  'request_id',
  'session_id',
  'trace_id',
  'agent',
]
  .map((column) => `coalesce(${column}, '')`)
  .join(` || char(10) || `);

/** By id, or by the beginning of an id if it is the beginning of one only. `ambiguous` = of several. */
export function getCall(database: Database, idOrPrefix: string): StoredCall | 'ambiguous' | null {
  const exact = database.prepare('SELECT * FROM llm_calls WHERE id = ?').get(idOrPrefix);
  if (exact !== undefined) return storedCallOf(exact);
  if (idOrPrefix === '') return null;
  // People copy ids without their prefix, too.
  for (const prefix of [idOrPrefix, `call_${idOrPrefix}`]) {
    const rows = database
      .prepare('SELECT * FROM llm_calls WHERE id >= ? AND id < ? LIMIT 2')
      .all(prefix, `${prefix}\u{10FFFF}`);
    if (rows.length > 1) return 'ambiguous';
    if (rows[0] !== undefined) return storedCallOf(rows[0]);
  }
  return null;
}

export function isStored(database: Database, id: string): boolean {
  return statementOf(database, 'SELECT 1 FROM llm_calls WHERE id = ?').get(id) !== undefined;
}

const OF_ANSWER = 'FROM llm_calls WHERE response_id = ? AND provider = ?';

/** True when an answer with this id is stored whose tokens count. An estimate gives way to what the provider states. */
export function isCounted(database: Database, provider: string, responseId: string): boolean {
  const sql = `SELECT 1 ${OF_ANSWER} AND usage_state <> 'none' AND usage_source IS NOT 'estimate' LIMIT 1`;
  return statementOf(database, sql).get(responseId, provider) !== undefined;
}

/** The call without usage that bears this id, if there is one: a job that was submitted. */
export function submittedCall(
  database: Database,
  provider: string,
  responseId: string,
): { model: string | null } | null {
  const sql = `SELECT model ${OF_ANSWER} AND counted_without_usage = 1 LIMIT 1`;
  const row = statementOf(database, sql).get(responseId, provider);
  if (row === undefined) return null;
  return { model: typeof row['model'] === 'string' ? row['model'] : null };
}

/**
 * The columns of sums, read as numbers of JavaScript: nine million dollars are more nano-dollars than those hold exactly
 * (2^53), and both drivers throw at such an integer. A sum that large is off by a nano-dollar then.
 */
export const TALLY_COLUMNS = TALLY_KEYS.map((key) => `CAST(${key} AS REAL) AS ${key}`).join(', ');
const SELECT_TOTALS = `SELECT provider, model, ${TALLY_COLUMNS} FROM totals`;

/** Sums of all that was committed, and the start of the first call. */
export function loadTotals(database: Database): { models: ModelTally[]; since: string | null } {
  const rows = database.prepare(SELECT_TOTALS).all();
  const first = database.prepare('SELECT min(first_call_at) AS since FROM totals').get()?.['since'];
  return { models: rows.map(modelTallyOf), since: typeof first === 'string' ? first : null };
}

/** Estimates are in the columns of a call, and in no exact sum. */
export const SUM_OF = {
  requests: 'sum(counted_requests)',
  errors: 'sum(counted_errors)',
  input_tokens: 'total(input_tokens) - total(counted_estimated_input)',
  output_tokens: 'total(output_tokens) - total(counted_estimated_output)',
  cache_read_tokens: 'total(cache_read_tokens)',
  cache_write_tokens: 'total(cache_write_tokens)',
  reasoning_tokens: 'total(reasoning_tokens)',
  tool_calls: 'sum(counted_tool_calls)',
  cost_nanos: 'total(cost_nanos) - total(counted_estimated_cost)',
  unpriced_calls: 'sum(counted_unpriced)',
  calls_without_usage: 'sum(counted_without_usage)',
  billed_unknown_calls: 'sum(counted_billed_unknown)',
  inexact_calls: 'sum(counted_inexact)',
  retries: 'sum(counted_retries)',
  estimated_calls: 'sum(counted_estimated)',
  estimated_input_tokens: 'total(counted_estimated_input)',
  estimated_output_tokens: 'total(counted_estimated_output)',
  estimated_cost_nanos: 'total(counted_estimated_cost)',
  request_bytes: 'total(request_bytes)',
  response_bytes: 'total(response_bytes)',
} as const satisfies Record<keyof Tally, string>;

const SUMS = [
  "provider, coalesce(model, '') AS model",
  ...Object.entries(SUM_OF).map(([name, sum]) => `${sum} AS ${name}`),
];

/** Sums by model of the calls that match. Shadow legs count nowhere. */
export function sumCalls(database: Database, filter: CallFilter): ModelTally[] {
  const { where, values } = conditionsOf(filter);
  const scope = where === '' ? `WHERE leg = 'primary'` : `${where} AND leg = 'primary'`;
  return database
    .prepare(`SELECT ${SUMS.join(', ')} FROM llm_calls ${scope} GROUP BY 1, 2`)
    .all(...values)
    .map(modelTallyOf);
}

/** The same shape as the running totals, e.g. for a period. */
export function statsOf(models: readonly ModelTally[], since: string | null): Stats {
  const all = emptyTally();
  const providers = new Map<string, Tally>();
  for (const { provider, model: _, ...tally } of models) {
    addTally(all, tally);
    const sum = providers.get(provider) ?? emptyTally();
    addTally(sum, tally);
    providers.set(provider, sum);
  }
  const { requests, ...rest } = toTotals(all);
  return {
    total_requests: requests,
    ...rest,
    by_provider: withoutPrototype([...providers].map(([name, tally]) => [name, toTotals(tally)])),
    by_model: withoutPrototype(
      models.map(({ provider, model, ...tally }) => [`${provider}/${model ?? 'unknown'}`, toTotals(tally)]),
    ),
    since,
  };
}

export function tallyOfRow(row: SqlRow): Tally {
  const tally = emptyTally();
  for (const key of TALLY_KEYS) tally[key] = Number(row[key] ?? 0);
  return tally;
}

function modelTallyOf(row: SqlRow): ModelTally {
  return {
    ...tallyOfRow(row),
    provider: String(row['provider']),
    model: row['model'] === '' ? null : String(row['model']),
  };
}

/** Model names are input: no prototype to spoil. */
function withoutPrototype<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const result: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) result[key] = value;
  return result;
}
