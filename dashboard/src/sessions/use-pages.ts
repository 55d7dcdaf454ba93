/** A list in pages that is asked anew when calls end, and holds still while the reader is in the middle of it. */
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { get, type Query } from '../api/client.ts';
import { useRefresh } from '../api/use-live.ts';

const REFRESH_MS = 2000;

type Page<Row> = { next_cursor: string | null } & Record<string, Row[]>;

export interface Pages<Row> {
  rows: readonly Row[];
  isPending: boolean;
  /** They are of the question before: the answer is awaited. */
  isStale: boolean;
  error: unknown;
  hasMore: boolean;
  more: () => void;
  refetch: () => void;
  /** Calls ended that are not in what is shown. */
  isBehind: boolean;
  setAtTop: (atTop: boolean) => void;
}

/** @param member of the answer: its rows */
export function usePages<Row>(path: string, query: Query, member: string): Pages<Row> {
  const client = useQueryClient();
  const queryKey = ['pages', path, query];
  const list = useInfiniteQuery<Page<Row>, Error, InfiniteData<Page<Row>>, unknown[], string | null>({
    queryKey,
    queryFn: ({ pageParam, signal }) => get<Page<Row>>(path, { ...query, cursor: pageParam }, signal),
    initialPageParam: null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const { data, fetchNextPage, hasNextPage, isFetching, isFetchingNextPage, refetch } = list;
  const rows = useMemo(() => data?.pages.flatMap((page) => page[member] ?? []) ?? [], [data, member]);
  const isAtTop = useRef(true);
  const [isBehind, setBehind] = useState(false);
  const settled = useRefresh({
    everyMs: REFRESH_MS,
    ask: () => {
      setBehind(!isAtTop.current);
      if (!isAtTop.current || isFetching) return false;
      // All pages that are held are asked for again: of those far below nobody looks at any.
      client.setQueryData<InfiniteData<Page<Row>>>(
        queryKey,
        (held) => held && { pages: held.pages.slice(0, 1), pageParams: held.pageParams.slice(0, 1) },
      );
      void refetch();
      return true;
    },
  });
  const refresh = (): void => {
    settled();
    setBehind(false);
    void refetch();
  };
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const setAtTop = useCallback((atTop: boolean) => {
    isAtTop.current = atTop;
  }, []);
  return {
    rows,
    isPending: list.isPending,
    isStale: list.isPlaceholderData,
    error: list.error,
    hasMore: hasNextPage,
    more,
    refetch: refresh,
    isBehind,
    setAtTop,
  };
}
