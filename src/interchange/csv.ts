/** RFC 4180: a header line, CRLF, quotes doubled. Unknown is an empty field, an empty text is `""`. */
import { type Cell, columns } from './columns.ts';
import type { Formatter } from './formats.ts';

export interface CsvOptions {
  bodies: boolean;
  /** Puts `'` before texts that a spreadsheet would run as a formula. Off by default: it changes what was said. */
  formulaSafe: boolean;
}

export function createCsv({ bodies, formulaSafe }: CsvOptions): Formatter {
  const all = columns(bodies);
  return {
    start: () => lineOf(all.map(({ name }) => name)),
    call: (exchange) => lineOf(all.map(({ value }) => field(value(exchange), formulaSafe))),
    end: () => '',
  };
}

function lineOf(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}

function field(cell: Cell, formulaSafe: boolean): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = formulaSafe && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
