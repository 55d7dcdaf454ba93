/** The closing lines of `run`, for people. Unknown is `?`, unpriced is said, numbers read by regex carry a `~`. */
import type { RunSummary, Totals } from '../core/ports.ts';
import { escapeLine } from '../sinks/escape.ts';
import { formatUsd } from '../sinks/figures.ts';
import { counted, estimatedSums, isNothingKnown } from './figures.ts';

const HEADINGS = ['model', 'calls', 'input', 'cached', 'output', 'cost'] as const;

export function formatRunSummary(summary: RunSummary): string {
  const { totals } = summary;
  // Lists of models and the like are recorded, and are no calls of a model.
  const called = Object.entries(summary.by_model).filter(([, { requests }]) => requests > 0);
  if (totals.requests === 0) {
    return Object.keys(summary.by_model).length > 0
      ? 'no model was called; what else providers were asked is in `llm-proxy calls`'
      : `no LLM calls were seen (${whyNone(summary.connections)})`;
  }
  const models = called.toSorted(([, a], [, b]) => b.requests - a.requests);
  const rows = models.map(([model, sums]) => row(model, sums));
  if (rows.length !== 1) rows.push(row('all', totals));
  const table = [[...HEADINGS], ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((cells) => (cells[column] ?? '').length)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [...lines, ...notes(totals)].join('\n');
}

function whyNone(connections = 0): string {
  if (connections === 0) return 'did the program use a proxy? `llm-proxy doctor` checks each runtime';
  const passed = `${counted(connections, 'connection')} passed, to no provider that is known: start --intercept HOST`;
  return `${passed}; docs/troubleshooting.md has other causes`;
}

function row(name: string, sums: Totals): string[] {
  const tokens = (count: number): string => tokenCell(count, sums);
  return [
    escapeLine(name),
    String(sums.requests),
    tokens(sums.input_tokens),
    tokens(sums.cache_read_tokens),
    tokens(sums.output_tokens),
    costCell(sums),
  ];
}

function tokenCell(count: number, sums: Totals): string {
  if (count === 0 && isNothingKnown(sums)) return '?';
  return `${sums.inexact_calls > sums.estimated.calls ? '~' : ''}${count.toLocaleString('en-US')}`;
}

function costCell(sums: Totals): string {
  if (sums.cost_usd === 0 && sums.unpriced_calls > 0) return 'unpriced';
  if (sums.cost_usd === 0 && isNothingKnown(sums)) return '?';
  const usd = sums.cost_usd < 0.01 ? formatUsd(sums.cost_usd) : `$${sums.cost_usd.toFixed(sums.cost_usd < 1 ? 4 : 2)}`;
  return `${sums.unpriced_calls > 0 ? '> ' : ''}${usd}`;
}

function notes(totals: Totals): string[] {
  const found: string[] = [];
  const say = (count: number, text: string): void => {
    if (count > 0) found.push(`${count} ${count === 1 ? 'call' : 'calls'} ${text}`);
  };
  say(totals.errors, 'failed');
  say(totals.calls_without_usage, 'without usage (their tokens are not in the sums)');
  say(totals.unpriced_calls, 'unpriced (their cost is not in the sum)');
  say(totals.billed_unknown_calls, 'billed without a usage (what they cost is not known)');
  say(totals.inexact_calls - totals.estimated.calls, 'with numbers that are not exact (~)');
  const estimated = estimatedSums(totals);
  if (estimated !== '') found.push(`estimated, not in the sums: ${estimated}`);
  return found;
}
