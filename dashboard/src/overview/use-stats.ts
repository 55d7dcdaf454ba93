import { keepPreviousData, useQueries, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { get, type Query } from '../api/client.ts';
import type { PeriodStats } from '../api/shapes.ts';
import { useEndedCalls } from '../api/use-live.ts';

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** The page does not shimmer while calls come in. */
const REFRESH_MS = 3000;

/** Totals of a period. What was shown stays until the next answer is there. */
export function useStats(query: Query | null): UseQueryResult<PeriodStats> {
  return useQuery({
    queryKey: ['overview', query],
    queryFn: ({ signal }) => get<PeriodStats>('/api/stats', { zone: ZONE, ...query }, signal),
    enabled: query !== null,
    placeholderData: keepPreviousData,
  });
}

/** One answer for each question, in their order; those that have not come are undefined. */
export function useManyStats(queries: readonly Query[]): (PeriodStats | undefined)[] {
  return useQueries({
    queries: queries.map((query) => ({
      queryKey: ['overview', query],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<PeriodStats>('/api/stats', { zone: ZONE, ...query }, signal),
      placeholderData: keepPreviousData,
    })),
    combine: (results) => results.map(({ data }) => data),
  });
}

/** Asks again after calls have ended, at most every three seconds. */
export function useFreshNumbers(): void {
  const client = useQueryClient();
  const isStale = useRef(false);
  const stale = (): void => {
    isStale.current = true;
  };
  useEndedCalls(stale, stale);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!isStale.current || document.hidden) return;
      isStale.current = false;
      void client.invalidateQueries({ queryKey: ['overview'] });
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [client]);
}
