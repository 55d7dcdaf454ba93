/** Conversations by day, the one with the latest call first. */
import type { ListedSession } from '../api/shapes.ts';
import { compact, percent, whole } from '../format/numbers.ts';
import { Money } from '../kit/amounts.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import type { Column } from '../kit/grid.tsx';
import { Empty } from '../kit/states.tsx';
import { TokenBar } from '../kit/token-bar.tsx';
import { periodOf } from '../url/range.ts';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';
import { DayList } from './day-list.tsx';
import { isActive, Span } from './figures.tsx';
import { sessionFilterOf } from './filter.ts';
import { ListFilter } from './list-filter.tsx';
import { useNarrow } from '../kit/use-narrow.ts';
import { usePages } from './use-pages.ts';

const PAGE = 100;

export function SessionListView({ route }: { route: Route }) {
  const period = periodOf(route.params);
  const filter = route.params.get('filter') ?? '';
  const { provider, client, words } = sessionFilterOf(filter);
  const isAll = route.params.has('subagents');
  const list = usePages<ListedSession>(
    '/api/sessions',
    { limit: PAGE, since: period.since, until: period.until, provider, client, q: words, top: isAll ? null : 1 },
    'sessions',
  );
  const isNarrow = useNarrow();
  return (
    <>
      <ListFilter route={route} filter={filter} />
      <DayList
        list={list}
        label="Sessions"
        where="sessions"
        columns={isNarrow ? NARROW : WIDE}
        headless={isNarrow}
        keyOf={(row) => row.id}
        timeOf={lastCallAt}
        onOpen={(row) => goTo(hrefOf(route, 'sessions', row.id))}
        empty={<NoSessions route={route} label={period.label} isFiltered={filter !== ''} />}
      />
    </>
  );
}

const lastCallAt = ({ last_call_at: at }: ListedSession): string => at;

function NoSessions({ route, label, isFiltered }: { route: Route; label: string; isFiltered: boolean }) {
  return (
    <Empty title={isFiltered ? 'No session matches' : `No sessions in the ${label}`}>
      <p>
        A session is one conversation: of a client that names it, or found by what its calls repeat.{' '}
        <a
          className="text-accent underline underline-offset-2"
          href={hrefOf(route, 'sessions', null, { range: 'all', since: null, until: null, filter: null })}
        >
          Show all of all time
        </a>
      </p>
    </Empty>
  );
}

function Title({ row }: { row: ListedSession }) {
  const about = [row.client, row.agent, row.customer_id, ...row.models].filter((word) => word !== null);
  return (
    <span className="flex min-w-0 flex-col">
      <span className="flex min-w-0 items-center gap-1.5">
        <ProviderDot provider={row.provider} />
        <bdi className="truncate" title={row.title ?? row.id}>
          {row.title ?? <span className="font-mono text-sm text-muted">{row.client_session_id ?? row.id}</span>}
        </bdi>
      </span>
      <span className="truncate pl-3.5 text-sm text-muted">
        {row.parent_session_id !== null && 'sub-agent · '}
        <bdi>{about.join(' · ')}</bdi>
      </span>
    </span>
  );
}

/** Of the session and of all below it. */
function sumWithBelow(row: ListedSession, name: 'calls' | 'errors' | 'input_tokens' | 'output_tokens'): number {
  return row[name] + (row.below?.[name] ?? 0);
}

function Cost({ row }: { row: ListedSession }) {
  const { below } = row;
  return (
    <Money amount={row.cost_usd + (below?.cost_usd ?? 0)} missing={row.unpriced_calls + (below?.unpriced_calls ?? 0)} />
  );
}

function Lines({ first, second }: { first: React.ReactNode; second: React.ReactNode }) {
  return (
    <span className="flex flex-col">
      <span>{first}</span>
      <span className="text-sm text-muted">{second}</span>
    </span>
  );
}

function Bar({ row, width }: { row: ListedSession; width: number }) {
  const { below } = row;
  const sum = (
    name: 'input_tokens' | 'output_tokens' | 'cache_read_tokens' | 'cache_write_tokens' | 'reasoning_tokens',
  ) => row[name] + (below?.[name] ?? 0);
  const [cacheRead, cacheWrite, reasoning] = [
    sum('cache_read_tokens'),
    sum('cache_write_tokens'),
    sum('reasoning_tokens'),
  ];
  const classes = {
    input: Math.max(0, sum('input_tokens') - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: Math.max(0, sum('output_tokens') - reasoning),
    reasoning,
  };
  return <TokenBar classes={classes} width={width} />;
}

function Errors({ row }: { row: ListedSession }) {
  const failed = sumWithBelow(row, 'errors');
  return failed === 0 ? <span className="text-faint">0</span> : <span className="text-bad">{whole(failed)}</span>;
}

const WIDE: readonly Column<ListedSession>[] = [
  { id: 'title', title: 'Session', width: 'minmax(220px, 1fr)', cell: (row) => <Title row={row} /> },
  {
    id: 'time',
    title: 'Start and length',
    width: '132px',
    cell: (row) => {
      const now = new Date();
      return (
        <Span start={row.started_at} end={row.last_call_at} isActive={isActive(row.last_call_at, now)} now={now} />
      );
    },
  },
  {
    id: 'calls',
    title: 'Calls',
    width: '92px',
    align: 'end',
    cell: (row) => (
      <Lines
        first={whole(sumWithBelow(row, 'calls'))}
        second={
          row.below === null ? '' : `${whole(row.below.sessions)} sub-agent${row.below.sessions === 1 ? '' : 's'}`
        }
      />
    ),
  },
  {
    id: 'messages',
    title: 'Messages',
    hint: 'in the latest request',
    width: '72px',
    align: 'end',
    cell: (row) => (row.messages === null ? <span className="text-faint">?</span> : whole(row.messages)),
  },
  {
    id: 'tokens',
    title: 'Tokens in, out',
    width: '116px',
    align: 'end',
    cell: (row) => (
      <Lines
        first={`${compact(sumWithBelow(row, 'input_tokens'))} · ${compact(sumWithBelow(row, 'output_tokens'))}`}
        second={<Bar row={row} width={92} />}
      />
    ),
  },
  {
    id: 'cache',
    title: 'Cached',
    hint: 'share of the input that was read from the provider’s cache',
    width: '60px',
    align: 'end',
    cell: (row) => percent(row.cache_read_tokens, row.input_tokens),
  },
  { id: 'errors', title: 'Failed', width: '52px', align: 'end', cell: (row) => <Errors row={row} /> },
  { id: 'cost', title: 'Cost', width: '96px', align: 'end', cell: (row) => <Cost row={row} /> },
];

function callsText(calls: number): string {
  return `${whole(calls)} ${calls === 1 ? 'call' : 'calls'}`;
}

const NARROW: readonly Column<ListedSession>[] = [
  { id: 'title', title: 'Session', width: 'minmax(0px, 1fr)', cell: (row) => <Title row={row} /> },
  {
    id: 'cost',
    title: 'Cost',
    width: '84px',
    align: 'end',
    cell: (row) => <Lines first={<Cost row={row} />} second={callsText(sumWithBelow(row, 'calls'))} />,
  },
];
