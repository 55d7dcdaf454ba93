import { formatUsd } from '../../sinks/figures.ts';
import type { Verified } from './verify.ts';

const HEADINGS = ['provider', 'model', 'status', 'input', 'cached', 'output', 'cost', 'equal'] as const;

/** A table of what was recorded, and under it what differs from the truth. */
export function formatVerified(verified: readonly Verified[]): string {
  const table = [[...HEADINGS], ...verified.map((one) => row(one))];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((cells) => (cells[column] ?? '').length)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const wrong = verified.flatMap(({ served, differences }) =>
    differences.map((text) => `  ${served.host}${served.path}: ${text}`),
  );
  return [...lines, ...wrong].join('\n');
}

function row({ record, served, differences }: Verified): string[] {
  const equal = differences.length === 0 ? 'yes' : 'NO';
  if (record === null) return [served.host, '?', '?', '?', '?', '?', '?', equal];
  const { usage, cost_usd: cost } = record;
  // More was used than was seen: the closing numbers of a cut stream never came.
  const mark = usage.state === 'partial' ? '+' : '';
  const count = (tokens: number | null): string => (tokens === null ? '?' : `${tokens}${mark}`);
  const numbers = [
    count(usage.input_tokens),
    count(usage.cache_read_tokens),
    count(usage.output_tokens),
    cost === null ? 'unpriced' : `${formatUsd(cost)}${mark}`,
  ];
  const isFailed = served.status >= 400;
  return [
    record.provider,
    record.response_model ?? record.request_model ?? '?',
    `${served.status}${served.wasCut ? ' cut' : ''}`,
    ...(isFailed ? numbers.map(() => '-') : numbers),
    equal,
  ];
}
