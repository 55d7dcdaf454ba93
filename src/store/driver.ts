/**
 * SQLite behind one seam: the `DatabaseSync` API. node:sqlite where Node has it without a flag (22.13), else
 * @photostructure/sqlite, which is prebuilt for Node 20 and has the same API.
 */
import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import process from 'node:process';
import { AppError, messageOf } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';
import { isTooFullAt } from './shared-memory.ts';

export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface Statement {
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
  iterate(...values: SqlValue[]): IterableIterator<SqlRow>;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Runs work on the connection that writes, between two transactions. @throws AppError `store_unusable`, and what `work` throws */
export type UseStore = <T>(work: (database: Database) => T) => T;

const prepared = new WeakMap<Database, Map<string, Statement>>();

/**
 * The one statement of this connection for these words, for `get`, `all` and `run`. What is prepared for one question
 * lives until V8 collects it, and V8 does not see the 3 kB that it holds outside of its heap. @param sql one of a few
 */
export function statementOf(database: Database, sql: string): Statement {
  const known = prepared.get(database) ?? new Map<string, Statement>();
  const statement = known.get(sql) ?? database.prepare(sql);
  known.set(sql, statement);
  prepared.set(database, known);
  return statement;
}

interface Driver {
  DatabaseSync: new (path: string, options: { readOnly?: boolean }) => Database;
}

const BUSY_TIMEOUT_MS = 5000;
/** What of the -wal file stays on the disk once it is merged. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Opens a database file, creating it (0600, in a folder 0700) unless it is only read. Does not migrate: see migrations.ts.
 * @throws AppError `store_unusable`
 */
export function openDatabase(path: string, options: { readOnly?: boolean; busyTimeoutMs?: number } = {}): Database {
  const readOnly = options.readOnly ?? false;
  let database: Database | null = null;
  try {
    if (!readOnly) createPrivately(path);
    if (isTooFullAt(path)) throw new Error('the disk is full');
    const { DatabaseSync } = loadDriver();
    database = new DatabaseSync(path, { readOnly });
    database.exec(`PRAGMA busy_timeout = ${options.busyTimeoutMs ?? BUSY_TIMEOUT_MS}`);
    if (!readOnly) {
      // Before WAL, which writes the first page: it can be said of an empty file only, and some versions of SQLite write
      // for it each time. Room that is given back can then leave the file in slices.
      if (database.prepare('PRAGMA page_count').get()?.['page_count'] === 0)
        database.exec('PRAGMA auto_vacuum = INCREMENTAL');
      // What is deleted is overwritten where that costs no write; the -wal shrinks again.
      database.exec(`PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`);
      // NORMAL: a killed process loses nothing that was committed; a power cut may lose the last commits (docs/schema.md).
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF');
    }
    return database;
  } catch (error) {
    // It is tried again every few seconds, and the file may be put aside meanwhile.
    database?.close();
    throw new AppError('store_unusable', `cannot open the database ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** SQLite would create the file with the umask's mode; its -wal and -shm files take over the mode of this one. */
function createPrivately(path: string): void {
  if (path === ':memory:') return;
  makeFolder(dirname(path), 0o700);
  // To close a file that this process has open elsewhere would give up SQLite's locks on it.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  // Only where it is needed: on a read-only disk it fails.
  if ((statSync(path).mode & 0o777) !== 0o600) chmodSync(path, 0o600);
}

let driver: Driver | null = null;

function loadDriver(): Driver {
  driver ??= hasNodeSqlite(process.versions.node) ? loadSilently() : (require('@photostructure/sqlite') as Driver);
  return driver;
}

const require = createRequire(import.meta.url);

/** @param version e.g. `22.13.0`. Before 22.13 node:sqlite needs a flag. */
export function hasNodeSqlite(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

/** Loading node:sqlite prints an ExperimentalWarning on Node 22 to 24; its API is stable enough to be behind this seam. */
function loadSilently(): Driver {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => {};
  try {
    return require('node:sqlite') as Driver;
  } finally {
    process.emitWarning = emitWarning;
  }
}
