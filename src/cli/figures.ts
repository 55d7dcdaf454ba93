/** How numbers look in the tables of the command line; unknown is `?`, an unknown price is `unpriced`. */
import type { CallRecord } from '../core/capture.ts';
import type { Totals } from '../core/ports.ts';
import { formatCost, formatCount, formatDuration, isInexact } from '../sinks/figures.ts';

const GROUPED = new Intl.NumberFormat('en-US');

export function count(value: number): string {
  return GROUPED.format(value);
}

/** Empty for a call that is no inference: it has no tokens to know. */
export function callTokens(record: CallRecord, value: number | null): string {
  return value === null && !record.inference ? '' : formatCount(value, isInexact(record));
}

export function callCost(record: CallRecord): string {
  return record.cost_usd === null && (!record.inference || record.usage.state === 'none') ? '' : formatCost(record);
}

export function callDuration(ms: number | null): string {
  return ms === null ? '' : formatDuration(ms);
}

/** Says so where the sum is not the whole: `$1.2034 + 3 unpriced`. */
export function totalCost(totals: Totals): string {
  const missing = [
    totals.unpriced_calls > 0 ? `${totals.unpriced_calls} unpriced` : '',
    totals.calls_without_usage > 0 ? `${totals.calls_without_usage} unknown` : '',
  ].filter((text) => text !== '');
  if (totals.cost_usd === 0 && missing.length > 0) return missing.join(' + ');
  const sum = `${totals.inexact_calls > 0 ? '~' : ''}$${totals.cost_usd.toFixed(totals.cost_usd >= 1 ? 4 : 6)}`;
  return [sum, ...missing].join(' + ');
}
