/** The database as those open it who write to it: migrated, and if it is damaged, a new one in its place. */
import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { AppError } from '../core/errors.ts';
import { backUp, type BackupOptions } from './backup.ts';
import { type Database, openDatabase } from './driver.ts';
import { migrate, SCHEMA_VERSION } from './migrations.ts';
import { canShrink, rebuild, usedBytes } from './space.ts';

export interface OpenedStore {
  database: Database;
  /** Where the damaged file was put, if it was; nothing of it is lost or changed. */
  damaged: string | null;
}

/** What is done with the data of an earlier version before it is changed. */
export type Upkeep = Pick<BackupOptions, 'keep' | 'tell'>;

/** Copies of the database that stay, unless told otherwise. */
const BACKUPS = 2;

/** Files of earlier versions cannot shrink until they are written anew: at once where that takes a moment only. */
const REBUILT_AT_ONCE = 64 * 1024 * 1024;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/**
 * @param wall milliseconds since the epoch, for the name of a damaged file
 * @param driver other than the usual one: tests
 * @throws AppError `store_unusable` when there can be no database: see docs/troubleshooting.md; `store_foreign`
 */
export function openStore(
  path: string,
  wall: number,
  driver: (path: string) => Database = openDatabase,
  upkeep: Partial<Upkeep> = {},
): OpenedStore {
  removeOrphans(path);
  const backup = { path, wall, keep: upkeep.keep ?? BACKUPS, tell: upkeep.tell ?? (() => {}) };
  try {
    return { database: open(path, driver, backup), damaged: null };
  } catch (error) {
    if (!isDamaged(error)) throw error;
    if (isText(path))
      throw new AppError(
        'store_foreign',
        `the database ${path} is not a database but a text file: name another with --db`,
        {
          cause: error,
        },
      );
    const damaged = putAside(path, wall);
    return { database: open(path, driver, backup), damaged };
  }
}

function open(path: string, driver: (path: string) => Database, backup: BackupOptions): Database {
  const database = driver(path);
  try {
    let from = SCHEMA_VERSION;
    let copy: string | null = null;
    migrate(database, (version) => {
      copy = backUp(database, version, backup);
      from = version;
    });
    if (from < SCHEMA_VERSION)
      backup.tell({ file: backup.path, from, to: SCHEMA_VERSION, copy }, 'the database is of this version now');
    if (!canShrink(database) && usedBytes(database) < REBUILT_AT_ONCE) quietly(() => rebuild(database));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether SQLite says that the file is not, or no longer, a database. */
export function isDamaged(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code: unknown = Reflect.get(error, 'errcode');
  if (typeof code === 'number') return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(code & 0xff);
  return error instanceof AppError && error.code !== 'store_foreign' && isDamaged(error.cause);
}

const PRINTABLE = /^[\t\n\r\x20-\x7e]+$/;
const MAGIC = 'SQLite format 3';

/** A text is no database of ours that went bad: somebody gave the wrong path, and their file is not ours to move. */
function isText(path: string): boolean {
  const head = Buffer.alloc(64);
  const fd = openSync(path, 'r');
  try {
    const text = head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0));
    return !text.startsWith(MAGIC) && PRINTABLE.test(text);
  } finally {
    closeSync(fd);
  }
}

/** Renames the file and what belongs to it; returns the new name. */
export function putAside(path: string, wall: number): string {
  const stamp = new Date(wall).toISOString().slice(0, 19).replaceAll(':', '-');
  let aside = `${path}.damaged-${stamp}`;
  for (let count = 2; existsSync(aside); count += 1) aside = `${path}.damaged-${stamp}-${count}`;
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

/**
 * The -wal and -shm of a file that somebody deleted belong to whoever still has that file open; a new database with
 * them beside it would share their locks.
 */
function removeOrphans(path: string): void {
  if (path === ':memory:' || existsSync(path)) return;
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
}

/** Which file a path leads to; `null` = none. A database that was deleted or replaced has another one. */
export function fileAt(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Somebody reads, or the disk is full: the file serves as it is.
  }
}
