/** What is said to PostgreSQL. Every name is quoted and has its schema: whatever `search_path` says, one table is meant. */
import type { Cell } from '../interchange/columns.ts';
import type { StoredExchange } from '../core/transfer.ts';
import { cellOf, cleanJson, type Kind, LEG_COMMENT, type TableColumn } from './table.ts';

export const TABLE = 'calls';

const TYPES: Readonly<Record<Kind, string>> = {
  key: 'text',
  moment: 'timestamptz',
  text: 'text',
  json: 'jsonb',
  integer: 'bigint',
  number: 'double precision',
  money: 'numeric(20,9)',
  boolean: 'boolean',
  time: 'timestamptz',
};

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const tableOf = (schema: string): string => `${quoted(schema)}.${TABLE}`;

/**
 * Of one transaction, so that it holds behind a pooler of transactions too, and leaves nothing to the next who gets the
 * connection. A lock that is not to be had at once is not waited for: all that reads the table would wait behind us.
 */
export const BEGIN = "BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'";

/** Daemons that start together make the table one after the other. The number is ours alone: "llm-prox" in ASCII. */
export const ONE_AT_A_TIME = 'SELECT pg_catalog.pg_advisory_xact_lock(7812739495508471672)';

/** What there is already; what is missing alone needs more rights than to insert. */
export interface Found {
  encoding: string;
  has_schema: boolean;
  /** Empty = there is no table. */
  columns: string[];
  /** Some unique index has `id`: a call that comes again is told by it. */
  has_key: boolean;
}

/** One row of `Found`. $1 = schema, $2 = table. */
export const LOOK = `
WITH t AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2
)
SELECT pg_catalog.current_setting('server_encoding') AS encoding,
  EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1) AS has_schema,
  ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a JOIN t ON t.oid = a.attrelid
        WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
  EXISTS (SELECT FROM pg_catalog.pg_index i JOIN t ON t.oid = i.indrelid
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
          WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND a.attname = 'id') AS has_key`;

export function createSchema(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`;
}

/** The statements that make the table, each to be run alone. */
export function createTable(schema: string, all: readonly TableColumn[]): string[] {
  const lines = all.map(({ name, kind }) => `  ${quoted(name)} ${TYPES[kind]}${CONSTRAINTS[kind] ?? ''}`);
  return [
    `CREATE TABLE IF NOT EXISTS ${tableOf(schema)} (\n${lines.join(',\n')}\n)`,
    `CREATE INDEX IF NOT EXISTS ${quoted(`${TABLE}_started_at`)} ON ${tableOf(schema)} (started_at)`,
    `COMMENT ON COLUMN ${tableOf(schema)}.leg IS '${LEG_COMMENT.replaceAll("'", "''")}'`,
  ];
}

const CONSTRAINTS: Partial<Record<Kind, string>> = { key: ' PRIMARY KEY', moment: ' NOT NULL' };

export function addColumns(schema: string, missing: readonly TableColumn[]): string {
  const parts = missing.map(({ name, kind }) => `ADD COLUMN IF NOT EXISTS ${quoted(name)} ${TYPES[kind]}`);
  return `ALTER TABLE ${tableOf(schema)} ${parts.join(', ')}`;
}

/**
 * $1 = a JSON array of rows. No target of the conflict is named, so that a partitioned table with the key
 * `(id, started_at)` is as good; that there is one is seen before (`Found.has_key`).
 */
export function insertRows(schema: string, all: readonly TableColumn[]): string {
  const names = all.map(({ name }) => quoted(name)).join(', ');
  const typed = all.map(({ name, kind }) => `${quoted(name)} ${TYPES[kind]}`).join(', ');
  return `INSERT INTO ${tableOf(schema)} (${names})
SELECT ${names} FROM pg_catalog.json_to_recordset($1::json) AS r (${typed})
ON CONFLICT DO NOTHING`;
}

/** PostgreSQL has no NUL in text; this sign shows where one was. */
const NUL_SIGN = '\u{2400}';

/** One row of `$1`. */
export function rowOf(all: readonly TableColumn[], exchange: StoredExchange): string {
  const row = Object.fromEntries(all.map((column) => [column.name, nested(column, cellOf(column, exchange))]));
  return cleanJson(JSON.stringify(row), NUL_SIGN);
}

/** A text of JSON stands as what it says: as a text it would become a jsonb string. */
function nested({ kind }: TableColumn, cell: Cell): unknown {
  return kind === 'json' && typeof cell === 'string' ? JSON.parse(cell) : cell;
}
