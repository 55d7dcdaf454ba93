import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { get } from '../api/client.ts';
import type { PeriodGroup, PeriodStats } from '../api/shapes.ts';
import { percent, usd, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Money, TokenSum } from '../kit/amounts.tsx';
import { Sparkline } from './sparkline.tsx';

type Row = PeriodGroup | null;

interface Figure {
  name: string;
  figure: ReactNode;
  note: string | null;
  /** By which it is compared with the period before; `null` = there was nothing. */
  value: (stats: PeriodStats) => number | null;
  at: (row: PeriodGroup) => number | null;
}

function figuresOf(now: PeriodStats): Figure[] {
  const { estimated } = now;
  const of = { ...now, requests: now.total_requests };
  // Calls that do not stream have no first token.
  const speed = now.ttft_ms.p50 === null ? 'duration_ms' : 'ttft_ms';
  const { p50, p95 } = now[speed];
  return [
    {
      name: 'Spend',
      figure: <Money amount={now.cost_usd} missing={now.unpriced_calls} of={of} />,
      note: estimated.cost_usd > 0 ? `and ~${usd(estimated.cost_usd)} estimated` : null,
      value: (stats) => stats.cost_usd,
      at: (row) => row.cost_usd,
    },
    {
      name: 'Calls',
      figure: whole(now.total_requests),
      note: now.retries > 0 ? `${whole(now.retries)} of them retries` : null,
      value: (stats) => stats.total_requests,
      at: (row) => row.requests,
    },
    {
      name: 'Tokens in',
      figure: <TokenSum value={now.input_tokens} of={of} />,
      note: `${percent(now.cache_read_tokens, now.input_tokens)} read from cache`,
      value: (stats) => stats.input_tokens,
      at: (row) => row.input_tokens,
    },
    {
      name: 'Tokens out',
      figure: <TokenSum value={now.output_tokens} of={of} />,
      note: now.reasoning_tokens > 0 ? `${percent(now.reasoning_tokens, now.output_tokens)} reasoning` : null,
      value: (stats) => stats.output_tokens,
      at: (row) => row.output_tokens,
    },
    {
      name: speed === 'ttft_ms' ? 'First token, p50' : 'Duration, p50',
      figure: p50 === null ? '–' : duration(p50),
      note: p95 === null ? null : `p95 ${duration(p95)}`,
      value: (stats) => stats[speed].p50,
      at: (row) => row[speed].p50,
    },
    {
      name: 'Errors',
      figure: percent(now.errors, now.total_requests),
      note: now.errors > 0 ? `${whole(now.errors)} calls` : null,
      value: (stats) => (stats.total_requests === 0 ? null : stats.errors / stats.total_requests),
      at: (row) => (row.requests === 0 ? null : row.errors / row.requests),
    },
  ];
}

/** The few numbers that say how things are, against the period before. */
export function Kpis({
  now,
  before,
  over,
}: {
  now: PeriodStats;
  before: PeriodStats | undefined;
  over: readonly Row[];
}) {
  return (
    <dl className="grid grid-cols-2 gap-y-3 border-b border-line bg-surface px-4 py-3 sm:grid-cols-4 xl:grid-cols-7">
      {figuresOf(now).map(({ name, figure, note, value, at }) => (
        <Kpi
          key={name}
          name={name}
          figure={figure}
          note={note}
          change={before === undefined ? null : changeOf(value(now), value(before))}
          values={over.map((row) => (row === null ? null : at(row)))}
        />
      ))}
      <ActiveSessions />
    </dl>
  );
}

function Kpi({
  name,
  figure,
  note,
  change,
  values,
}: {
  name: string;
  figure: ReactNode;
  note: string | null;
  change: string | null;
  values: readonly (number | null)[];
}) {
  return (
    <div className="min-w-0 pr-2 xl:border-l xl:border-line xl:pl-3 xl:first:border-l-0 xl:first:pl-0">
      <dt className="text-sm text-muted">{name}</dt>
      <dd>
        <span className="block text-figure whitespace-nowrap">{figure}</span>
        <span className="block min-h-4 text-sm text-muted">{note}</span>
        <span className="flex items-center gap-2 text-sm text-muted">
          <Sparkline values={values} />
          {change !== null && <span title="against the period before">{change}</span>}
        </span>
      </dd>
    </div>
  );
}

/** Sessions with a call in the last ten minutes: what the daemon itself takes for running. */
function ActiveSessions() {
  const sessions = useQuery({
    queryKey: ['overview', 'active'],
    queryFn: () =>
      get<{ sessions: unknown[]; next_cursor: string | null }>('/api/sessions', { since: '10m', limit: 100 }),
  });
  const count = sessions.data?.sessions.length;
  return (
    <Kpi
      name="Active sessions"
      figure={count === undefined ? '–' : `${count}${sessions.data?.next_cursor === null ? '' : '+'}`}
      note="a call in the last 10 min"
      change={null}
      values={[]}
    />
  );
}

/** `▲ 12 %`; null where there is nothing to compare with. */
function changeOf(now: number | null, before: number | null): string | null {
  if (now === null || before === null || before === 0) return null;
  const change = (100 * (now - before)) / before;
  if (Math.abs(change) < 0.5) return '±0 %';
  // Next to nothing before: a factor says nothing.
  if (change > 10_000) return null;
  const text = change >= 1000 ? `${Math.round(now / before)}×` : `${Math.round(Math.abs(change))} %`;
  return `${change > 0 ? '▲' : '▼'} ${text}`;
}
