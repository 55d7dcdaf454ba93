import { type PointerEvent, useRef, useState } from 'react';
import type { Column, Sort } from './grid.tsx';

interface GridHeaderProps<Row> {
  columns: readonly Column<Row>[];
  template: string;
  minWidth: number;
  sort: Sort | undefined;
  onResize: ((id: string, width: number) => void) | undefined;
  onMove: ((id: string, before: string | null) => void) | undefined;
}

const LEAST_PX = 32;
/** A press that moves less is none. */
const DRAG_PX = 6;

/** Titles; dragged at their edge they change the width, dragged elsewhere the order. Keys do it in the list of columns. */
export function GridHeader<Row>({ columns, template, minWidth, sort, onResize, onMove }: GridHeaderProps<Row>) {
  const header = useRef<HTMLDivElement>(null);
  const [target, setTarget] = useState<{ id: string; before: string | null } | null>(null);
  const drag = useRef<{ id: string; x: number; moved: boolean } | null>(null);

  const begin = (event: PointerEvent<HTMLElement>, id: string): void => {
    if (onMove === undefined || event.button !== 0 || event.pointerType === 'touch') return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { id, x: event.clientX, moved: false };
  };
  const go = (event: PointerEvent<HTMLElement>): void => {
    const { current } = drag;
    if (current === null || header.current === null) return;
    current.moved ||= Math.abs(event.clientX - current.x) > DRAG_PX;
    if (current.moved) setTarget({ id: current.id, before: columnAt(header.current, columns, event.clientX) });
  };
  const end = (isDone: boolean): void => {
    if (isDone && target !== null && target.before !== target.id) onMove?.(target.id, target.before);
    drag.current = null;
    setTarget(null);
  };
  return (
    <div
      ref={header}
      role="row"
      aria-rowindex={1}
      style={{ gridTemplateColumns: template, minWidth }}
      className="sticky top-0 z-10 grid h-7 items-center gap-2 border-b border-line bg-surface px-3 text-sm text-muted"
    >
      {columns.map(({ id, title, hint, align }) => (
        <span
          key={id}
          role="columnheader"
          title={hint}
          aria-sort={sort?.column === id && sort.isOn ? 'descending' : undefined}
          onPointerDown={(event) => begin(event, id)}
          onPointerMove={go}
          onPointerUp={() => end(true)}
          onPointerCancel={() => end(false)}
          className={`group relative flex h-full min-w-0 items-center ${align === 'end' ? 'justify-end' : ''} ${target?.before === id ? 'shadow-[-4px_0_0_-2px_var(--accent)]' : ''} ${target?.id === id ? 'opacity-50' : ''}`}
        >
          <Title id={id} title={title} hint={hint} sort={sort} />
          {onResize !== undefined && <Edge id={id} onResize={onResize} />}
        </span>
      ))}
    </div>
  );
}

interface TitleProps {
  id: string;
  title: string;
  hint: string | undefined;
  sort: Sort | undefined;
}

function Title({ id, title, hint, sort }: TitleProps) {
  if (title === '') return <span className="sr-only">{hint ?? id}</span>;
  if (sort?.column !== id) return <span className="truncate">{title}</span>;
  return (
    <button
      type="button"
      title={sort.isOn ? 'the newest first' : 'the most first'}
      // A press here is none of the drags that move the column.
      onPointerDown={(event) => event.stopPropagation()}
      onClick={sort.toggle}
      className={`truncate hover:text-accent ${sort.isOn ? 'font-semibold text-text' : ''}`}
    >
      {title}
      <span aria-hidden="true"> {sort.isOn ? '↓' : '↕'}</span>
    </button>
  );
}

function Edge({ id, onResize }: { id: string; onResize: (id: string, width: number) => void }) {
  const begun = useRef<{ x: number; width: number } | null>(null);
  return (
    <span
      aria-hidden="true"
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        begun.current = { x: event.clientX, width: event.currentTarget.parentElement?.clientWidth ?? LEAST_PX };
      }}
      onPointerMove={(event) => {
        if (begun.current === null) return;
        event.stopPropagation();
        onResize(id, Math.max(LEAST_PX, Math.round(begun.current.width + event.clientX - begun.current.x)));
      }}
      onPointerUp={(event) => {
        event.stopPropagation();
        begun.current = null;
      }}
      className="absolute top-1 -right-2 bottom-1 hidden w-3 cursor-col-resize touch-none border-r border-line group-hover:block"
    />
  );
}

/** The column that one dropped at `x` comes before; `null` = it comes last. */
function columnAt<Row>(header: HTMLElement, columns: readonly Column<Row>[], x: number): string | null {
  const cells = [...header.children];
  const found = cells.findIndex((cell) => {
    const { left, width } = cell.getBoundingClientRect();
    return x < left + width / 2;
  });
  return columns[found]?.id ?? null;
}
