import { memo, type MouseEvent, type ReactNode } from 'react';
import type { Column } from './grid.tsx';

interface GridRowProps<Row> {
  id: string | undefined;
  /** Undefined: it is not held at the moment, and on its way. */
  row: Row | undefined;
  rowKey: string | null;
  index: number;
  start: number;
  height: number;
  columns: readonly Column<Row>[];
  template: string;
  under: ((row: Row) => ReactNode) | undefined;
  heading: string | null;
  rowClass: ((row: Row) => string) | undefined;
  isOpen: boolean;
  isActive: boolean;
  isSelected: boolean;
  onPress: (row: Row, key: string, index: number, event: MouseEvent) => void;
}

function PlainRow<Row>(props: GridRowProps<Row>) {
  const { row, rowKey, index, start, height, isOpen, isSelected, onPress } = props;
  const look = lookOf(props);
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen || isSelected}
      aria-busy={row === undefined ? true : undefined}
      onClick={(event) => row !== undefined && rowKey !== null && onPress(row, rowKey, index, event)}
      // A range is selected, not its text.
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      style={{ transform: `translateY(${start}px)`, height }}
      className={`absolute top-0 left-0 flex w-full cursor-pointer flex-col justify-center border-b border-line px-3 [contain:layout_style] ${look}`}
    >
      {props.heading !== null && <Heading text={props.heading} />}
      {isSelected && <Picked />}
      {row === undefined ? (
        <span role="gridcell" className="h-2 w-1/3 rounded-chip bg-raised">
          <span className="sr-only">loading</span>
        </span>
      ) : (
        <Cells row={row} columns={props.columns} template={props.template} under={props.under} />
      )}
    </div>
  );
}

function lookOf<Row>({ row, rowClass, heading, isOpen, isActive, isSelected }: GridRowProps<Row>): string {
  return [
    isSelected || isOpen ? 'bg-accent-weak' : 'hover:bg-raised',
    isActive ? 'shadow-[inset_2px_0_0_var(--accent)]' : '',
    heading === null ? '' : 'pt-7',
    row === undefined ? '' : (rowClass?.(row) ?? ''),
  ].join(' ');
}

function Heading({ text }: { text: string }) {
  return (
    <div
      role="gridcell"
      className="absolute inset-x-0 top-0 h-7 cursor-default border-b border-line bg-bg px-3 pt-1.5 text-sm text-muted"
    >
      {text}
    </div>
  );
}

function Picked() {
  return (
    <span aria-hidden="true" className="absolute left-0.5 text-xs text-accent">
      ✓
    </span>
  );
}

interface CellsProps<Row> {
  row: Row;
  columns: readonly Column<Row>[];
  template: string;
  under: ((row: Row) => ReactNode) | undefined;
}

function PlainCells<Row>({ row, columns, template, under }: CellsProps<Row>) {
  return (
    <>
      {/* The cells stay children of the row for who does not see the lines. */}
      <div role="presentation" style={{ gridTemplateColumns: template }} className="grid items-center gap-2">
        {columns.map(({ id, align, cell }) => (
          <span key={id} role="gridcell" className={`truncate ${align === 'end' ? 'text-right' : ''}`}>
            {cell(row)}
          </span>
        ))}
      </div>
      {under !== undefined && (
        <div role="gridcell" aria-colspan={columns.length} className="truncate text-sm text-muted">
          {under(row)}
        </div>
      )}
    </>
  );
}

/** Rows that move keep their cells: new ones above them cost no more than their places. */
const Cells = memo(PlainCells) as typeof PlainCells;
export const GridRow = memo(PlainRow) as typeof PlainRow;
