/** Rows of one height, of which only those in sight are made. One of them is active; keys move it. */
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type AriaAttributes,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
} from 'react';

export interface RowAria {
  level?: number;
  expanded?: boolean | undefined;
}

interface VirtualRowsProps {
  role: 'tree' | 'listbox';
  label: string;
  count: number;
  rowHeight: number;
  /** -1 = none. */
  active: number;
  onActive: (index: number) => void;
  row: (index: number) => ReactNode;
  aria?: (index: number) => RowAria;
  /** Keys beside those that move. @returns whether it was one of its own */
  onKey?: (event: KeyboardEvent, index: number) => boolean;
  /** The active row was clicked, or is to be opened. */
  onPick?: (index: number) => void;
  className?: string;
  handle?: Ref<RowsHandle>;
}

export interface RowsHandle {
  scrollTo: (index: number) => void;
}

export function VirtualRows(props: VirtualRowsProps) {
  const { role, label, count, rowHeight, active, onActive, row, aria, onPick, handle } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 16,
  });
  useImperativeHandle(handle, () => ({ scrollTo: (index) => virtual.scrollToIndex(index, { align: 'center' }) }));
  useEffect(() => {
    virtual.measure();
  }, [virtual, rowHeight]);
  const items = virtual.getVirtualItems();
  const isActiveMade = items.some(({ index }) => index === active);
  const frame: AriaAttributes & { role?: string } = {
    role,
    'aria-label': label,
    'aria-activedescendant': isActiveMade ? `${id}-${active}` : undefined,
  };
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(count - 1, to));
    onActive(next);
    virtual.scrollToIndex(next);
  };
  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="listbox"
      {...frame}
      onKeyDown={(event) => keyDown(event, props, scroller.current, move)}
      className={`min-h-0 flex-1 overflow-auto ${props.className ?? ''}`}
    >
      <div role="presentation" className="relative min-w-fit" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          return (
            <div
              key={index}
              id={`${id}-${index}`}
              role="row"
              aria-selected={index === active}
              {...(role === 'tree' ? treeItem(aria?.(index)) : option(index, count))}
              onClick={() => {
                onActive(index);
                onPick?.(index);
              }}
              className={`absolute top-0 left-0 w-full ${index === active ? 'bg-accent-weak' : 'hover:bg-raised'}`}
              style={{ transform: `translateY(${start}px)`, height: rowHeight }}
            >
              {row(index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function treeItem({ level, expanded }: RowAria = {}): AriaAttributes & { role?: string } {
  return { role: 'treeitem', 'aria-level': level, 'aria-expanded': expanded };
}

function option(index: number, count: number): AriaAttributes & { role?: string } {
  return { role: 'option', 'aria-setsize': count, 'aria-posinset': index + 1 };
}

function keyDown(
  event: KeyboardEvent,
  { count, rowHeight, active, onKey, onPick }: VirtualRowsProps,
  scroller: HTMLDivElement | null,
  move: (to: number) => void,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target !== scroller) return;
  const page = Math.max(1, Math.floor((scroller.clientHeight ?? 0) / rowHeight) - 1);
  const goals: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: count - 1,
  };
  const goal = goals[event.key];
  if (goal !== undefined) move(goal);
  else if (onKey?.(event, active) !== true) {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    onPick?.(active);
  }
  // The list that this stands beside has keys of the same names.
  event.preventDefault();
}
