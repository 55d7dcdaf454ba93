/** Call record <-> row of `llm_calls`. The only place that knows both. */
import { CONTEXT_FIELDS } from '../core/call-context.ts';
import type { CallRecord, CostLine, Outcome, ToolCall } from '../core/capture.ts';
import type { SessionPart } from '../core/sessions.ts';
import { addCall, BILLED_UNKNOWN, emptyTally, type Tally } from '../core/totals.ts';
import { TOKEN_FIELDS, type TokenCounts, type Usage } from '../core/usage.ts';
import { factsOf, factsText } from './agent-facts-text.ts';
import type { SqlRow, SqlValue } from './driver.ts';

/** Where the section of a call stands in the text log. */
export interface LogLocation {
  /** Path as the sink opened it. */
  file: string;
  /** Bytes. */
  offset: number;
  length: number;
}

/** False: what stands there now is of another call, was purged, or is no section at all. @param text read from that place */
export function isSectionOf(text: string, callId: string): boolean {
  return text.startsWith('=== ') && text.slice(0, 1024).split('\n', 1)[0]?.split('  ')[1] === callId;
}

export interface StoredCall {
  record: CallRecord;
  costNanos: number | null;
  log: LogLocation | null;
  /** What its row adds to `unpriced_calls`, where that is asked for: older versions counted requests alone. */
  unpriced?: number;
  /** Absent of calls that were read from the store. */
  session?: SessionPart | null;
}

/** What one call adds to the totals, by the rule of core/totals.ts. */
export function tallyOf({ record, costNanos, unpriced }: StoredCall): Tally {
  const tally = emptyTally();
  addCall(tally, record, costNanos);
  if (unpriced !== undefined) tally.unpriced_calls = unpriced;
  return tally;
}

/** A trace is a task, else what a tracer calls one, else the run, else the session. */
export function traceOf(record: CallRecord): { id: string; kind: 'task' | 'trace' | 'run' | 'session' } | null {
  const { task_id: task, run_id: run, session_id: session } = record;
  // A copy was no part of the work.
  if (record.leg === 'shadow') return null;
  if (task !== null) return { id: task, kind: 'task' };
  // The record's trace is one of the others where no tracer named it.
  const id = record.trace_id ?? run ?? session;
  if (id === null) return null;
  return { id, kind: id === run ? 'run' : id === session ? 'session' : 'trace' };
}

/** Columns that hold a field of the record under its own name. */
const TEXT_FIELDS = [
  ...(['id', 'started_at', 'provider', 'operation', 'host', 'path', 'method'] as const),
  ...(['request_model', 'response_model', 'response_id', 'request_id', 'transport', 'billing', 'stop_reason'] as const),
  // The column of that name holds what traceOf says.
  ...CONTEXT_FIELDS.filter((field) => field !== 'trace_id'),
  ...(['mode', 'leg', 'comparison_id', 'outcome', 'service_tier', 'speed', 'region'] as const),
] satisfies (keyof CallRecord)[];
const NUMBER_FIELDS = [
  ...(['status', 'retry_count', 'context_tokens', 'duration_ms', 'ttfb_ms', 'ttft_ms'] as const),
  ...(['request_bytes', 'response_bytes'] as const),
] satisfies (keyof CallRecord)[];

type Writer = (call: StoredCall, tally: Tally) => SqlValue;

const WRITERS: [column: string, write: Writer][] = [
  ...TEXT_FIELDS.map((field): [string, Writer] => [field, ({ record }) => record[field]]),
  ...NUMBER_FIELDS.map((field): [string, Writer] => [field, ({ record }) => finite(record[field])]),
  ...TOKEN_FIELDS.map((field): [string, Writer] => [field, ({ record }) => finite(record.usage[field])]),
  ['inference', ({ record }) => Number(record.inference)],
  ['settles', ({ record }) => Number(record.settles)],
  ['stream', ({ record }) => Number(record.stream)],
  ['dims', ({ record }) => (isEmpty(record.dims) ? null : json(record.dims))],
  ['usage_units', ({ record }) => (isEmpty(record.usage.units) ? null : json(record.usage.units))],
  ['usage_source', ({ record }) => record.usage.source],
  ['usage_state', ({ record }) => record.usage.state],
  ['usage_estimated', ({ record }) => (record.usage.estimated.length === 0 ? null : json(record.usage.estimated))],
  ['usage_raw', ({ record }) => json(record.usage.raw)],
  ['anomalies', ({ record }) => (record.anomalies.length === 0 ? null : json(record.anomalies))],
  ['cost_nanos', ({ costNanos }) => finite(costNanos)],
  ['cost_source', ({ record }) => record.cost.source],
  ['price_date', ({ record }) => record.cost.price_date],
  ['cost_confidence', ({ record }) => record.cost.confidence],
  ['cost_reason', ({ record }) => record.cost.reason ?? null],
  ['cost_lines', ({ record }) => (record.cost.lines.length === 0 ? null : json(record.cost.lines))],
  // Names and ids, of which a long answer has more than other columns may hold: bounded where they are read.
  ['tool_calls', ({ record }) => (record.tool_calls.length === 0 ? null : json(record.tool_calls, Infinity))],
  ['trace_id', ({ record }) => traceOf(record)?.id ?? null],
  ['context_trace_id', ({ record }) => record.trace_id],
  ['session_key', ({ session }) => session?.session.id ?? null],
  ['parent_id', ({ record }) => record.agent_facts?.follows?.call ?? null],
  ['agent_facts', ({ record }) => factsText(record.agent_facts)],
  ['steer_rule', ({ record }) => record.steer?.rule ?? null],
  ['sent_to', ({ record }) => record.steer?.sent_to ?? null],
  ['sent_model', ({ record }) => record.steer?.sent_model ?? null],
  ['error_type', ({ record }) => record.error?.type ?? null],
  ['error_message', ({ record }) => record.error?.message ?? null],
  ['capture_truncated', ({ record }) => Number(record.capture.truncated)],
  ['capture_dropped', ({ record }) => finite(record.capture.dropped)],
  ['log_file', ({ log }) => log?.file ?? null],
  ['log_offset', ({ log }) => log?.offset ?? null],
  ['log_length', ({ log }) => log?.length ?? null],
  ['counted_requests', (_, tally) => tally.requests],
  ['counted_errors', (_, tally) => tally.errors],
  ['counted_tool_calls', (_, tally) => tally.tool_calls],
  ['counted_unpriced', (_, tally) => tally.unpriced_calls],
  ['counted_without_usage', (_, tally) => tally.calls_without_usage],
  ['counted_inexact', (_, tally) => tally.inexact_calls],
  ['counted_retries', (_, tally) => tally.retries],
  ['counted_billed_unknown', (_, tally) => tally.billed_unknown_calls],
  ['counted_estimated', (_, tally) => tally.estimated_calls],
  ['counted_estimated_input', (_, tally) => tally.estimated_input_tokens],
  ['counted_estimated_output', (_, tally) => tally.estimated_output_tokens],
  ['counted_estimated_cost', (_, tally) => tally.estimated_cost_nanos],
];

/** Columns that change with the price of a call. Not its tools: earlier versions kept no list of very many, but their count. */
const COST_WRITERS = WRITERS.filter(([column]) =>
  /^(?:cost_(?!reason)|price_date|counted_(?!tool_calls))/.test(column),
);
export const COST_COLUMNS: readonly string[] = COST_WRITERS.map(([column]) => column);

/** Values for COST_COLUMNS. */
export function costValues(call: StoredCall, tally: Tally): SqlValue[] {
  return COST_WRITERS.map(([, write]) => write(call, tally));
}

/**
 * A call that is there already stays as it is: deliveries may be repeated. Not `OR IGNORE`, which would take a call that
 * lacks something for such a one.
 */
export const INSERT_CALL = `INSERT INTO llm_calls (${WRITERS.map(([column]) => column).join(', ')}) VALUES (${WRITERS.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;

const VALUE_WRITERS = WRITERS.map(([, write]) => write);

/** Values for INSERT_CALL. @throws RangeError where no page with this call could be read again */
export function callValues(call: StoredCall, tally: Tally): SqlValue[] {
  const values = VALUE_WRITERS.map((write) => write(call, tally));
  if (values.some(isTooLarge)) throw new RangeError('the call has a number that is too large');
  return values;
}

function isTooLarge(value: SqlValue): boolean {
  return typeof value === 'number' && (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER);
}

/** The record of a row with all columns of `llm_calls`. */
export function storedCallOf(row: SqlRow): StoredCall {
  const nanos = number(row['cost_nanos']);
  const fields = Object.fromEntries([
    ...TEXT_FIELDS.map((field) => [field, text(row[field])]),
    ...NUMBER_FIELDS.map((field) => [field, number(row[field])]),
  ]) as Pick<CallRecord, (typeof TEXT_FIELDS)[number] | (typeof NUMBER_FIELDS)[number]>;
  const record: CallRecord = {
    ...fields,
    inference: row['inference'] === 1,
    settles: row['settles'] === 1,
    stream: row['stream'] === 1,
    dims: parsed<Record<string, string>>(row['dims'], {}),
    usage: usageOf(row),
    anomalies: parsed<string[]>(row['anomalies'], []),
    cost_usd: nanos === null ? null : nanos / 1e9,
    cost: {
      source: text(row['cost_source']) as CallRecord['cost']['source'],
      price_date: text(row['price_date']),
      confidence: text(row['cost_confidence']) as CallRecord['cost']['confidence'],
      lines: parsed<CostLine[]>(row['cost_lines'], []),
      ...(row['cost_reason'] === BILLED_UNKNOWN ? { reason: BILLED_UNKNOWN } : {}),
    },
    tool_calls: parsed<ToolCall[]>(row['tool_calls'], []),
    trace_id: text(row['context_trace_id']),
    agent_facts: factsOf(text(row['agent_facts'])),
    steer: steerOf(row),
    outcome: text(row['outcome']) as Outcome,
    error: errorOf(row),
    capture: { truncated: row['capture_truncated'] === 1, dropped: number(row['capture_dropped']) ?? 0 },
  };
  return { record, costNanos: nanos, log: storedLocationOf(row) };
}

function usageOf(row: SqlRow): Usage {
  const counts = Object.fromEntries(TOKEN_FIELDS.map((field) => [field, number(row[field])])) as unknown as TokenCounts;
  return {
    ...counts,
    units: parsed<Usage['units']>(row['usage_units'], {}),
    source: text(row['usage_source']) as Usage['source'],
    state: text(row['usage_state']) as Usage['state'],
    estimated: parsed<Usage['estimated']>(row['usage_estimated'], []),
    raw: parsed<unknown>(row['usage_raw'], null),
  };
}

function steerOf(row: SqlRow): CallRecord['steer'] {
  const rule = text(row['steer_rule']);
  return rule === null ? null : { rule, sent_to: text(row['sent_to']), sent_model: text(row['sent_model']) };
}

function errorOf(row: SqlRow): CallRecord['error'] {
  const type = text(row['error_type']);
  return type === null ? null : { type, message: text(row['error_message']) ?? '' };
}

export function storedLocationOf(row: SqlRow): LogLocation | null {
  const file = text(row['log_file']);
  return file === null
    ? null
    : { file, offset: number(row['log_offset']) ?? 0, length: number(row['log_length']) ?? 0 };
}

const text = (value: SqlValue | undefined): string | null => (typeof value === 'string' ? value : null);
const number = (value: SqlValue | undefined): number | null =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

const MAX_JSON = 64 * 1024;

/** Null for what has no JSON (too deep for the stack) or too much of it: a column is for queries, bodies are elsewhere. */
function json(value: unknown, most = MAX_JSON): string | null {
  if (value === null || value === undefined) return null;
  try {
    const result = JSON.stringify(value);
    return result.length > most ? null : result;
  } catch {
    return null;
  }
}

function parsed<T>(value: SqlValue | undefined, otherwise: T): T {
  if (typeof value !== 'string') return otherwise;
  try {
    return JSON.parse(value) as T;
  } catch {
    return otherwise;
  }
}
