import pc from 'picocolors';
import { escapeLine } from '../sinks/escape.ts';

export interface Column<T> {
  title: string;
  align: 'left' | 'right';
  /** Longer cells are cut with an ellipsis. */
  max?: number;
  value: (row: T) => string;
  /** In place of `value` where the table is wider than the terminal. */
  short?: (row: T) => string;
  /** There its cells may be cut down to so many characters. */
  least?: number;
  /** Where that is not enough it is left out; the highest goes first. */
  spare?: number;
}

/** A column with its cells, as wide as the longest. */
interface Laid<T> {
  column: Column<T>;
  cells: readonly string[];
  width: number;
}

const GAP = '  ';

/**
 * Columns as wide as what is in them; the head dim on a terminal. Nothing in a cell can steer the terminal.
 * @param room characters of a line of the terminal; Infinity = there is none
 */
export function formatTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  colour: boolean,
  room = Infinity,
): string {
  const shown = fitted(columns, rows, room);
  const line = (cellOf: (laid: Laid<T>) => string): string =>
    shown
      .map((laid) => {
        const cell = cut(cellOf(laid), laid.width);
        const gap = ' '.repeat(Math.max(0, laid.width - cellsOf(cell)));
        return laid.column.align === 'right' ? gap + cell : cell + gap;
      })
      .join(GAP)
      .trimEnd();
  const head = line(({ column }) => column.title);
  return [colour ? pc.dim(head) : head, ...rows.map((_, at) => line(({ cells }) => cells[at] ?? ''))].join('\n');
}

/** Whether all of them have room, cut down as far as they may be. */
export function fits<T>(columns: readonly Column<T>[], rows: readonly T[], room: number): boolean {
  return widthOf(columns.map((column) => ({ width: leastOf(laidOut(briefly(column), rows)) }))) <= room;
}

function briefly<T>(column: Column<T>): Column<T> {
  return { ...column, value: column.short ?? column.value };
}

function fitted<T>(columns: readonly Column<T>[], rows: readonly T[], room: number): Laid<T>[] {
  const full = columns.map((column) => laidOut(column, rows));
  if (widthOf(full) <= room) return full;
  let kept = columns.map((column) => laidOut(briefly(column), rows));
  while (widthOf(kept.map((laid) => ({ width: leastOf(laid) }))) > room) {
    const [spare] = kept
      .filter(({ column }) => column.spare !== undefined)
      .toSorted((one, other) => (other.column.spare ?? 0) - (one.column.spare ?? 0));
    if (spare === undefined) break;
    kept = kept.filter((laid) => laid !== spare);
  }
  return narrowed(kept, room);
}

/** The widest gives first, until another one is. */
function narrowed<T>(laid: readonly Laid<T>[], room: number): Laid<T>[] {
  const given = laid.map((each) => ({ ...each }));
  for (let excess = widthOf(laid) - room; excess > 0; excess -= 1) {
    const [widest] = given
      .filter((each) => each.width > leastOf(each))
      .toSorted((one, other) => other.width - one.width);
    if (widest === undefined) break;
    widest.width -= 1;
  }
  return given;
}

function laidOut<T>(column: Column<T>, rows: readonly T[]): Laid<T> {
  const cells = rows.map((row) => cut(escapeLine(column.value(row)), column.max));
  return { column, cells, width: Math.max(column.title.length, ...cells.map(cellsOf)) };
}

function leastOf<T>({ column, width }: Laid<T>): number {
  return Math.min(width, column.least ?? width);
}

function widthOf(laid: readonly { width: number }[]): number {
  return laid.reduce((sum, { width }) => sum + width, GAP.length * (laid.length - 1));
}

function cut(text: string, max = 200): string {
  if (cellsOf(text) <= max) return text;
  let kept = '';
  let room = max - 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    room -= cellsOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

const GRAPHEMES = new Intl.Segmenter('en');
const PLAIN = /^[\u0020-\u02ff\u2010-\u2027\u2264\u2265]*$/;
/** Of CJK, kana, Hangul, full forms and emoji; by the ranges of Unicode's East Asian Width. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;

/** Columns of the terminal that a text takes: two for what is written wide, none for what stands on a letter. */
function cellsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of GRAPHEMES.segment(text)) cells += WIDE.test(segment) ? 2 : 1;
  return cells;
}
