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
  const { usage } = record;
  const mark = usage.state === 'partial' ? '+' : '';
  const count = (tokens: number | null): string => (tokens === null ? '?' : `${tokens}${mark}`);
  const isFailed = (record.status ?? 0) >= 400;
  return [
    record.provider,
    record.response_model ?? record.request_model ?? '?',
    `${record.status ?? '?'}${served.wasCut ? ' cut' : ''}`,
    isFailed ? '-' : count(usage.input_tokens),
    isFailed ? '-' : count(usage.cache_read_tokens),
    isFailed ? '-' : count(usage.output_tokens),
    isFailed ? '-' : record.cost_usd === null ? 'unpriced' : `$${record.cost_usd.toFixed(6)}${mark}`,
    equal,
  ];
}
