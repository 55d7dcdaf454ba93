/** `compare report`: asks the running daemon, or reads the store when none runs. */
import { Calls } from '../admin/calls.ts';
import { comparisonFilterOf, type CompareQuery } from '../admin/compare-routes.ts';
import { type ComparisonReport, CONTESTS, MEASURES, type ModelPair } from '../core/comparison.ts';
import { AppError } from '../core/errors.ts';
import { comparisonReport } from '../store/comparisons.ts';
import { formatUsd } from '../sinks/figures.ts';
import { callDuration, count } from './figures.ts';
import { print, printJson } from './print.ts';
import { databaseOf } from './home-config.ts';
import { colours, dim, type Refused, room, running } from './read.ts';
import { askDaemon } from './run-api.ts';
import { type Column, formatTable } from './table.ts';

export interface CompareArguments {
  home: string | null;
  format: 'table' | 'json' | 'csv';
  query: CompareQuery;
}

const ANSWER_MS = 30_000;

export async function compareReportMain({ home, format, query }: CompareArguments): Promise<number> {
  const report = await reportOf(home, query);
  if (format === 'json') printJson(report);
  else if (format === 'csv') process.stdout.write(csvOf(report.pairs));
  else show(report);
  return 0;
}

async function reportOf(home: string | null, query: CompareQuery): Promise<ComparisonReport> {
  const daemon = await running(home);
  if (daemon === null) {
    const calls = new Calls(databaseOf(home));
    try {
      return calls.ask((database) => comparisonReport(database, comparisonFilterOf(query)));
    } finally {
      calls.close();
    }
  }
  const given = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const path = `/api/compare/report?${new URLSearchParams(given).toString()}`;
  const answer = (await askDaemon(daemon, 'GET', path, null, ANSWER_MS, [400])) as ComparisonReport | Refused;
  if ('error' in answer) throw new AppError('config_invalid', answer.error.message);
  return answer;
}

/** One leg of a pair. */
interface Side {
  pair: ModelPair;
  side: 'primary' | 'shadow';
}

function show({ pairs, limited_to: most }: ComparisonReport): void {
  if (pairs.length === 0) {
    print('No comparisons. llm-proxy mode compare --target-url URL begins them.');
    return;
  }
  const rows = pairs.flatMap((pair): Side[] => [
    { pair, side: 'primary' },
    { pair, side: 'shadow' },
  ]);
  print(formatTable(COLUMNS, rows, colours(), room()));
  print(dim('medians of answers that came whole; won: in how many of the comparisons this one was faster, or cheaper'));
  if (most !== null) print(dim(`the latest ${count(most)} comparisons; --since and --until choose others`));
}

const COLUMNS: readonly Column<Side>[] = [
  { title: 'model', align: 'left', max: 48, least: 24, value: ({ pair, side }) => nameOf(pair[side]) },
  { title: 'leg', align: 'left', value: ({ side }) => side },
  { title: 'calls', align: 'right', value: ({ pair }) => count(pair.calls) },
  { title: 'failed', align: 'right', value: ({ pair, side }) => emptyAtZero(pair.failed[side]) },
  { title: 'ttft', align: 'right', value: ({ pair, side }) => callDuration(pair.medians[side].ttft_ms) },
  { title: 'won', align: 'right', value: ({ pair, side }) => count(pair.wins.ttft_ms[side]) },
  { title: 'time', align: 'right', value: ({ pair, side }) => callDuration(pair.medians[side].duration_ms) },
  { title: 'won', align: 'right', value: ({ pair, side }) => count(pair.wins.duration_ms[side]) },
  { title: 'cost', align: 'right', value: ({ pair, side }) => money(pair.medians[side].cost_usd) },
  { title: 'won', align: 'right', value: ({ pair, side }) => count(pair.wins.cost_usd[side]) },
  { title: 'in', align: 'right', value: ({ pair, side }) => tokens(pair.medians[side].input_tokens) },
  { title: 'out', align: 'right', value: ({ pair, side }) => tokens(pair.medians[side].output_tokens) },
  { title: 'same stop', align: 'right', value: ({ pair, side }) => share(side, pair.same_stop_reason) },
  { title: 'same tools', align: 'right', value: ({ pair, side }) => share(side, pair.same_tool_calls) },
];

function nameOf({ provider, model }: ModelPair['primary']): string {
  return `${provider}/${model ?? 'unknown'}`;
}

function emptyAtZero(number: number): string {
  return number === 0 ? '' : count(number);
}

function tokens(median: number | null): string {
  return median === null ? '?' : count(median);
}

function money(usd: number | null): string {
  return usd === null ? 'unpriced' : formatUsd(usd);
}

/** Of the pair, so it stands once. */
function share(side: Side['side'], { same, of }: { same: number; of: number }): string {
  return side === 'shadow' ? '' : `${same}/${of}`;
}

const CSV_COLUMNS: readonly (readonly [name: string, value: (pair: ModelPair) => string | number | null])[] = [
  ['primary_provider', ({ primary }) => primary.provider],
  ['primary_model', ({ primary }) => primary.model],
  ['shadow_provider', ({ shadow }) => shadow.provider],
  ['shadow_model', ({ shadow }) => shadow.model],
  ['calls', ({ calls }) => calls],
  ['primary_failed', ({ failed }) => failed.primary],
  ['shadow_failed', ({ failed }) => failed.shadow],
  ...MEASURES.flatMap((measure) => [
    [`primary_median_${measure}`, ({ medians }: ModelPair) => medians.primary[measure]] as const,
    [`shadow_median_${measure}`, ({ medians }: ModelPair) => medians.shadow[measure]] as const,
  ]),
  ...CONTESTS.flatMap((contest) => [
    [`primary_wins_${contest}`, ({ wins }: ModelPair) => wins[contest].primary] as const,
    [`shadow_wins_${contest}`, ({ wins }: ModelPair) => wins[contest].shadow] as const,
    [`ties_${contest}`, ({ wins }: ModelPair) => wins[contest].ties] as const,
  ]),
  ['same_stop_reason', (pair) => pair.same_stop_reason.same],
  ['same_stop_reason_of', (pair) => pair.same_stop_reason.of],
  ['same_tool_calls', (pair) => pair.same_tool_calls.same],
  ['same_tool_calls_of', (pair) => pair.same_tool_calls.of],
];

/** RFC 4180; unknown is an empty field. A model's name must not become a formula of a spreadsheet. */
export function csvOf(pairs: readonly ModelPair[]): string {
  const lines = [
    CSV_COLUMNS.map(([name]) => name),
    ...pairs.map((pair) => CSV_COLUMNS.map(([, value]) => field(value(pair)))),
  ];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
