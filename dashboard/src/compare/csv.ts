/** The score board for a spreadsheet: RFC 4180. */
import type { ModelPair } from './shapes.ts';

const COLUMNS: readonly (readonly [name: string, of: (pair: ModelPair) => string | number | null])[] = [
  ['primary_provider', ({ primary }) => primary.provider],
  ['primary_model', ({ primary }) => primary.model],
  ['shadow_provider', ({ shadow }) => shadow.provider],
  ['shadow_model', ({ shadow }) => shadow.model],
  ['comparisons', ({ calls }) => calls],
  ['primary_failed', ({ failed }) => failed.primary],
  ['shadow_failed', ({ failed }) => failed.shadow],
  ...(['ttft_ms', 'duration_ms', 'cost_usd', 'input_tokens', 'output_tokens'] as const).flatMap(
    (measure) =>
      [
        [`primary_median_${measure}`, ({ medians }: ModelPair) => medians.primary[measure]],
        [`shadow_median_${measure}`, ({ medians }: ModelPair) => medians.shadow[measure]],
      ] as const,
  ),
  ...(['ttft_ms', 'duration_ms', 'cost_usd'] as const).flatMap(
    (contest) =>
      [
        [`primary_wins_${contest}`, ({ wins }: ModelPair) => wins[contest].primary],
        [`shadow_wins_${contest}`, ({ wins }: ModelPair) => wins[contest].shadow],
        [`ties_${contest}`, ({ wins }: ModelPair) => wins[contest].ties],
      ] as const,
  ),
  ['same_stop_reason', ({ same_stop_reason: { same } }) => same],
  ['same_stop_reason_of', ({ same_stop_reason: { of } }) => of],
  ['same_tool_calls', ({ same_tool_calls: { same } }) => same],
  ['same_tool_calls_of', ({ same_tool_calls: { of } }) => of],
];

export function scoreBoardCsv(pairs: readonly ModelPair[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...pairs.map((pair) => COLUMNS.map(([, of]) => cell(of(pair))))];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}

/** Names come from who knows where: what a spreadsheet would run gets an apostrophe. */
function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
