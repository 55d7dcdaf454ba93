/** How numbers look in the tables of the command line; unknown is `?`, an unknown price is `unpriced`. */
import type { CallRecord } from '../core/capture.ts';
import type { Totals } from '../core/ports.ts';
import { formatCost, formatCount, formatDuration, formatUsd, isInexact } from '../sinks/figures.ts';

const GROUPED = new Intl.NumberFormat('en-US');

export function count(value: number): string {
  return GROUPED.format(value);
}

/** `1 call`, `1,200 calls`. @param things `call`, or `entry|entries` */
export function counted(value: number, things: string): string {
  const [one = '', many = `${one}s`] = things.split('|');
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Empty for a call that is no inference: it has no tokens to know. */
export function callTokens(record: CallRecord, value: number | null): string {
  return value === null && !record.inference ? '' : formatCount(value, isInexact(record));
}

/** Empty for a call that is no inference: it costs nothing. */
export function callCost(record: CallRecord): string {
  return record.cost_usd === null && !record.inference ? '' : formatCost(record);
}

export function callDuration(ms: number | null): string {
  return ms === null ? '' : formatDuration(ms);
}

/** A sum of tokens; `?` when no call stated any. */
export function tokenSum(value: number, totals: Totals): string {
  return value === 0 && isNothingKnown(totals) ? '?' : count(value);
}

/** Of no call there was a usage, or estimates alone, which stand beside the sums. */
export function isNothingKnown({ requests, calls_without_usage: unknown, estimated }: Totals): boolean {
  return requests > 0 && requests <= unknown + estimated.calls;
}

/** Says so where the sum is not the whole: `$1.2034 + 3 unpriced`. */
export function totalCost(totals: Totals): string {
  const missing = [totals.unpriced_calls > 0 ? `${totals.unpriced_calls} unpriced` : '', unknownCalls(totals)].filter(
    (text) => text !== '',
  );
  if (totals.cost_usd === 0 && missing.length > 0) return missing.join(' + ');
  if (totals.cost_usd === 0 && isNothingKnown(totals)) return '?';
  // Estimates are apart; what else is inexact was read by pattern and is in the sum.
  const sum = `${totals.inexact_calls > totals.estimated.calls ? '~' : ''}${formatUsd(totals.cost_usd)}`;
  return [sum, ...missing].join(' + ');
}

/** The same in a narrow terminal: at least so much. */
export function leastCost(totals: Totals): string {
  const text = totalCost(totals);
  return text.startsWith('$') && text.includes(' + ') ? `≥${text.split(' + ')[0]}` : text;
}

function unknownCalls({ calls_without_usage: unknown, billed_unknown_calls: billed }: Totals): string {
  if (unknown === 0) return '';
  return billed === 0 ? `${unknown} unknown` : `${unknown} unknown (${billed} billed)`;
}

/** What the exact sums leave out: `~1,200 in, ~340 out, ~$0.0042 (2 calls)`; empty when there is nothing. */
export function estimatedSums({ estimated }: Pick<Totals, 'estimated'>): string {
  if (estimated.calls === 0) return '';
  const { calls, input_tokens: input, output_tokens: output, cost_usd: usd } = estimated;
  const parts = [
    input === 0 ? '' : `~${count(input)} in`,
    output === 0 ? '' : `~${count(output)} out`,
    usd === 0 ? '' : `~${formatUsd(usd)}`,
  ].filter((part) => part !== '');
  return `${parts.join(', ')} (${counted(calls, 'call')})`;
}
