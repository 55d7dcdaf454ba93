/** Numbers for people in an exported page. Unknown is never 0. */
import type { CallRecord } from '../../core/capture.ts';

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** To the digits that matter: `$12.30`, `$0.0123`, `$0.0000012`. */
export function usd(value: number): string {
  if (value === 0) return '$0';
  if (value >= 1) return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${value.toFixed(Math.min(9, Math.max(4, 1 - Math.floor(Math.log10(value)))))}`;
}

/** `840 ms`, `12.3 s`, `2 m 05 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  return `${minutes} m ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `?` for what nobody knows, `~` before what is estimated, `≥` before what was cut. */
export function count(name: 'input_tokens' | 'output_tokens', { usage }: CallRecord): string {
  const value = usage[name];
  if (value === null) return '?';
  const isGuess = usage.estimated.includes(name) || usage.source === 'regex';
  return `${isGuess ? '~' : usage.state === 'partial' ? '≥ ' : ''}${whole(value)}`;
}

export function cost({ cost_usd: amount, cost: { confidence }, inference }: CallRecord): string {
  if (amount === null) return inference ? 'unpriced' : '';
  return `${confidence === 'exact' ? '' : confidence === 'partial' ? '≥ ' : '~'}${usd(amount)}`;
}
