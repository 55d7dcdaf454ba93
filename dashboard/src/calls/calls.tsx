import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { CallProps } from '../call/call.tsx';
import { useKeys } from '../keyboard/keys.ts';
import { Button } from '../kit/button.tsx';
import type { GridHandle, Sort } from '../kit/grid.tsx';
import { Later, useLater } from '../kit/later.tsx';
import { Split } from '../kit/split.tsx';
import { Loading } from '../kit/states.tsx';
import type { Period } from '../url/range.ts';
import { formatRoute, type ParamChange, type Route } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { BulkBar } from './bulk-bar.tsx';
import type { CallList } from './call-list.ts';
import { CallsGrid } from './calls-grid.tsx';
import { ColumnChooser } from './column-chooser.tsx';
import { useCompareMark } from './compare-mark.ts';
import { NoCalls } from './empty.tsx';
import { FacetsPanel, useFacets, valuesOf } from './facets.tsx';
import { FilterLine } from './filter-line.tsx';
import { askedIn } from './first-page.ts';
import { useSelection } from './selection.ts';
import { StatusLine } from './status-line.tsx';
import { useCallList } from './use-call-list.ts';
import { useKept } from './use-kept.ts';
import { useLayout } from './use-layout.ts';
import { ViewsDialog } from './views-dialog.tsx';

type Dialog = 'columns' | 'views' | null;

/** Every call, newest first; what is typed above it narrows it. */
export function Calls({ route }: { route: Route }) {
  const asked = askedIn(route.params);
  const { period, filter } = asked;
  const live = useCallList(asked);
  const layout = useLayout();
  const selection = useSelection();
  const grid = useRef<GridHandle>(null);
  const [dialog, ask] = useState<Dialog>(null);
  const [hasFacets, setFacets] = useKept('llm-proxy.facets', window.innerWidth >= WIDE_PX);
  const setParams = useSetParams();
  const setFilter = (next: string, done = true): void => setParams({ filter: next }, !done);
  const sort = useSort(asked.sort, setParams);
  const compare = useCompareMark(route, () => route.id ?? grid.current?.active() ?? null);
  const hasSelection = selection.ids.size > 0 && route.id === null;
  useKeys(
    hasSelection ? [{ keys: 'Escape', does: 'select nothing', where: 'calls', run: () => selection.clear() }] : [],
  );
  const { list } = live;
  const isThere = list.ready || list.error !== null;
  useEffect(() => {
    // So that it opens at once. What is on its way to the screen goes before.
    if (isThere) setTimeout(() => void CALL.load(), CALL_AFTER_MS);
  }, [isThere]);
  const empty = <NoCalls period={period} filter={filter} ignored={list.ignored} behind={list.behind} />;
  return (
    <Split
      list={
        <>
          <Bar
            {...{ period, filter, hasFacets, list }}
            isStale={live.isStale}
            onFilter={setFilter}
            onFacets={() => setFacets(!hasFacets)}
            onViews={() => ask('views')}
          />
          <div className="flex min-h-0 flex-1">
            {hasFacets && route.id === null && <FacetsPanel period={period} filter={filter} onChange={setFilter} />}
            <div className="flex min-w-0 flex-1 flex-col">
              <CallsGrid
                {...{ route, live, layout, selection, grid, empty }}
                marked={compare.marked}
                sort={sort}
                onOpen={(id) => goTo(formatRoute({ ...route, id }), route.id !== null)}
              />
            </div>
          </div>
          {compare.marked !== null && <Marked onClear={compare.unmark} />}
          {selection.ids.size > 0 ? (
            <BulkBar route={route} selection={selection} />
          ) : (
            <StatusLine period={period} filter={filter} list={list} onColumns={() => ask('columns')} />
          )}
          {dialog === 'columns' && (
            <ColumnChooser layout={layout.layout} onChange={layout.change} onClose={() => ask(null)} />
          )}
          {dialog === 'views' && <ViewsDialog route={route} onClose={() => ask(null)} />}
        </>
      }
      detail={
        route.id === null ? null : <OpenCall route={route} id={route.id} beside={besideOf(live.list, route.id)} />
      }
    />
  );
}

const CALL_AFTER_MS = 200;
/** Half of the page's scripts: rows come first. */
const CALL = new Later<CallProps>(async () => (await import('../call/call.tsx')).Call);

function OpenCall(props: CallProps) {
  return useLater(CALL, props) ?? <Coming route={props.route} />;
}

/** What cannot be seen yet can be closed. */
function Coming({ route }: { route: Route }) {
  const close = (): void => goTo(formatRoute({ ...route, id: null }));
  useKeys([{ keys: 'Escape', does: 'close the call', where: 'call', run: close }]);
  return <Loading what="the call" />;
}

/** The dearest first, or the newest. */
function useSort(sort: 'cost' | null, setParams: (change: ParamChange) => void): Sort {
  const toggle = (): void => setParams({ sort: sort === null ? 'cost' : null });
  useKeys([{ keys: '$', does: 'the dearest calls first, or the newest', where: 'calls', run: toggle }]);
  return { column: 'cost', isOn: sort !== null, toggle };
}

/** From here on there is room for the facets beside the list. */
const WIDE_PX = 1440;

interface BarProps {
  period: Period;
  filter: string;
  hasFacets: boolean;
  list: CallList;
  isStale: boolean;
  onFilter: (filter: string, done: boolean) => void;
  onFacets: () => void;
  onViews: () => void;
}

function Bar({ period, filter, hasFacets, list, isStale, onFilter, onFacets, onViews }: BarProps) {
  const [wasFocused, setFocused] = useState(false);
  const known = useFacets(period, '', wasFocused);
  return (
    <div className="flex shrink-0 items-start gap-2 border-b border-line bg-surface px-3 py-1.5">
      <Button aria-pressed={hasFacets} onClick={onFacets} className="mt-px aria-pressed:bg-raised max-md:hidden">
        Facets
      </Button>
      <FilterLine
        filter={filter}
        onChange={onFilter}
        onFocus={() => setFocused(true)}
        busy={isStale || (filter !== '' && list.isLoading)}
        values={(name) => valuesOf(known.data, name)}
      />
      <Button onClick={onViews} className="mt-px">
        Views
      </Button>
    </div>
  );
}

function Marked({ onClear }: { onClear: () => void }): ReactNode {
  return (
    <p role="status" className="flex shrink-0 items-center gap-2 border-t border-line bg-raised px-3 py-0.5 text-sm">
      One call is marked. Mark another one with <kbd className="font-mono">c</kbd> to compare them.
      <Button look="quiet" onClick={onClear} className="ml-auto">
        Unmark
      </Button>
    </p>
  );
}

/** What stands above and below it in the list. */
function besideOf(list: CallList, id: string): { previous: string | null; next: string | null } {
  const index = list.indexOf(id);
  if (index < 0) return { previous: null, next: null };
  return { previous: list.at(index - 1)?.call.id ?? null, next: list.at(index + 1)?.call.id ?? null };
}
