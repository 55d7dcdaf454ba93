import pc from 'picocolors';
import { escapeLine } from '../sinks/escape.ts';

export interface Column<T> {
  title: string;
  align: 'left' | 'right';
  /** Longer cells are cut with an ellipsis. */
  max?: number;
  value: (row: T) => string;
}

/** Columns as wide as what is in them; the head dim on a terminal. Nothing in a cell can steer the terminal. */
export function formatTable<T>(columns: readonly Column<T>[], rows: readonly T[], colour: boolean): string {
  const cells = rows.map((row) => columns.map((column) => cut(escapeLine(column.value(row)), column.max)));
  const widths = columns.map((column, at) =>
    Math.max(column.title.length, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) =>
        columns[at]?.align === 'right' ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const head = line(columns.map((column) => column.title));
  return [colour ? pc.dim(head) : head, ...cells.map(line)].join('\n');
}

function cut(text: string, max = 200): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
