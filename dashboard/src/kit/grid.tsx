/** A list of any length: only rows in sight are made, more are asked for as the reader comes near the end. */
import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { type ReactNode, type Ref, type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { type KeyBinding, useKeys } from '../keyboard/keys.ts';
import { GridHeader } from './grid-header.tsx';
import { GridRow } from './grid-row.tsx';
import type { Rows } from './grid-rows.ts';
import { leastWidth } from './grid-width.ts';

export interface Column<Row> {
  id: string;
  title: string;
  /** More about what stands in it, under the pointer. */
  hint?: string;
  /** CSS grid track: `72px`, `minmax(120px, 1fr)`. */
  width: string;
  align?: 'end';
  cell: (row: Row) => ReactNode;
}

export interface GridHandle {
  scrollToTop: () => void;
  /** The row that has the focus of the keys. */
  active: () => string | null;
  /** Goes so many rows on, and opens what is there when one is open. */
  move: (by: number) => void;
}

/** A column by which the rows can be sorted, the most first. */
export interface Sort {
  column: string;
  isOn: boolean;
  toggle: () => void;
}

export interface GridProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: Rows<Row>;
  keyOf: (row: Row) => string;
  /** Where the row with this key is; needed where rows are no array. -1 = it is not held. */
  indexOf?: (key: string) => number;
  /** Key of the row that is open; it is shown as selected. */
  open: string | null;
  onOpen: (row: Row) => void;
  /** There are more behind the last row. */
  hasMore: boolean;
  onNearEnd?: () => void;
  /** Told which rows are in sight. */
  onRange?: (first: number, last: number) => void;
  /** How many there are in all; -1 = not known. */
  total?: number;
  rowHeight?: number;
  /** Told whether the first row is in sight: new rows may go on top then. */
  onAtTop?: (atTop: boolean) => void;
  /** Name in the list of keys. */
  where: string;
  /** Keys of the rows that are selected, where rows can be. `range`: from the one before to this one. */
  selected?: ReadonlySet<string>;
  onSelect?: (row: Row, range: boolean) => void;
  /** A second line under the cells; make `rowHeight` fit. */
  under?: (row: Row) => ReactNode;
  /** What stands above a row: where a group begins. */
  headingOf?: (index: number) => string | null;
  /** A row that is not as sure as the others, e.g. under way. */
  rowClass?: (row: Row) => string;
  /** No line of titles: on a phone. */
  headless?: boolean;
  /** Where columns can be changed. Width in pixels; the column goes before `before` (`null` = to the end). */
  onResize?: (id: string, width: number) => void;
  onMove?: (id: string, before: string | null) => void;
  sort?: Sort;
  /** Behind the last row. */
  footer?: ReactNode;
  handle?: Ref<GridHandle>;
}

/** Pixels. */
const HEADING = 28;
const AHEAD = 20;
const OVERSCAN = 10;

export function Grid<Row>(props: GridProps<Row>) {
  const { rows, keyOf, open, onOpen, rowHeight = 32, onAtTop, headingOf } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => rowHeight + (headingOf?.(index) == null ? 0 : HEADING),
    overscan: OVERSCAN,
    getItemKey: (index) => keyAt(rows, keyOf, index),
    useFlushSync: false,
  });
  // Heights that were noted are of the size before.
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  const items = virtual.getVirtualItems();
  useRange(props, items[0]?.index ?? 0, items.at(-1)?.index ?? 0);
  const [active, activate] = useActive(props);
  const latest = useRef({ onOpen, onSelect: props.onSelect });
  latest.current = { onOpen, onSelect: props.onSelect };

  const goTo = (index: number): void => {
    const at = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows.at(at);
    virtual.scrollToIndex(at);
    if (row === undefined) return;
    activate(keyOf(row), at);
    // A panel beside the list follows the reader.
    if (open !== null) onOpen(row);
  };
  useGridKeys(props, scroller, active, goTo);
  useImperativeHandle(props.handle, () => ({
    scrollToTop: () => scroller.current?.scrollTo({ top: 0 }),
    active: () => active.key,
    move: (by) => goTo(active.index + by),
  }));
  const [pressed] = useState(() => (row: Row, key: string, index: number, event: React.MouseEvent) => {
    activate(key, index);
    const { onSelect, onOpen: opens } = latest.current;
    if (onSelect !== undefined && (event.shiftKey || event.ctrlKey || event.metaKey)) onSelect(row, event.shiftKey);
    else opens(row);
  });
  const isShown = items.some(({ index }) => index === active.index);
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={countOf(props)}
      aria-colcount={props.columns.length}
      aria-multiselectable={props.selected === undefined ? undefined : true}
      tabIndex={0}
      aria-activedescendant={active.key !== null && isShown ? rowId(active.key) : undefined}
      onScroll={(event) => onAtTop?.(event.currentTarget.scrollTop < rowHeight / 2)}
      className="relative min-h-0 flex-1 overflow-auto [overflow-anchor:none] focus-visible:-outline-offset-2"
    >
      <GridBody
        grid={props}
        items={items}
        height={virtual.getTotalSize()}
        active={isShown ? active.key : null}
        onPress={pressed}
      />
      {props.footer !== undefined && (
        <div role="row" className="sticky left-0 w-fit">
          <div role="gridcell">{props.footer}</div>
        </div>
      )}
    </div>
  );
}

/** The line of titles is one of them; -1 = not known. */
function countOf<Row>({ total, hasMore, rows }: GridProps<Row>): number {
  return total ?? (hasMore ? -1 : rows.length + 1);
}

interface GridBodyProps<Row> {
  grid: GridProps<Row>;
  items: readonly VirtualItem[];
  height: number;
  active: string | null;
  onPress: (row: Row, key: string, index: number, event: React.MouseEvent) => void;
}

function GridBody<Row>({ grid, items, height, active, onPress }: GridBodyProps<Row>) {
  const { columns, rows, keyOf, open, selected } = grid;
  const template = columns.map(({ width }) => width).join(' ');
  const minWidth = leastWidth(columns);
  return (
    <>
      {grid.headless !== true && (
        <GridHeader
          sort={grid.sort}
          columns={columns}
          template={template}
          minWidth={minWidth}
          onResize={grid.onResize}
          onMove={grid.onMove}
        />
      )}
      <div role="rowgroup" className="relative" style={{ height, minWidth }}>
        {items.map(({ index, key, start, size }) => {
          const row = rows.at(index);
          const rowKey = row === undefined ? null : keyOf(row);
          return (
            <GridRow
              key={key}
              id={rowKey === null ? undefined : rowId(rowKey)}
              row={row}
              rowKey={rowKey}
              index={index}
              start={start}
              height={size}
              columns={columns}
              template={template}
              under={grid.under}
              heading={grid.headingOf?.(index) ?? null}
              rowClass={grid.rowClass}
              isOpen={rowKey !== null && rowKey === open}
              isActive={rowKey !== null && rowKey === active}
              isSelected={rowKey !== null && selected?.has(rowKey) === true}
              onPress={onPress}
            />
          );
        })}
      </div>
    </>
  );
}

interface Active {
  key: string | null;
  index: number;
}

/** The row of the keys: it stays the same row when others come before it. */
function useActive<Row>({
  rows,
  keyOf,
  indexOf,
  open,
}: GridProps<Row>): [Active, (key: string, index: number) => void] {
  const [active, setActive] = useState<Active>({ key: open, index: -1 });
  const at = rows.at(Math.max(0, active.index));
  let { index } = active;
  if (active.key !== null && (index < 0 || at === undefined || keyOf(at) !== active.key)) {
    const found = indexOf === undefined ? findIndex(rows, keyOf, active.key) : indexOf(active.key);
    if (found >= 0) index = found;
  }
  return [{ key: active.key, index }, (key, place) => setActive({ key, index: place })];
}

function useRange<Row>(props: GridProps<Row>, first: number, last: number): void {
  const { hasMore, rows, onNearEnd, onRange } = props;
  const { length } = rows;
  useEffect(() => {
    if (hasMore && last >= length - AHEAD) onNearEnd?.();
  }, [hasMore, last, length, onNearEnd]);
  useEffect(() => {
    if (length > 0) onRange?.(first, last);
  }, [first, last, length, onRange]);
}

function useGridKeys<Row>(
  { rows, rowHeight = 32, where, onOpen, onSelect }: GridProps<Row>,
  scroller: RefObject<HTMLDivElement | null>,
  active: Active,
  goTo: (index: number) => void,
): void {
  const page = (): number => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowHeight) - 1);
  const move = (keys: string, does: string, to: () => number): KeyBinding => ({
    keys,
    does,
    where,
    run: () => goTo(to()),
  });
  const row = active.index < 0 ? undefined : rows.at(active.index);
  const select: KeyBinding = {
    keys: 'x',
    does: 'select the row, or no longer',
    where,
    run: () => row !== undefined && onSelect?.(row, false),
  };
  useKeys([
    move('j', 'next row', () => active.index + 1),
    move('k', 'row before', () => active.index - 1),
    move('ArrowDown', 'next row', () => active.index + 1),
    move('ArrowUp', 'row before', () => active.index - 1),
    move('PageDown', 'a page down', () => active.index + page()),
    move('PageUp', 'a page up', () => active.index - page()),
    move('Home', 'first row', () => 0),
    move('End', 'last row that is loaded', () => rows.length - 1),
    { keys: 'Enter', does: 'open the row', where, run: (event) => enter(event, row, onOpen) },
    ...(onSelect === undefined ? [] : [select]),
  ]);
}

function enter<Row>(event: KeyboardEvent, row: Row | undefined, onOpen: (row: Row) => void): void {
  // A button or link that has the focus does its own thing.
  if (event.target instanceof HTMLElement && event.target.closest('button, a, summary') !== null) {
    event.target.click();
    return;
  }
  if (row !== undefined) onOpen(row);
}

function keyAt<Row>(rows: Rows<Row>, keyOf: (row: Row) => string, index: number): string | number {
  const row = rows.at(index);
  return row === undefined ? index : keyOf(row);
}

function findIndex<Row>(rows: Rows<Row>, keyOf: (row: Row) => string, key: string): number {
  for (let index = 0; index < rows.length; index += 1) if (keyAt(rows, keyOf, index) === key) return index;
  return -1;
}

function rowId(key: string): string {
  return `row-${key}`;
}
