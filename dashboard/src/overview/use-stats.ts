import { keepPreviousData, useQueries, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useReducer } from 'react';
import type { SessionList } from '../../../src/admin/sessions.ts';
import { get, type Query } from '../api/client.ts';
import type { PeriodStats } from '../api/shapes.ts';
import { useRefresh } from '../api/use-live.ts';
import type { Period } from '../url/range.ts';

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** A period that ends now moves on where no call ends as well. */
const MOVES_MS = 60_000;
/** The page does not shimmer while calls come in. */
const REFRESH_MS = 3000;
const DEAREST = 10;
const OVERVIEW = { queryKey: ['overview'] };

/** Totals of a period. */
export function useStats(query: Query): UseQueryResult<PeriodStats> {
  return useQuery({
    queryKey: ['overview', query],
    queryFn: ({ signal }) => get<PeriodStats>('/api/stats', { zone: ZONE, ...query }, signal),
  });
}

/** Of a period that moves with the clock: what was shown stays until the next answer is there. Null = of none. */
export function useEarlierStats(query: Query | null): { stats: PeriodStats | undefined; isSettled: boolean } {
  const { data, isPending, isPlaceholderData } = useQuery({
    queryKey: ['overview', query],
    queryFn: ({ signal }) => get<PeriodStats>('/api/stats', { zone: ZONE, ...query }, signal),
    enabled: query !== null,
    placeholderData: keepPreviousData,
  });
  return { stats: data, isSettled: query === null || !(isPending || isPlaceholderData) };
}

/** The sessions that cost most, the dearest first. */
export function useDearestSessions(period: Period): UseQueryResult<SessionList> {
  const { since, until } = period;
  return useQuery({
    queryKey: ['overview', 'dearest', since, until],
    queryFn: ({ signal }) => get<SessionList>('/api/sessions', { order: 'cost', limit: DEAREST, since, until }, signal),
  });
}

/** One answer for each question, in their order; those that have not come are undefined. */
export function useManyStats(queries: readonly Query[]): { all: (PeriodStats | undefined)[]; isSettled: boolean } {
  return useQueries({
    queries: queries.map((query) => ({
      queryKey: ['overview', query],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<PeriodStats>('/api/stats', { zone: ZONE, ...query }, signal),
    })),
    combine: (results) => ({
      all: results.map(({ data }) => data),
      isSettled: results.every(({ isPending }) => !isPending),
    }),
  });
}

/** Asks again after calls have ended, at most every three seconds, and with each minute. */
export function useFreshNumbers(): void {
  const client = useQueryClient();
  const [, move] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      move();
      void client.invalidateQueries(OVERVIEW, { cancelRefetch: false });
    }, MOVES_MS);
    return () => clearInterval(timer);
  }, [client]);
  useRefresh({
    everyMs: REFRESH_MS,
    ask: () => {
      if (client.isFetching(OVERVIEW) > 0) return false;
      void client.invalidateQueries(OVERVIEW);
      return true;
    },
  });
}
