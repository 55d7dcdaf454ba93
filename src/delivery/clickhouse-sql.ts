/** What is said to ClickHouse. */
import type { StoredExchange } from '../core/transfer.ts';
import type { Cell } from '../interchange/columns.ts';
import { cellOf, cleanJson, type Kind, LEG_COMMENT, type TableColumn } from './table.ts';

/** Nullable = unknown is NULL, never 0 and never an empty text; what a table is sorted by cannot be. */
const TYPES: Readonly<Record<Kind, string>> = {
  key: 'String',
  moment: "DateTime64(3, 'UTC')",
  text: 'Nullable(String)',
  json: 'Nullable(String)',
  integer: 'Nullable(Int64)',
  number: 'Nullable(Float64)',
  money: 'Nullable(Decimal(20, 9))',
  boolean: 'Nullable(Bool)',
  time: "Nullable(DateTime64(3, 'UTC'))",
};

/** Texts of few values, which ClickHouse keeps as numbers. */
const FEW: ReadonlySet<string> = new Set([
  'provider',
  'operation',
  'host',
  'method',
  'request_model',
  'response_model',
  'transport',
  'billing',
  'service_tier',
  'speed',
  'region',
  'stop_reason',
  'usage_source',
  'usage_state',
  'usage_estimated',
  'cost_source',
  'cost_confidence',
  'price_date',
  'agent',
  'client',
  'mode',
  'leg',
  'outcome',
  'steer_rule',
  'sent_model',
  'error_type',
  'machine',
]);

export interface TableName {
  database: string;
  table: string;
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const nameOf = ({ database, table }: TableName): string => `${quoted(database)}.${quoted(table)}`;

function definitionOf({ name, kind }: TableColumn): string {
  const type = FEW.has(name) ? 'LowCardinality(Nullable(String))' : TYPES[kind];
  return `${quoted(name)} ${type}${name === 'leg' ? ` COMMENT ${literal(LEG_COMMENT)}` : ''}`;
}

/** Name, tab, type of its columns, a line each; nothing = there is no table, or none that this user may see. */
export function lookFor({ database, table }: TableName): string {
  return `SELECT name, type FROM system.columns WHERE database = ${literal(database)} AND table = ${literal(table)} FORMAT TabSeparatedRaw`;
}

/** How it keeps rows; nothing = there is no table, or none that this user may see. */
export function engineOf({ database, table }: TableName): string {
  return `SELECT engine FROM system.tables WHERE database = ${literal(database)} AND name = ${literal(table)} FORMAT TabSeparatedRaw`;
}

/** A table that keeps a call as often as it comes. What passes rows on (Distributed, Buffer, Null) is not ours to judge. */
export function keepsTwice(engine: string): boolean {
  return engine.endsWith('MergeTree') && !engine.endsWith('ReplacingMergeTree');
}

/**
 * Of rows with the same key one stays, when parts are merged: a call that came twice is there once, at the latest by
 * `FINAL`. It has the same key each time, for it began once.
 */
export function createTable(name: TableName, all: readonly TableColumn[]): string {
  return `CREATE TABLE IF NOT EXISTS ${nameOf(name)} (
${all.map((column) => `  ${definitionOf(column)}`).join(',\n')}
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (started_at, id)`;
}

const NUMBERS: ReadonlySet<Kind> = new Set(['integer', 'number', 'money']);

/** Columns of numbers that would make a 0 of what is unknown: ClickHouse does so without a word. */
export function columnsThatLie(all: readonly TableColumn[], there: ReadonlyMap<string, string>): string[] {
  return all
    .filter(({ name, kind }) => NUMBERS.has(kind) && there.has(name) && !there.get(name)?.startsWith('Nullable('))
    .map(({ name }) => name);
}

export function addColumns(name: TableName, missing: readonly TableColumn[]): string {
  const parts = missing.map((column) => `ADD COLUMN IF NOT EXISTS ${definitionOf(column)}`);
  return `ALTER TABLE ${nameOf(name)} ${parts.join(', ')}`;
}

/** The rows follow as JSON lines. With the names of the columns: a table that lacks one says so, instead of dropping it. */
export function insertRows(name: TableName, all: readonly TableColumn[]): string {
  return `INSERT INTO ${nameOf(name)} (${all.map((column) => quoted(column.name)).join(', ')}) FORMAT JSONEachRow`;
}

/**
 * Of the insert, whatever the user's profile says: written when it is answered, one answer when all is done, no field
 * passed over, rows of any length (the parallel parser has a limit for them).
 */
export const INSERT_SETTINGS: Readonly<Record<string, string>> = {
  async_insert: '0',
  wait_end_of_query: '1',
  input_format_skip_unknown_fields: '0',
  input_format_parallel_parsing: '0',
};

export function rowOf(all: readonly TableColumn[], exchange: StoredExchange): string {
  const row = Object.fromEntries(all.map((column) => [column.name, written(column, cellOf(column, exchange))]));
  return `${cleanJson(JSON.stringify(row), null)}\n`;
}

/** `2026-11-21T12:00:00.000Z` -> `2026-11-21 12:00:00.000`: in the zone of the column, which is UTC. */
function written({ kind }: TableColumn, cell: Cell): Cell {
  if ((kind !== 'moment' && kind !== 'time') || cell === null) return cell;
  return new Date(String(cell)).toISOString().replace('T', ' ').replace('Z', '');
}
