/** A list of any length: only rows in sight are made, more are asked for as the reader comes near the end. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { type KeyBinding, useKeys } from '../keyboard/keys.ts';

export interface Column<Row> {
  id: string;
  title: string;
  /** CSS grid track: `72px`, `minmax(120px, 1fr)`. */
  width: string;
  align?: 'end';
  cell: (row: Row) => ReactNode;
}

interface GridProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Key of the row that is open; it is shown as selected. */
  open: string | null;
  onOpen: (row: Row) => void;
  /** There are more behind the last row. */
  hasMore: boolean;
  onNearEnd: () => void;
  /** How many there are in all; -1 = not known. */
  total?: number;
  rowHeight?: number;
  /** Told whether the first row is in sight: new rows may go on top then. */
  onAtTop?: (atTop: boolean) => void;
  /** Name in the list of keys. */
  where: string;
}

const AHEAD = 20;

export function Grid<Row>(props: GridProps<Row>) {
  const { columns, rows, keyOf, open, onOpen, hasMore, onNearEnd, rowHeight = 32, onAtTop } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(open);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => keyOf(rows[index] as Row),
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - AHEAD) onNearEnd();
  }, [hasMore, last, rows.length, onNearEnd]);

  const activeIndex = rows.findIndex((row) => keyOf(row) === active);
  useGridKeys(props, scroller, activeIndex, (index) => {
    const row = rows[index];
    if (row === undefined) return;
    setActive(keyOf(row));
    virtual.scrollToIndex(index);
    // A panel beside the list follows the reader.
    if (open !== null) onOpen(row);
  });
  const template = columns.map(({ width }) => width).join(' ');
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.total ?? (hasMore ? -1 : rows.length + 1)}
      aria-colcount={columns.length}
      tabIndex={0}
      aria-activedescendant={activeIndex >= 0 ? rowId(keyOf(rows[activeIndex] as Row)) : undefined}
      onScroll={(event) => onAtTop?.(event.currentTarget.scrollTop < rowHeight / 2)}
      className="relative min-h-0 flex-1 overflow-auto"
    >
      <div
        role="row"
        aria-rowindex={1}
        style={{ gridTemplateColumns: template }}
        className="sticky top-0 z-10 grid h-7 min-w-fit items-center gap-2 border-b border-line bg-surface px-3 text-sm text-muted"
      >
        {columns.map(({ id, title, align }) => (
          <span key={id} role="columnheader" className={`truncate ${align === 'end' ? 'text-right' : ''}`}>
            {title}
          </span>
        ))}
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start, size }) => {
          const row = rows[index] as Row;
          const rowKey = keyOf(row);
          return (
            <div
              key={key}
              id={rowId(rowKey)}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={rowKey === open}
              onClick={() => {
                setActive(rowKey);
                onOpen(row);
              }}
              style={{ gridTemplateColumns: template, transform: `translateY(${start}px)`, height: size }}
              className={`absolute top-0 left-0 grid w-full min-w-fit cursor-pointer items-center gap-2 border-b border-line px-3 hover:bg-raised ${rowKey === open ? 'bg-accent-weak' : ''} ${rowKey === active ? 'shadow-[inset_2px_0_0_var(--accent)]' : ''}`}
            >
              {columns.map(({ id, align, cell }) => (
                <span key={id} role="gridcell" className={`truncate ${align === 'end' ? 'text-right' : ''}`}>
                  {cell(row)}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function useGridKeys<Row>(
  { rows, rowHeight = 32, where, onOpen }: GridProps<Row>,
  scroller: RefObject<HTMLDivElement | null>,
  active: number,
  goTo: (index: number) => void,
): void {
  const page = (): number => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowHeight) - 1);
  const move = (keys: string, does: string, to: () => number): KeyBinding => ({
    keys,
    does,
    where,
    run: () => goTo(Math.max(0, Math.min(rows.length - 1, to()))),
  });
  useKeys([
    move('j', 'next row', () => active + 1),
    move('k', 'row before', () => active - 1),
    move('ArrowDown', 'next row', () => active + 1),
    move('ArrowUp', 'row before', () => active - 1),
    move('PageDown', 'a page down', () => active + page()),
    move('PageUp', 'a page up', () => active - page()),
    move('Home', 'first row', () => 0),
    move('End', 'last row that is loaded', () => rows.length - 1),
    { keys: 'Enter', does: 'open the row', where, run: (event) => enter(event, rows[active], onOpen) },
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

function rowId(key: string): string {
  return `row-${key}`;
}
