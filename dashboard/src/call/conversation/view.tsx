/** The turns of a call on the screen: a list of which only what is in sight is made. */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Conversation } from '../../api/shapes.ts';
import { useKeys } from '../../keyboard/keys.ts';
import { useScope } from './context.tsx';
import { FindBar } from './find-bar.tsx';
import { PastRow, SettingsRow, SystemRow, ToolsRow } from './head-rows.tsx';
import { markFound, rangesIn } from './marking.ts';
import { type Goal, goals, heightOf, nextPlace, PAST, type Place, type Row, rowsOf } from './rows.ts';
import { TurnView } from './turn.tsx';
import { turnsOf } from './turns.ts';

interface ViewProps {
  conversation: Conversation;
  /** False: the past is not here yet; it comes when it is wanted. */
  isWhole: boolean;
  onWantAll: () => void;
  /** Above the turns and below them: what is to be said about them. */
  before: ReactNode;
  after: ReactNode;
  isRaw: boolean;
  onRaw: (raw: boolean) => void;
  /** Of the region, where there are two of them. */
  label?: string;
}

export function ConversationView(props: ViewProps) {
  const { conversation, isWhole, onWantAll, before, after, isRaw, onRaw, label = 'Conversation' } = props;
  const { folds } = useScope();
  const scroller = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState<string | null>(null);
  const told = useMemo(() => turnsOf(conversation), [conversation]);
  const isPastWanted = folds.isOpen(PAST, false);
  const isPastOpen = isPastWanted && isWhole;
  const wantsAll = !isWhole && (isPastWanted || query !== null);
  useEffect(() => {
    if (wantsAll) onWantAll();
  }, [wantsAll, onWantAll]);
  const rows = useMemo(() => rowsOf(conversation, told, isPastOpen), [conversation, told, isPastOpen]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(rows[index] as Row),
    getItemKey: (index) => (rows[index] as Row).key,
    overscan: 6,
  });
  const goTo = usePlaces(rows, virtual, scroller, query ?? '');
  const jump = (goal: Goal, step: 1 | -1): void => {
    const top = virtual.getVirtualItemForOffset(virtual.scrollOffset ?? 0)?.index ?? 0;
    const place = nextPlace(goals(told, goal), { rows, top, current: goTo.current }, step);
    if (place !== null) goTo.to(place);
  };
  useKeys([
    { keys: 'f', does: 'find in the conversation', where: 'conversation', run: () => setQuery((text) => text ?? '') },
    { keys: 't', does: 'next tool', where: 'conversation', run: () => jump('tool', 1) },
    { keys: 'T', does: 'tool before', where: 'conversation', run: () => jump('tool', -1) },
    { keys: 'e', does: 'next error of a tool', where: 'conversation', run: () => jump('error', 1) },
    { keys: 'E', does: 'open all, or close all', where: 'conversation', run: () => folds.setAll(folds.all !== true) },
    { keys: 'm', does: 'markdown, or the text as it is', where: 'conversation', run: () => onRaw(!isRaw) },
  ]);
  const items = virtual.getVirtualItems();
  useLayoutEffect(() => markFound(scroller.current, query ?? ''));
  return (
    <div className="flex h-full min-h-0 flex-col">
      {query !== null && (
        <FindBar
          conversation={conversation}
          told={told}
          query={query}
          onQuery={setQuery}
          onPlace={goTo.to}
          onClose={() => setQuery(null)}
          isLoading={!isWhole}
        />
      )}
      <div
        ref={scroller}
        tabIndex={0}
        aria-label={label}
        role="region"
        className="@container min-h-0 flex-1 overflow-auto py-2"
      >
        {before}
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, key, start }) => (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              data-row={(rows[index] as Row).key}
              className="absolute top-0 left-0 w-full"
              style={{ transform: `translateY(${start}px)` }}
            >
              <RowView
                row={rows[index] as Row}
                isPastDue={isPastWanted && !isWhole}
                onPast={(open) => folds.set(PAST, open)}
              />
            </div>
          ))}
        </div>
        {after}
      </div>
    </div>
  );
}

interface RowProps {
  row: Row;
  /** The past is on its way. */
  isPastDue: boolean;
  onPast: (open: boolean) => void;
}

function RowView({ row, isPastDue, onPast }: RowProps) {
  switch (row.kind) {
    case 'system':
      return <SystemRow row={row} />;
    case 'tools':
      return <ToolsRow row={row} />;
    case 'settings':
      return <SettingsRow row={row} />;
    case 'past':
      return <PastRow row={row} isDue={isPastDue} onToggle={onPast} />;
    case 'turn':
      return <TurnView turn={row.turn} />;
  }
}

type Virtual = Virtualizer<HTMLDivElement, Element>;

/** Opens what hides a place and brings it into sight. */
function usePlaces(
  rows: readonly Row[],
  virtual: Virtual,
  scroller: React.RefObject<HTMLDivElement | null>,
  query: string,
): { to: (place: Place) => void; current: Place | null } {
  const { folds } = useScope();
  const [place, setPlace] = useState<Place | null>(null);
  // The row may be in the list only when its fold has been opened.
  const due = useRef<Place | null>(null);
  useLayoutEffect(() => {
    const goal = due.current;
    const index = goal === null ? -1 : rows.findIndex(({ key }) => key === goal.row);
    if (goal === null || index === -1) return;
    due.current = null;
    virtual.scrollToIndex(index, { align: 'start' });
    settle(scroller, goal, query, MOST_FRAMES);
  });
  const to = useCallback(
    (next: Place): void => {
      for (const fold of next.folds) folds.set(fold, true);
      due.current = next;
      setPlace(next);
    },
    [folds],
  );
  return { to, current: place };
}

const MOST_FRAMES = 10;
/** Pixels above what was gone to. */
const ABOVE = 48;

/** Rows have their true heights only when they are made: what is looked for may have moved meanwhile. */
function settle(scroller: React.RefObject<HTMLDivElement | null>, place: Place, query: string, frames: number): void {
  requestAnimationFrame(() => {
    const frame = scroller.current;
    if (frame === null || frames === 0) return;
    const row = frame.querySelector<HTMLElement>(`[data-row="${place.row}"]`);
    const block = row?.querySelector<HTMLElement>(`[data-block="${place.folds.at(-1)}"]`) ?? row;
    if (block === null) {
      settle(scroller, place, query, frames - 1);
      return;
    }
    const goal = rangesIn(block, query, 1)[0] ?? block;
    frame.scrollTop += goal.getBoundingClientRect().top - frame.getBoundingClientRect().top - ABOVE;
    // Who is looking for words goes on typing them.
    if (query === '') block.querySelector('summary')?.focus({ preventScroll: true });
    if (frames > MOST_FRAMES - 3) settle(scroller, place, query, frames - 1);
  });
}
