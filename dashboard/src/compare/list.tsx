/** All comparisons of the period, and what they come to. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { get } from '../api/client.ts';
import { useEndedCalls, useRefresh } from '../api/use-live.ts';
import { Button } from '../kit/button.tsx';
import { Grid } from '../kit/grid.tsx';
import { Empty, Failure, Loading } from '../kit/states.tsx';
import { periodOf } from '../url/range.ts';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { COLUMNS } from './columns.tsx';
import { HowToCompare } from './how-to.tsx';
import { ScoreBoard } from './score-board.tsx';
import type { Comparison, ComparisonPage, ComparisonReport } from './shapes.ts';

const REFRESH_MS = 1000;

export function ComparisonList({ route }: { route: Route }) {
  const period = periodOf(route.params);
  const span = { since: period.since, until: period.until };
  const list = useInfiniteQuery({
    queryKey: ['compare', span],
    queryFn: ({ pageParam, signal }) =>
      get<ComparisonPage>('/api/compare', { limit: 100, ...span, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const report = useQuery({
    queryKey: ['compare', 'report', span],
    queryFn: ({ signal }) => get<ComparisonReport>('/api/compare/report', span, signal),
  });
  const pairs = useMemo(() => list.data?.pages.flatMap((page) => page.pairs) ?? [], [list.data]);
  const fresh = useFresh(pairs.length === 0, () => {
    void list.refetch();
    void report.refetch();
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  if (list.isPending) return <Loading what="comparisons" />;
  if (list.isLoadingError) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  if (pairs.length === 0) return <Nothing route={route} label={period.label} />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {report.data !== undefined && <ScoreBoard report={report.data} />}
      {fresh.count > 0 && (
        <p className="border-b border-line px-3 py-1">
          <Button onClick={fresh.show}>
            {fresh.count} new {fresh.count === 1 ? 'comparison' : 'comparisons'}
          </Button>
        </p>
      )}
      <Grid
        label="Comparisons"
        where="comparisons"
        columns={COLUMNS}
        rows={pairs}
        keyOf={(pair) => pair.shadow.id}
        open={null}
        onOpen={(pair) => goTo(hrefOfPair(route, pair))}
        hasMore={hasNextPage}
        onNearEnd={more}
      />
    </div>
  );
}

export function hrefOfPair(route: Route, { primary, shadow }: Comparison): string {
  // What is left of a pair is a call like any other.
  if (primary === null) return hrefOf(route, 'calls', shadow.id);
  return hrefOf(route, 'compare', null, { a: primary.id, b: shadow.id });
}

/** Comparisons that ended while the reader looks: they wait, unless there is nothing that could move. */
function useFresh(isEmpty: boolean, reload: () => void): { count: number; show: () => void } {
  const [count, setCount] = useState(0);
  const show = (): void => {
    setCount(0);
    reload();
  };
  useEndedCalls((call) => {
    if (call.leg === 'shadow' && !isEmpty) setCount((before) => before + 1);
  }, show);
  useRefresh({
    everyMs: REFRESH_MS,
    ask: () => {
      // What was asked for a moment ago may not have been stored by then.
      if (isEmpty || count === 0) reload();
      return true;
    },
    wants: ({ leg }) => leg === 'shadow',
  });
  return { count, show };
}

function Nothing({ route, label }: { route: Route; label: string }) {
  const setParams = useSetParams();
  const ever = useQuery({
    queryKey: ['compare', 'ever'],
    queryFn: ({ signal }) => get<ComparisonPage>('/api/compare', { limit: 1 }, signal),
  });
  if (ever.data === undefined) return null;
  if (ever.data.pairs.length > 0) {
    return (
      <Empty title={`No comparisons in the ${label}`}>
        <Button className="mt-2" onClick={() => setParams({ range: 'all', since: null, until: null })}>
          Show all time
        </Button>
      </Empty>
    );
  }
  return <HowToCompare route={route} />;
}
