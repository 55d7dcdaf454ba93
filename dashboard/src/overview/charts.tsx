import type { PeriodGroup, PeriodStats } from '../api/shapes.ts';
import { compact, percent, usd, usdTick, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Chart, type Series } from '../kit/chart.tsx';
import { bucketText, type Step, STEP_MS, timeOfKey } from './buckets.ts';

export interface Span {
  times: number[];
  step: Step;
  onBrush: (since: number, until: number) => void;
}

type Row = PeriodGroup | null;

/** The row of each bucket; `null` = no call in it. */
export function rowsOf(times: readonly number[], groups: readonly PeriodGroup[] | undefined): Row[] {
  const byTime = new Map((groups ?? []).map((group) => [timeOfKey(group.key), group]));
  return times.map((time) => byTime.get(time) ?? null);
}

function common({ times, step, onBrush }: Span) {
  return { times, bucketMs: STEP_MS[step], timeOf: (ms: number) => bucketText(ms, step), onBrush };
}

/** Hues for what has none of its own: told apart by eyes that see colours in other ways, too. */
const HUES = ['#4f7cac', '#e07a5f', '#81b29a', '#f2b84b', '#5b5f97', '#b5838d', '#8fb8de'];
const REST_HUE = 'var(--faint)';

export interface Part {
  key: string | null;
  name: string;
  href: string;
  /** Its own totals over time. */
  stats: PeriodStats | undefined;
  cost: number;
}

/** Money by part, dearest at the bottom; what is in no part on top. */
export function SpendChart({
  span,
  rows,
  parts,
  total,
}: {
  span: Span;
  rows: readonly Row[];
  parts: readonly Part[];
  total: PeriodStats;
}) {
  const known = parts.map((part) => rowsOf(span.times, part.stats?.groups).map((row) => row?.cost_usd ?? null));
  const rest = rows.map((row, index) => {
    if (row === null) return null;
    const left = row.cost_usd - known.reduce((sum, values) => sum + (values[index] ?? 0), 0);
    return left > 1e-9 ? left : null;
  });
  const series: Series[] = parts.map((part, index) => ({
    key: part.key ?? '',
    name: part.name,
    href: part.href,
    colour: HUES[index % HUES.length] ?? REST_HUE,
    values: known[index] ?? [],
  }));
  if (rest.some((value) => value !== null))
    series.push({ key: ' rest', name: parts.length === 0 ? 'all' : 'everything else', colour: REST_HUE, values: rest });
  const costs = new Map(parts.map((part) => [part.key ?? '', part.cost]));
  const costOf = ({ key }: Series): string =>
    usd(costs.get(key) ?? total.cost_usd - parts.reduce((sum, { cost }) => sum + cost, 0));
  return (
    <Chart title="Spend" shape="bars" {...common(span)} series={series} format={usd} axis={usdTick} total={costOf} />
  );
}

function uncached(row: Pick<PeriodGroup, 'input_tokens' | 'cache_read_tokens' | 'cache_write_tokens'>): number {
  return Math.max(0, row.input_tokens - row.cache_read_tokens - row.cache_write_tokens);
}

export function TokensChart({ span, rows, total }: { span: Span; rows: readonly Row[]; total: PeriodStats }) {
  const kinds: { name: string; colour: string; of: (row: Omit<PeriodGroup, 'key' | 'requests'>) => number }[] = [
    { name: 'cache read', colour: 'var(--series-cache-read)', of: (row) => row.cache_read_tokens },
    { name: 'cache write', colour: 'var(--series-cache-write)', of: (row) => row.cache_write_tokens },
    { name: 'input', colour: 'var(--series-input)', of: uncached },
    { name: 'reasoning', colour: 'var(--series-reasoning)', of: (row) => row.reasoning_tokens },
    {
      name: 'output',
      colour: 'var(--series-output)',
      of: (row) => Math.max(0, row.output_tokens - row.reasoning_tokens),
    },
  ];
  const shown = kinds.filter(({ of }) => of(total) > 0);
  return (
    <Chart
      title="Tokens"
      shape="bars"
      {...common(span)}
      series={shown.map(({ name, colour, of }) => ({
        key: name,
        name,
        colour,
        values: rows.map((row) => (row === null ? null : of(row))),
      }))}
      format={compact}
      total={({ name }) => compact(shown.find((kind) => kind.name === name)?.of(total) ?? 0)}
    />
  );
}

export function LatencyChart({
  span,
  rows,
  total,
  of,
}: {
  span: Span;
  rows: readonly Row[];
  total: PeriodStats;
  of: 'ttft_ms' | 'duration_ms';
}) {
  const lines = [
    { name: 'p50', colour: 'var(--accent)' },
    { name: 'p95', colour: 'var(--series-output)' },
    { name: 'p99', colour: 'var(--faint)' },
  ] as const;
  return (
    <Chart
      title={of === 'ttft_ms' ? 'Time to first token' : 'Duration'}
      shape="lines"
      {...common(span)}
      series={lines.map(({ name, colour }) => ({
        key: name,
        name,
        colour,
        values: rows.map((row) => row?.[of][name] ?? null),
      }))}
      format={duration}
      total={({ key }) => {
        const value = total[of][key as 'p50'];
        return value === null ? '–' : duration(value);
      }}
    />
  );
}

export function CallsChart({
  span,
  rows,
  total,
  errorsHref,
}: {
  span: Span;
  rows: readonly Row[];
  total: PeriodStats;
  errorsHref: string;
}) {
  const errors = rows.map((row) => (row === null || row.errors === 0 ? null : row.errors));
  const fine = rows.map((row) => (row === null ? null : row.requests - row.errors));
  return (
    <Chart
      title="Calls"
      shape="bars"
      {...common(span)}
      series={[
        { key: 'errors', name: 'failed', colour: 'var(--bad)', values: errors, href: errorsHref },
        { key: 'fine', name: 'succeeded', colour: 'var(--series-media)', values: fine },
      ]}
      format={compact}
      total={({ key }) =>
        key === 'errors'
          ? `${whole(total.errors)} (${percent(total.errors, total.total_requests)})`
          : whole(total.total_requests - total.errors)
      }
    />
  );
}
