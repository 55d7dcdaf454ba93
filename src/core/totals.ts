/** The one rule of what counts, for the totals in memory, in the store and in /metrics. */
import type { CallRecord } from './capture.ts';
import type { Totals } from './ports.ts';

/** As `Totals`, but money in integer nano-dollars, so that sums are exact in any order. */
export interface Tally extends Omit<Totals, 'cost_usd'> {
  cost_nanos: number;
}

export function emptyTally(): Tally {
  return {
    requests: 0,
    errors: 0,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    tool_calls: 0,
    cost_nanos: 0,
    unpriced_calls: 0,
    calls_without_usage: 0,
    inexact_calls: 0,
    request_bytes: 0,
    response_bytes: 0,
  };
}

/** A model list is no request here, but tokens and money count wherever they were read. Shadow legs never count. */
export function addCall(tally: Tally, record: CallRecord, costNanos: number | null): void {
  if (record.leg === 'shadow') return;
  if (record.inference) addRequest(tally, record, costNanos);
  if (record.usage.source === 'regex' || record.usage.source === 'estimate') tally.inexact_calls += 1;
  for (const field of COUNTED_TOKENS) tally[field] += record.usage[field] ?? 0;
  tally.tool_calls += record.tool_calls.length;
  tally.cost_nanos += costNanos ?? 0;
  tally.request_bytes += record.request_bytes;
  tally.response_bytes += record.response_bytes;
}

function addRequest(tally: Tally, record: CallRecord, costNanos: number | null): void {
  tally.requests += 1;
  if (isError(record)) tally.errors += 1;
  if (record.usage.state === 'none') tally.calls_without_usage += 1;
  else if (costNanos === null) tally.unpriced_calls += 1;
}

export function addTally(into: Tally, other: Tally): void {
  for (const key of TALLY_KEYS) into[key] += other[key];
}

export function toTotals({ cost_nanos, ...rest }: Tally): Totals {
  return { ...rest, cost_usd: cost_nanos / 1e9 };
}

/** A client that left is no error; an answer that never came whole is. */
export function isError(record: CallRecord): boolean {
  if (record.outcome === 'client_aborted' || record.outcome === 'shutdown') return false;
  return record.error !== null || (record.status ?? 0) >= 400 || FAILED.has(record.outcome);
}

const FAILED: ReadonlySet<string> = new Set(['upstream_aborted', 'upstream_error', 'refused']);
const COUNTED_TOKENS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const satisfies readonly (keyof Tally & keyof CallRecord['usage'])[];
const TALLY_KEYS = Object.keys(emptyTally()) as (keyof Tally)[];
