import { useRef } from 'react';
import { get } from '../api/client.ts';
import { useQuery } from '@tanstack/react-query';
import type { PeriodGroup, PeriodStats } from '../api/shapes.ts';
import { Button } from '../kit/button.tsx';
import { Empty, Failure, Loading } from '../kit/states.tsx';
import { SetupCards } from '../settings/setup-cards.tsx';
import { boundsOf, type Period, periodOf, within } from '../url/range.ts';
import { hrefOf, type Route } from '../url/route.ts';
import { useSetParams } from '../url/use-route.ts';
import { Attention } from './attention.tsx';
import { bucketsOf, periodBefore, stepOf, timeOfKey } from './buckets.ts';
import { CallsChart, LatencyChart, type Part, rowsOf, type Span, SpendChart, TokensChart } from './charts.tsx';
import { filterText, sumFilterOf, type SumFilterName } from './filter.ts';
import { Kpis } from './kpis.tsx';
import { Breakdown, type BreakdownRow, DearestSessions } from './tables.tsx';
import { useDearestSessions, useEarlierStats, useFreshNumbers, useManyStats, useStats } from './use-stats.ts';

const BY = [
  'model',
  'provider',
  'client',
  'agent',
  'section',
  'customer',
  'tenant',
] as const satisfies readonly SumFilterName[];
/** More in one chart cannot be told apart. */
const PARTS = 6;

/** All that the screen asks for, by what stands in the address. */
function useNumbers(route: Route, now: number) {
  const period = periodOf(route.params);
  const by = BY.find((name) => name === route.params.get('by')) ?? 'model';
  const { filter, ignored } = sumFilterOf(route.params.get('filter'));
  const step = stepOf(period, now);
  const asked = { since: period.since, until: period.until, ...filter };
  const over = useStats({ ...asked, group: step });
  const groups = useStats({ ...asked, group: by });
  const before = periodBefore(period, now);
  const earlier = useEarlierStats(before === null ? null : { ...quantized(before), ...filter });
  const dearest = useDearestSessions(period);
  const found = groups.data?.groups ?? [];
  const top = found.filter(({ key, cost_usd: cost }) => key !== null && cost > 0).slice(0, PARTS);
  const partStats = useManyStats(top.map(({ key }) => ({ ...asked, ...keyFilter(by, key), group: step })));
  const parts = top.map((group, index): Part => ({
    ...named(route, by, group),
    key: group.key,
    cost: group.cost_usd,
    stats: partStats.all[index],
  }));
  const breakdown = found.map((group): BreakdownRow => ({ ...group, ...named(route, by, group) }));
  return {
    /** What was asked. */
    question: JSON.stringify({ ...asked, by }),
    /** All answers are there, or will not come. */
    isWhole: [over, groups, dearest].every(({ isPending }) => !isPending) && earlier.isSettled && partStats.isSettled,
    period,
    by,
    filter,
    ignored,
    step,
    over,
    before: earlier.stats,
    // All at once: a chart that is drawn anew with each of them is none to point at.
    parts: groups.isPending || !partStats.isSettled ? [] : parts,
    breakdown,
    dearest: dearest.data?.sessions,
    leftOut: groups.data?.groups_left_out ?? 0,
    // Of the sums of each group there are no more than of all of them.
    deleted: Math.max(deletedIn(over.data), deletedIn(groups.data)),
  };
}

function deletedIn(stats: PeriodStats | undefined): number {
  return stats?.deleted_calls ?? 0;
}

/** Numbers of two questions never stand side by side: the screen before stays until all of a new one is answered. */
function useWholeNumbers(route: Route, now: number) {
  const asked = useNumbers(route, now);
  const shown = useRef(asked);
  const { question, over } = shown.current;
  if (asked.isWhole || asked.question === question || over.data === undefined) shown.current = asked;
  return { ...shown.current, isStale: shown.current !== asked };
}

/** From spend to what it was spent on. */
export function Overview({ route }: { route: Route }) {
  useFreshNumbers();
  const now = Date.now();
  const { over, isStale, ...numbers } = useWholeNumbers(route, now);
  if (over.isPending) return <Loading what="the numbers" />;
  if (over.isLoadingError) return <Failure error={over.error} onRetry={() => void over.refetch()} />;
  const total = over.data;
  if (total.total_requests === 0) return <Nothing route={route} period={numbers.period} />;
  const { step, by } = numbers;
  const first = timeOfKey(total.groups?.[0]?.key ?? null);
  const times = bucketsOf(numbers.period, step, now, Number.isNaN(first) ? null : first);
  const rows = rowsOf(times, total.groups);
  return (
    <div aria-busy={isStale} className="min-h-0 flex-1 overflow-auto transition-opacity delay-100 aria-busy:opacity-50">
      <Kpis now={total} before={numbers.before} over={rows} />
      <Attention route={route} stats={total} deleted={numbers.deleted} />
      <Controls route={route} by={by} filter={numbers.filter} ignored={numbers.ignored} />
      <Charts route={route} times={times} step={step} rows={rows} parts={numbers.parts} total={total} />
      <div className="grid gap-x-8 gap-y-6 px-4 pt-2 pb-8 2xl:grid-cols-2">
        <DearestSessions route={route} sessions={numbers.dearest} />
        <Breakdown label={by} rows={numbers.breakdown} leftOut={numbers.leftOut} />
      </div>
    </div>
  );
}

function Charts({
  route,
  times,
  step,
  rows,
  parts,
  total,
}: Pick<Span, 'times' | 'step'> & { route: Route; rows: (PeriodGroup | null)[]; parts: Part[]; total: PeriodStats }) {
  const setParams = useSetParams();
  const span: Span = {
    times,
    step,
    onBrush: (since, until) =>
      setParams({ range: null, since: new Date(since).toISOString(), until: new Date(until).toISOString() }),
  };
  const hasFirstTokens = total.ttft_ms.p50 !== null;
  return (
    <div className="grid gap-x-8 gap-y-4 px-4 py-3 lg:grid-cols-2">
      <SpendChart span={span} rows={rows} parts={parts} total={total} />
      <TokensChart span={span} rows={rows} total={total} />
      <LatencyChart span={span} rows={rows} total={total} of={hasFirstTokens ? 'ttft_ms' : 'duration_ms'} />
      <CallsChart
        span={span}
        rows={rows}
        total={total}
        errorsHref={hrefOf(route, 'calls', null, { filter: 'is:error' })}
      />
    </div>
  );
}

function Controls({
  route,
  by,
  filter,
  ignored,
}: {
  route: Route;
  by: SumFilterName;
  filter: object;
  ignored: string[];
}) {
  const setParams = useSetParams();
  const tags = Object.entries(filter) as [string, string][];
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 pt-3 print:hidden">
      <label className="flex items-center gap-2 text-muted">
        Spend by
        <select
          value={by}
          onChange={(event) => setParams({ by: event.target.value === 'model' ? null : event.target.value })}
          className="h-7 rounded-chip border border-line bg-surface px-1 text-text"
        >
          {BY.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {tags.map(([name, value]) => (
        <span key={name} className="rounded-chip bg-accent-weak px-1.5">
          {filterText(name, value)}
        </span>
      ))}
      {ignored.length > 0 && (
        <span className="text-muted">
          Sums are not kept by <code className="font-mono">{ignored.join(' ')}</code>: it works on{' '}
          <a className="underline" href={hrefOf(route, 'calls')}>
            Calls
          </a>
          .
        </span>
      )}
      {(tags.length > 0 || ignored.length > 0) && (
        <Button onClick={() => setParams({ filter: null })}>Clear filter</Button>
      )}
    </div>
  );
}

function Nothing({ route, period }: { route: Route; period: Period }) {
  const setParams = useSetParams();
  const ever = useQuery({
    queryKey: ['overview', 'ever'],
    queryFn: () => get<{ total_requests: number }>('/api/stats'),
  });
  const isFiltered = route.params.has('filter');
  if (ever.data === undefined) return null;
  if (ever.data.total_requests === 0) {
    return (
      <div className="min-h-0 flex-1 overflow-auto px-4 py-6">
        <h2 className="text-title font-semibold">No calls yet</h2>
        <p className="mb-4 max-w-[76ch] text-muted">
          Point a program at llm-proxy in one of these ways. Numbers appear here with its first call.
        </p>
        <SetupCards />
      </div>
    );
  }
  const { since } = boundsOf(period, Date.now());
  return (
    <Empty title={isFiltered ? 'No call matches' : `No calls${within(period)}`}>
      <div className="flex gap-2 pt-2">
        {isFiltered && <Button onClick={() => setParams({ filter: null })}>Clear filter</Button>}
        {since !== null && (
          <Button onClick={() => setParams({ range: 'all', since: null, until: null })}>Show all time</Button>
        )}
      </div>
    </Empty>
  );
}

/** A key that moves with each render would be asked for with each render. */
function quantized({ since, until }: { since: string; until: string }): { since: string; until: string } {
  return { since: `${since.slice(0, 15)}0:00Z`, until: `${until.slice(0, 15)}0:00Z` };
}

/** A model's key is `provider/model`. */
function keyFilter(by: SumFilterName, key: string | null): Partial<Record<SumFilterName, string>> {
  if (key === null) return {};
  if (by !== 'model') return { [by]: key };
  const at = key.indexOf('/');
  return { provider: key.slice(0, at), model: key.slice(at + 1) };
}

function named(
  route: Route,
  by: SumFilterName,
  { key }: PeriodGroup,
): { name: string; href: string; provider: string | null } {
  const filter = Object.entries(keyFilter(by, key)).map(([name, value]) => filterText(name, value));
  return {
    name: key === null ? 'not said' : by === 'model' ? key.slice(key.indexOf('/') + 1) : key,
    href: hrefOf(route, 'calls', null, key === null ? {} : { filter: filter.join(' ') }),
    provider: by === 'model' && key !== null ? key.slice(0, key.indexOf('/')) : by === 'provider' ? key : null,
  };
}
