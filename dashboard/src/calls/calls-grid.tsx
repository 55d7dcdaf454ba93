import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useState } from 'react';
import { whole } from '../format/numbers.ts';
import { Grid, type GridHandle, type Sort } from '../kit/grid.tsx';
import { Loading } from '../kit/states.tsx';
import type { Route } from '../url/route.ts';
import type { CallList } from './call-list.ts';
import { Titles } from './columns.tsx';
import { NoAnswer } from './empty.tsx';
import { fitting, moved, resized } from './layout.ts';
import { useWidth } from './use-width.ts';
import { ListEnd } from './list-end.tsx';
import type { Listed } from './listed.ts';
import { NARROW_COLUMNS, NARROW_HEIGHT, useIsNarrow } from './narrow.tsx';
import { keyOf, type Row, ShownRows } from './rows.ts';
import type { Selection } from './selection.ts';
import { Snippet } from './snippet.tsx';
import type { LiveList } from './use-call-list.ts';
import type { useLayout } from './use-layout.ts';
import { useRunningRows } from './use-running.ts';

/** With one of these in the address calls under way may not belong here. */
const NARROWED = ['filter', 'until', 'sort'];
const ROW = 32;
const SNIPPET = 16;
const MARKED = 'outline-1 -outline-offset-1 outline-accent outline-dashed';

interface CallsGridProps {
  route: Route;
  live: LiveList;
  layout: ReturnType<typeof useLayout>;
  selection: Selection;
  grid: RefObject<GridHandle | null>;
  /** Id of the call that is marked for a comparison. */
  marked: string | null;
  sort: Sort;
  onOpen: (id: string) => void;
  /** Stands here when there is no row. */
  empty: ReactNode;
}

export function CallsGrid({ route, live, layout, selection, grid, marked, sort, onOpen, empty }: CallsGridProps) {
  const { list, version, isStale } = live;
  const [isAtTop, setAtTop] = useState(true);
  // Who has opened or picked something looks at it: it stays where it is.
  const follows = isAtTop && route.id === null && selection.ids.size === 0;
  const top = useRunningRows(
    follows,
    NARROWED.every((name) => !route.params.has(name)),
    list,
  );
  const memory = useMemo(() => new WeakMap<Listed, Row>(), []);
  const rows = useMemo(() => new ShownRows(top, list, memory, version), [top, list, memory, version]);
  useEffect(() => list.follow(follows), [list, follows]);
  const inSight = useCallback(
    (first: number, last: number) => list.want(first - rows.above, last - rows.above),
    [list, rows.above],
  );
  const rowClass = useCallback((row: Row) => (keyOf(row) === marked ? MARKED : ''), [marked]);
  const [room, measured] = useWidth();
  const look = useLook(list, layout, route.id === null ? null : room);
  if (!list.ready) return <NotReady list={list} />;
  if (rows.length === 0 && !list.hasMore && list.error === null) return empty;
  const showNew = (): void => {
    list.showWaiting();
    grid.current?.scrollToTop();
  };
  return (
    <Titles value={list.titles}>
      <div ref={measured} aria-busy={isStale} className="relative flex min-h-0 flex-1 flex-col">
        <NewCalls count={list.waiting} onShow={showNew} />
        <Grid
          {...look}
          label="Calls"
          where="calls"
          handle={grid}
          rows={rows}
          keyOf={keyOf}
          indexOf={rows.indexOf}
          open={route.id}
          onOpen={(row) => onOpen(keyOf(row))}
          hasMore={list.hasMore}
          onRange={inSight}
          onAtTop={setAtTop}
          sort={sort}
          selected={selection.ids}
          onSelect={(row, range) => row.call !== null && selection.pick(row, range, rows)}
          rowClass={rowClass}
          footer={<ListEnd list={list} />}
        />
      </div>
    </Titles>
  );
}

function NotReady({ list }: { list: CallList }) {
  if (list.error === null) return <Loading what="calls" />;
  return <NoAnswer error={list.error} onRetry={() => list.reload()} />;
}

/** One line for a call, two on a phone, and one more where words were looked for. */
function useLook(list: CallList, { layout, columns, change }: ReturnType<typeof useLayout>, room: number | null) {
  // Beside an open call there is no room to scroll sideways for the cost.
  const shown = useMemo(() => (room === null ? columns : fitting(columns, room)), [columns, room]);
  const isNarrow = useIsNarrow();
  const texts = list.hasTexts ? { under } : {};
  if (isNarrow) {
    return {
      columns: NARROW_COLUMNS,
      headless: true,
      rowHeight: NARROW_HEIGHT + (list.hasTexts ? SNIPPET : 0),
      ...texts,
    };
  }
  return {
    columns: shown,
    rowHeight: ROW + (list.hasTexts ? SNIPPET : 0),
    onResize: (id: string, width: number) => change(resized(layout, id, width)),
    onMove: (id: string, before: string | null) => change(moved(layout, id, before)),
    ...texts,
  };
}

function under(row: Row): ReactNode {
  return row.call === null || row.text === null ? null : <Snippet text={row.text} />;
}

/** What came while the reader was elsewhere. */
function NewCalls({ count, onShow }: { count: number; onShow: () => void }) {
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={onShow}
      className="absolute top-9 left-1/2 z-20 -translate-x-1/2 rounded-full border border-accent bg-surface px-3 py-0.5 text-sm text-accent shadow-float"
    >
      ↑ {whole(count)} new
    </button>
  );
}
