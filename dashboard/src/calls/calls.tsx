import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Call, withoutCall } from '../call/call.tsx';
import { Grid, type GridHandle } from '../kit/grid.tsx';
import { Split } from '../kit/split.tsx';
import { Loading } from '../kit/states.tsx';
import { useKeys } from '../keyboard/keys.ts';
import { periodOf } from '../url/range.ts';
import { formatRoute, type Route } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import type { CallList } from './call-list.ts';
import type { Listed } from './listed.ts';
import { ColumnChooser } from './column-chooser.tsx';
import { Titles } from './columns.tsx';
import { NoAnswer, NoCalls } from './empty.tsx';
import { FilterLine } from './filter-line.tsx';
import { ListEnd } from './list-end.tsx';
import { moved, resized } from './layout.ts';
import { NARROW_COLUMNS, NARROW_HEIGHT, useIsNarrow } from './narrow.tsx';
import { keyOf, type Row, ShownRows } from './rows.ts';
import { Snippet } from './snippet.tsx';
import { StatusLine } from './status-line.tsx';
import { type LiveList, useCallList } from './use-call-list.ts';
import { useLayout } from './use-layout.ts';
import { useRunningRows } from './use-running.ts';

const ROW = 32;
const SNIPPET = 16;

/** Every call, newest first; what is typed above it narrows it. */
export function Calls({ route }: { route: Route }) {
  const period = periodOf(route.params);
  const filter = route.params.get('filter') ?? '';
  const setParams = useSetParams();
  const live = useCallList(period, filter);
  const [asksColumns, setAsksColumns] = useState(false);
  const layout = useLayout();
  const open = (id: string | null): void =>
    goTo(
      formatRoute({ ...route, id, params: id === null ? withoutCall(route.params) : route.params }),
      route.id !== null && id !== null,
    );
  useKeys(route.id === null ? [] : [{ keys: 'Escape', does: 'close the call', where: 'calls', run: () => open(null) }]);
  const { list } = live;
  return (
    <Split
      list={
        <>
          <div className="flex shrink-0 flex-wrap items-start gap-2 border-b border-line bg-surface px-3 py-1.5">
            <FilterLine
              filter={filter}
              onChange={(next, done) => setParams({ filter: next }, !done)}
              busy={live.isStale || (filter !== '' && list.isLoading)}
              values={() => []}
            />
          </div>
          <List
            route={route}
            live={live}
            layout={layout}
            onOpen={open}
            empty={
              <NoCalls route={route} period={period} filter={filter} ignored={list.ignored} behind={list.behind} />
            }
          />
          <StatusLine
            route={route}
            period={period}
            filter={filter}
            list={list}
            onColumns={() => setAsksColumns(true)}
          />
          {asksColumns && (
            <ColumnChooser layout={layout.layout} onChange={layout.change} onClose={() => setAsksColumns(false)} />
          )}
        </>
      }
      detail={route.id === null ? null : <Call route={route} id={route.id} />}
    />
  );
}

interface ListProps {
  route: Route;
  live: LiveList;
  layout: ReturnType<typeof useLayout>;
  onOpen: (id: string) => void;
  empty: React.ReactNode;
}

function List({ route, live, layout, onOpen, empty }: ListProps) {
  const { list, version, isStale } = live;
  const [isAtTop, setAtTop] = useState(true);
  const follows = isAtTop && route.id === null;
  const top = useRunningRows(follows, !route.params.has('filter') && !route.params.has('until'));
  const memory = useMemo(() => new WeakMap<Listed, Row>(), []);
  const rows = useMemo(() => new ShownRows(top, list, memory, version), [top, list, memory, version]);
  const grid = useRef<GridHandle>(null);
  useEffect(() => list.follow(follows), [list, follows]);
  const inSight = useCallback(
    (first: number, last: number) => list.want(first - top.length, last - top.length),
    [list, top.length],
  );
  const look = useLook(list, layout);
  if (!list.ready) return <NotReady list={list} />;
  if (rows.length === 0 && !list.hasMore && list.error === null) return empty;
  const showNew = (): void => {
    list.showWaiting();
    grid.current?.scrollToTop();
  };
  return (
    <Titles value={list.titles}>
      <div aria-busy={isStale} className={`relative flex min-h-0 flex-1 flex-col ${isStale ? 'opacity-60' : ''}`}>
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
function useLook(list: CallList, { layout, columns, change }: ReturnType<typeof useLayout>) {
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
    columns,
    rowHeight: ROW + (list.hasTexts ? SNIPPET : 0),
    onResize: (id: string, width: number) => change(resized(layout, id, width)),
    onMove: (id: string, before: string | null) => change(moved(layout, id, before)),
    ...texts,
  };
}

function under(row: Row): React.ReactNode {
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
      ↑ {count.toLocaleString('en-US')} new
    </button>
  );
}
