/** The one rule of what counts, for the totals in memory, in the store and in /metrics. */
import type { CallRecord, CostLine } from './capture.ts';
import type { Totals } from './ports.ts';
import type { EstimatedField } from './usage.ts';

/** As `Totals`, but flat and with money in integer nano-dollars, so that sums are exact in any order. */
export interface Tally extends Omit<Totals, 'cost_usd' | 'estimated'> {
  cost_nanos: number;
  estimated_calls: number;
  estimated_input_tokens: number;
  estimated_output_tokens: number;
  estimated_cost_nanos: number;
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
    billed_unknown_calls: 0,
    inexact_calls: 0,
    retries: 0,
    estimated_calls: 0,
    estimated_input_tokens: 0,
    estimated_output_tokens: 0,
    estimated_cost_nanos: 0,
    request_bytes: 0,
    response_bytes: 0,
  };
}

/** Names of the counts, which are those of their columns too. */
export const TALLY_KEYS = Object.keys(emptyTally()) as (keyof Tally)[];

/** Recorded on a call that its provider bills although no usage came: its request was sent, its answer was cut. */
export const BILLED_UNKNOWN = 'billed_amount_unknown';

/** A model list is no request here, but tokens and money count wherever they were read. Shadow legs never count. */
export function addCall(tally: Tally, record: CallRecord, costNanos: number | null): void {
  if (record.leg === 'shadow') return;
  const { usage } = record;
  if (record.inference) addRequest(tally, record);
  // Polled jobs, results of batches and models inside an answer are no requests, but their tokens are in the sums.
  if (isUnpriced(record, costNanos)) tally.unpriced_calls += 1;
  // The call that it settles was counted as one without usage.
  if (record.settles) tally.calls_without_usage -= 1;
  if (usage.source === 'regex' || usage.estimated.length > 0) tally.inexact_calls += 1;
  for (const field of COUNTED_TOKENS) tally[field] += usage[field] ?? 0;
  tally.cost_nanos += costNanos ?? 0;
  if (usage.estimated.length > 0) moveEstimates(tally, record, costNanos);
  tally.tool_calls += record.tool_calls.length;
  tally.request_bytes += record.request_bytes;
  tally.response_bytes += record.response_bytes;
}

function addRequest(tally: Tally, record: CallRecord): void {
  tally.requests += 1;
  if (isError(record)) tally.errors += 1;
  if (record.usage.state === 'none') tally.calls_without_usage += 1;
  if (record.anomalies.includes(BILLED_UNKNOWN)) tally.billed_unknown_calls += 1;
  if ((record.retry_count ?? 0) > 0) tally.retries += 1;
}

/** From the exact sums to those of the estimates. */
function moveEstimates(tally: Tally, record: CallRecord, costNanos: number | null): void {
  tally.estimated_calls += 1;
  for (const field of record.usage.estimated) {
    const tokens = record.usage[field] ?? 0;
    tally[field] -= tokens;
    tally[`estimated_${field}`] += tokens;
  }
  const nanos = estimatedNanos(record, costNanos);
  tally.cost_nanos -= nanos;
  tally.estimated_cost_nanos += nanos;
}

/** What of a cost is for estimated counts, and not the provider's own word. Nano-dollars. */
export function estimatedNanos({ usage, cost }: CallRecord, costNanos: number | null): number {
  if (costNanos === null || usage.estimated.length === 0) return 0;
  // Without one number of the provider everything is a guess, also the part that is priced by the request.
  if (usage.source === 'estimate') return costNanos - sumOf(cost.lines.filter(isStated));
  return sumOf(cost.lines.filter((line) => !isStated(line) && isEstimated(line.unit, usage.estimated)));
}

function sumOf(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { nanos }) => sum + (nanos ?? 0), 0);
}

function isStated({ source }: CostLine): boolean {
  return source === 'provider';
}

function isEstimated(unit: string, estimated: readonly EstimatedField[]): boolean {
  if (!unit.endsWith('_tokens')) return false;
  const isOutput = unit.startsWith('output') || unit.startsWith('reasoning');
  return estimated.includes(isOutput ? 'output_tokens' : 'input_tokens');
}

export function addTally(into: Tally, other: Tally): void {
  for (const key of TALLY_KEYS) into[key] += other[key];
}

export function toTotals(tally: Tally): Totals {
  const {
    cost_nanos: nanos,
    estimated_calls: calls,
    estimated_input_tokens: input,
    estimated_output_tokens: output,
    estimated_cost_nanos: estimatedCost,
    ...rest
  } = tally;
  return {
    ...rest,
    cost_usd: nanos / 1e9,
    estimated: { calls, input_tokens: input, output_tokens: output, cost_usd: estimatedCost / 1e9 },
  };
}

/** What it used is known, what that costs is not: it is missing in the cost. */
export function isUnpriced({ usage }: CallRecord, costNanos: number | null): boolean {
  return costNanos === null && usage.state !== 'none';
}

/** A client that left is no error; an answer that never came whole is. */
export function isError(record: CallRecord): boolean {
  if (NO_FAULT.has(record.outcome)) return false;
  return record.error !== null || (record.status ?? 0) >= 400 || FAILED.has(record.outcome);
}

/** The client or we have ended it. */
const NO_FAULT: ReadonlySet<string> = new Set(['client_aborted', 'shutdown', 'interrupted']);
const FAILED: ReadonlySet<string> = new Set(['upstream_aborted', 'upstream_error', 'refused']);
const COUNTED_TOKENS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const satisfies readonly (keyof Tally & keyof CallRecord['usage'])[];
