/** How counts, money and time are written for people, on the console and in the log files. Unknown is `?`, never 0. */
import type { CallRecord } from '../core/capture.ts';
import { BILLED_UNKNOWN } from '../core/totals.ts';

/** True when the counts are not the provider's closing numbers: cut, read by regex, or estimated. */
export function isInexact({ usage }: CallRecord): boolean {
  return usage.state === 'partial' || usage.source === 'regex' || usage.source === 'estimate';
}

/** `1234`, `~1234` for an inexact one, `?` for an unknown one. */
export function formatCount(count: number | null, inexact: boolean): string {
  return count === null ? '?' : `${inexact ? '~' : ''}${count}`;
}

/** US dollars: `$1.2034`, `$0.001234`; of less than ten millionths two digits that are not 0: what costs something is never $0. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  if (size >= 1 || size === 0) return `$${usd.toFixed(size === 0 ? 6 : 4)}`;
  return `$${usd.toFixed(Math.min(9, Math.max(6, 1 - Math.floor(Math.log10(size)))))}`;
}

/**
 * `$0.001234`, `~$0.001234` when something in it is not known; `unpriced`, or `?` when there is no usage that could have a
 * price; `billed, ?` when its amount is not known.
 */
export function formatCost({ cost_usd: usd, cost, usage }: CallRecord): string {
  if (usd !== null) return `${cost.confidence === 'exact' && usage.state !== 'partial' ? '' : '~'}${formatUsd(usd)}`;
  if (cost.reason === BILLED_UNKNOWN) return 'billed, ?';
  return usage.state === 'none' ? '?' : 'unpriced';
}

/** `840ms`, `12.3s`, `2m05s`. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return '?';
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(ms < 9950 ? 2 : 1)}s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

/** What stands in the status column: the code, with what went wrong on the wire. */
export function formatStatus({ status, outcome }: CallRecord): string {
  const code = status === null ? '---' : String(status);
  return outcome === 'complete' || outcome === 'refused' ? code : `${code} ${outcome.replaceAll('_', ' ')}`;
}

/** The model for display: what was answered by, else asked for, else the operation. */
export function modelOf(record: CallRecord): string {
  return record.response_model ?? record.request_model ?? record.operation ?? '-';
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Local `YYYY-MM-DD` of a moment. */
export function localDay(wall: number): string {
  const date = new Date(wall);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Local `HH:MM:SS`, with another separator if asked. */
export function localTime(wall: number, separator = ':'): string {
  const date = new Date(wall);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(separator);
}
