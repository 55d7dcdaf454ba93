/** A call as one row of a database: the columns of `export --format parquet` (interchange/columns.ts), and whose it is. */
import type { StoredExchange } from '../core/transfer.ts';
import { type Cell, columns } from '../interchange/columns.ts';

/**
 * What a database makes a type of. `key` and `moment` (when the call began) are never NULL; `json` is a text of JSON;
 * `money` is US dollars.
 */
export type Kind = 'key' | 'moment' | 'text' | 'json' | 'integer' | 'number' | 'money' | 'boolean' | 'time';

export interface TableColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly value: (exchange: StoredExchange) => Cell;
}

const KINDS: Readonly<Record<string, Kind>> = {
  id: 'key',
  started_at: 'moment',
  cost_usd: 'money',
  usage_units: 'json',
  dims: 'json',
};

/** Said in the tables themselves, to who looks there. */
export const LEG_COMMENT = "'shadow' is a copy that was made for a comparison: sum over leg = 'primary'";

/** @param machine which daemon of those that share the table; it is the last column, but for the bodies */
export function tableColumns({ bodies, machine }: { bodies: boolean; machine: string }): readonly TableColumn[] {
  const record = columns(false).map(({ name, type, value }) => ({ name, value, kind: KINDS[name] ?? type }));
  const messages = columns(bodies)
    .slice(record.length)
    .map(({ name, type, value }) => ({ name, value, kind: type }));
  const owner: TableColumn = { name: 'machine', kind: 'text', value: () => (machine === '' ? null : machine) };
  return [...record, owner, ...messages];
}

/** Nano-dollars go as digits: a sum of doubles would not be exact. `cost_usd` is an integer of them divided by 1e9. */
export function dollarsOf(usd: number): string {
  const nanos = BigInt(Math.round(usd * 1e9));
  const digits = String(nanos < 0n ? -nanos : nanos).padStart(10, '0');
  return `${nanos < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** What numeric(20,9) holds. */
const MOST_DOLLARS = 1e11;

/** The JSON value of a cell. What no column can hold is unknown: one absurd count shall not cost the whole row. */
export function cellOf(column: TableColumn, exchange: StoredExchange): Cell {
  const cell = column.value(exchange);
  if (cell === null) return null;
  if (column.kind === 'integer') {
    const whole = Math.round(Number(cell));
    return Number.isSafeInteger(whole) ? whole : null;
  }
  if (column.kind === 'money') return Math.abs(Number(cell)) < MOST_DOLLARS ? dollarsOf(Number(cell)) : null;
  return cell;
}

/** `JSON.stringify` writes these two, and backslashes in pairs, so that text which looks like them is left alone. */
const ESCAPES = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;
const UNWANTED = /\\u(?:0000|d[89a-f])/;

/**
 * JSON that any database reads. Halves of surrogate pairs become U+FFFD, as in any UTF-8.
 * @param json as `JSON.stringify` writes it
 * @param nul what stands for the character NUL; null = it stays
 */
export function cleanJson(json: string, nul: string | null): string {
  if (!UNWANTED.test(json)) return json;
  return json.replaceAll(ESCAPES, (escape) => {
    if (escape === '\\u0000') return nul ?? escape;
    return escape.length === 6 ? '\u{fffd}' : escape;
  });
}

/** Of one payload; a row that is longer goes alone. */
export const PAYLOAD_BYTES = 4 * 1024 * 1024;

/** Rows in their order, as many at once as fit. Rows are made as they are taken: one payload is held at a time. */
export function* payloads(rows: Iterable<string>, limit: number = PAYLOAD_BYTES): Generator<string[]> {
  let some: string[] = [];
  let size = 0;
  for (const row of rows) {
    const bytes = Buffer.byteLength(row);
    if (some.length > 0 && size + bytes > limit) {
      yield some;
      some = [];
      size = 0;
    }
    some.push(row);
    size += bytes;
  }
  if (some.length > 0) yield some;
}
