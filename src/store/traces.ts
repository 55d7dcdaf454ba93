/** Traces as they are asked for: one row for each task, run or session, and what happened in it. */
import type { CallRecord } from '../core/capture.ts';
import { storedCallOf } from './call-row.ts';
import type { Database, SqlRow, SqlValue } from './driver.ts';

export type TraceStatus = 'running' | 'completed' | 'failed';

/** A row of `traces`, with sums over its calls. Unknown is null. */
export interface Trace {
  trace_id: string;
  kind: 'task' | 'trace' | 'run' | 'session';
  task_id: string | null;
  /** ISO 8601 UTC: its first call. */
  created_at: string;
  /** The first words of a human in it. */
  task_description: string | null;
  status: TraceStatus;
  last_call_at: string;
  ended_at: string | null;
  calls: number;
  /** This and what follows: null where there are too many calls to add up while somebody waits. */
  errors: number | null;
  /** Exact counts, estimates left out; null = no call stated one. */
  input_tokens: number | null;
  output_tokens: number | null;
  /** Of what is priced, estimates included; null = nothing is. */
  cost_usd: number | null;
  unpriced_calls: number | null;
  agents: string[] | null;
}

export interface TraceFilter {
  task?: string | undefined;
  status?: TraceStatus | undefined;
  /** Any of these. */
  kinds?: readonly Trace['kind'][] | undefined;
  /** ISO 8601 UTC: traces with a call since then, or that began before. */
  since?: string | undefined;
  until?: string | undefined;
  /** Part of the description or of an id; case does not matter. */
  q?: string | undefined;
}

export interface TracePage {
  traces: Trace[];
  /** Opaque; `null` = no more. */
  nextCursor: string | null;
}

export interface TraceCalls {
  /** Oldest first. */
  calls: CallRecord[];
  nextCursor: string | null;
}

export interface Edge {
  from_call_id: string;
  to_call_id: string;
  edge_type: string;
}

export interface Task {
  task_id: string;
  /** Of its first trace. */
  created_at: string;
  trace_count: number;
  task_description: string | null;
}

const MAX_LIMIT = 1000;
const MAX_EDGES = 10_000;
const MAX_AGENTS = 50;
/** Calls of a trace that are added up when they are asked for: about 0.1 s. */
const MAX_SUMMED = 50_000;

/** Newest first. */
export function listTraces(database: Database, filter: TraceFilter, limit: number, cursor?: string): TracePage {
  const size = sizeOf(limit);
  const terms: string[] = [];
  const values: SqlValue[] = [];
  const add = (term: string, ...bound: (string | undefined)[]): void => {
    if (bound.some((value) => value === undefined)) return;
    terms.push(term);
    values.push(...(bound as string[]));
  };
  add('task_id = ?', filter.task);
  add('status = ?', filter.status);
  add(
    'kind IN (SELECT value FROM json_each(?))',
    filter.kinds === undefined ? undefined : JSON.stringify(filter.kinds),
  );
  add('last_call_at >= ?', filter.since);
  add('created_at < ?', filter.until);
  add(`instr(lower(coalesce(task_description, '') || char(10) || trace_id), ?) > 0`, filter.q?.toLowerCase());
  add('(created_at, trace_id) < (?, ?)', ...decodeCursor(cursor));
  const where = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
  const rows = database
    .prepare(`SELECT * FROM traces ${where} ORDER BY created_at DESC, trace_id DESC LIMIT ?`)
    .all(...values, size + 1);
  const read = traceReader(database);
  const traces = rows.slice(0, size).map(read);
  const last = traces.at(-1);
  const hasMore = rows.length > size && last !== undefined;
  return { traces, nextCursor: hasMore ? encodeCursor(last.created_at, last.trace_id) : null };
}

export function getTrace(database: Database, id: string): Trace | null {
  const row = database.prepare('SELECT * FROM traces WHERE trace_id = ?').get(id);
  if (row === undefined) return null;
  return traceReader(database)(row);
}

/** Oldest first, as they happened. */
export function callsOfTrace(database: Database, id: string, limit: number, cursor?: string): TraceCalls {
  const size = sizeOf(limit);
  const [startedAt, callId] = decodeCursor(cursor);
  const behind = startedAt === undefined || callId === undefined ? [] : [startedAt, callId];
  const records = database
    .prepare(
      `SELECT * FROM llm_calls WHERE trace_id = ? ${behind.length === 0 ? '' : 'AND (started_at, id) > (?, ?)'}
ORDER BY started_at, id LIMIT ?`,
    )
    .all(id, ...behind, size + 1)
    .map((row) => storedCallOf(row).record);
  const last = records[size - 1];
  const hasMore = records.length > size && last !== undefined;
  return { calls: records.slice(0, size), nextCursor: hasMore ? encodeCursor(last.started_at, last.id) : null };
}

export function edgesOfTrace(database: Database, id: string): Edge[] {
  return database
    .prepare(`SELECT from_call_id, to_call_id, edge_type FROM call_graph WHERE trace_id = ? LIMIT ${MAX_EDGES}`)
    .all(id)
    .map((row) => ({
      from_call_id: text(row['from_call_id']) ?? '',
      to_call_id: text(row['to_call_id']) ?? '',
      edge_type: text(row['edge_type']) ?? '',
    }));
}

/** Newest first. */
export function listTasks(database: Database, limit: number): Task[] {
  return database
    .prepare(
      `SELECT task_id, min(created_at) AS created_at, count(*) AS trace_count, min(task_description) AS task_description
FROM traces WHERE task_id IS NOT NULL GROUP BY task_id ORDER BY 2 DESC, 1 LIMIT ?`,
    )
    .all(sizeOf(limit))
    .map((row) => ({
      task_id: text(row['task_id']) ?? '',
      created_at: text(row['created_at']) ?? '',
      trace_count: number(row['trace_count']),
      task_description: text(row['task_description']),
    }));
}

/** By the rule of core/totals.ts. */
const SUMS = `SELECT sum(counted_errors) AS errors,
CAST(sum(input_tokens) - sum(counted_estimated_input) AS REAL) AS input_tokens,
CAST(sum(output_tokens) - sum(counted_estimated_output) AS REAL) AS output_tokens,
sum(cost_nanos - counted_estimated_cost) / 1e9 AS cost_usd, sum(counted_unpriced) AS unpriced_calls
FROM llm_calls WHERE trace_id = ? AND leg = 'primary'`;
const AGENTS = `SELECT DISTINCT agent FROM llm_calls WHERE trace_id = ? AND agent IS NOT NULL ORDER BY 1 LIMIT ${MAX_AGENTS}`;

function traceReader(database: Database): (row: SqlRow) => Trace {
  const sums = database.prepare(SUMS);
  const agents = database.prepare(AGENTS);
  return (row) => {
    const id = text(row['trace_id']) ?? '';
    return number(row['calls']) > MAX_SUMMED
      ? traceOf(row, {}, null)
      : traceOf(row, sums.get(id) ?? {}, agents.all(id));
  };
}

function traceOf(row: SqlRow, sums: SqlRow, agents: readonly SqlRow[] | null): Trace {
  return {
    trace_id: text(row['trace_id']) ?? '',
    kind: text(row['kind']) as Trace['kind'],
    task_id: text(row['task_id']),
    created_at: text(row['created_at']) ?? '',
    task_description: text(row['task_description']),
    status: text(row['status']) as TraceStatus,
    last_call_at: text(row['last_call_at']) ?? '',
    ended_at: text(row['ended_at']),
    calls: number(row['calls']),
    errors: numberOrNull(sums['errors']),
    input_tokens: numberOrNull(sums['input_tokens']),
    output_tokens: numberOrNull(sums['output_tokens']),
    cost_usd: numberOrNull(sums['cost_usd']),
    unpriced_calls: numberOrNull(sums['unpriced_calls']),
    agents: agents?.map((agent) => text(agent['agent']) ?? '') ?? null,
  };
}

function sizeOf(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_LIMIT);
}

/** Ids may hold spaces, times do not. */
function encodeCursor(time: string, id: string): string {
  return Buffer.from(`${time} ${id}`).toString('base64url');
}

function decodeCursor(cursor: string | undefined): [time: string | undefined, id: string | undefined] {
  const plain = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString();
  const at = plain.indexOf(' ');
  return at < 1 ? [undefined, undefined] : [plain.slice(0, at), plain.slice(at + 1)];
}

const text = (value: SqlValue | undefined): string | null => (typeof value === 'string' ? value : null);
const number = (value: SqlValue | undefined): number => Number(value ?? 0);
const numberOrNull = (value: SqlValue | undefined): number | null => (value == null ? null : Number(value));
