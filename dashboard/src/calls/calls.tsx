import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { get } from '../api/client.ts';
import type { CallPage, CallRecord } from '../api/shapes.ts';
import { Call } from '../call/call.tsx';
import { certaintyOf, modelOf, tokenClasses } from '../format/call.ts';
import { CallCost, Duration, Tokens, When } from '../kit/amounts.tsx';
import { ProviderDot, StatusDot } from '../kit/dots.tsx';
import { type Column, Grid } from '../kit/grid.tsx';
import { Split } from '../kit/split.tsx';
import { Empty, Failure, Loading } from '../kit/states.tsx';
import { TokenBar } from '../kit/token-bar.tsx';
import { periodOf } from '../url/range.ts';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';

const COLUMNS: readonly Column<CallRecord>[] = [
  { id: 'time', title: 'Time', width: '112px', cell: (call) => <When iso={call.started_at} /> },
  { id: 'status', title: '', width: '16px', cell: (call) => <StatusDot call={call} /> },
  {
    id: 'model',
    title: 'Model',
    width: 'minmax(160px, 1fr)',
    cell: (call) => (
      <span className="inline-flex items-center gap-1.5">
        <ProviderDot provider={call.provider} />
        {modelOf(call)}
      </span>
    ),
  },
  {
    id: 'in',
    title: 'In',
    width: '72px',
    align: 'end',
    cell: (call) => <Tokens value={call.usage.input_tokens} certainty={certaintyOf(call)} />,
  },
  {
    id: 'out',
    title: 'Out',
    width: '72px',
    align: 'end',
    cell: (call) => <Tokens value={call.usage.output_tokens} certainty={certaintyOf(call)} />,
  },
  {
    id: 'bar',
    title: '',
    width: '44px',
    cell: (call) => {
      const classes = tokenClasses(call);
      return classes === null ? null : <TokenBar classes={classes} />;
    },
  },
  { id: 'cost', title: 'Cost', width: '88px', align: 'end', cell: (call) => <CallCost call={call} /> },
  { id: 'ttft', title: 'TTFT', width: '72px', align: 'end', cell: (call) => <Duration ms={call.ttft_ms} /> },
  { id: 'total', title: 'Total', width: '72px', align: 'end', cell: (call) => <Duration ms={call.duration_ms} /> },
];

export function Calls({ route }: { route: Route }) {
  const period = periodOf(route.params);
  const filter = route.params.get('filter');
  const list = useInfiniteQuery({
    queryKey: ['calls', period.since, period.until, filter],
    queryFn: ({ pageParam, signal }) =>
      get<CallPage>(
        '/api/calls',
        { limit: 100, since: period.since, until: period.until, q: filter, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const calls = useMemo(() => list.data?.pages.flatMap((page) => page.calls) ?? [], [list.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  if (list.isPending) return <Loading what="calls" />;
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  if (calls.length === 0) return <Empty title={`No calls in the ${period.label}`} />;
  return (
    <Split
      list={
        <Grid
          label="Calls"
          where="list"
          columns={COLUMNS}
          rows={calls}
          keyOf={(call) => call.id}
          open={route.id}
          onOpen={(call) => goTo(hrefOf(route, 'calls', call.id))}
          hasMore={hasNextPage}
          onNearEnd={more}
        />
      }
      detail={route.id === null ? null : <Call route={route} id={route.id} />}
    />
  );
}
