/** A copy of the database before a newer version changes it: `backups/llm-proxy-v3-2026-11-21T10-00-00.db` beside it. */
import { closeSync, openSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError, messageOf } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';
import type { Database } from './driver.ts';
import { usedBytes } from './space.ts';

export interface BackupOptions {
  /** The database file. */
  path: string;
  /** Copies that stay, this one included; 0 = none is made. */
  keep: number;
  /** Milliseconds since the epoch. */
  wall: number;
  /** Told before work that takes more than a moment. */
  tell: (fields: object, message: string) => void;
  /** Bytes that may be written to the disk of a folder; tests. */
  roomIn?: (folder: string) => number;
}

/** Smaller ones are copied and changed within a second or two. */
const WORTH_TELLING = 100 * 1024 * 1024;
/** A plain disk under SQLite: reads, packs and writes so much in a second. */
const BYTES_PER_SECOND = 80 * 1024 * 1024;

/**
 * @param version that the database has now
 * @returns the copy; null = none was wanted
 * @throws AppError `store_unusable` when there is no room, or the copy fails: the database stays as it is, and calls are
 * counted without it meanwhile
 */
export function backUp(database: Database, version: number, options: BackupOptions): string | null {
  const { path, keep, tell } = options;
  const bytes = usedBytes(database);
  if (bytes > WORTH_TELLING)
    tell(
      { file: path, bytes, seconds: Math.ceil((2 * bytes) / BYTES_PER_SECOND), copies: keep > 0 },
      'the database is changed for this version; llm-proxy is ready when that is done',
    );
  if (keep < 1 || path === ':memory:') return null;
  const folder = join(dirname(path), 'backups');
  try {
    makeFolder(folder, 0o700);
    // Half a copy, of a start that was cut.
    removeAll(folder, namesIn(folder, path, 'part'));
    requireRoom(folder, bytes, options);
    const copy = join(folder, nameOf(path, version, options.wall));
    copyTo(database, copy);
    removeAll(folder, namesIn(folder, path, 'db').slice(0, -keep));
    return copy;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = `the database ${path} is of an earlier version and could not be copied to ${folder} before it is changed: ${messageOf(error)}`;
    throw new AppError('store_unusable', message, { cause: error });
  }
}

/** Every copy that there is: what somebody wants deleted is in them, too. Returns how many there were. */
export function removeBackups(path: string): number {
  const folder = join(dirname(path), 'backups');
  const names = [...namesIn(folder, path, 'db'), ...namesIn(folder, path, 'part')];
  removeAll(folder, names);
  return names.length;
}

/** The copy, and about as much again for the change itself. */
function requireRoom(folder: string, bytes: number, { path, roomIn = freeBytes }: BackupOptions): void {
  const room = roomIn(folder);
  if (room >= 2 * bytes) return;
  const message = `the database ${path} is of an earlier version; to copy and change it takes ${megabytes(2 * bytes)} of disk, there are ${megabytes(room)}: make room, or set store.backups = 0 to go without a copy`;
  throw new AppError('store_unusable', message);
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024).toLocaleString('en-US')} MB`;
}

/** VACUUM INTO takes what is committed, in the write-ahead log too, while others go on writing. */
function copyTo(database: Database, target: string): void {
  const part = target.replace(/\.db$/, '.part');
  // SQLite would make it with the umask's mode; into an empty file it writes as well.
  closeSync(openSync(part, 'wx', 0o600));
  try {
    database.prepare('VACUUM INTO ?').run(part);
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function nameOf(path: string, version: number, wall: number): string {
  const time = new Date(wall).toISOString().replaceAll(/[:.]/g, '-');
  return `${stemOf(path)}-v${version}-${time}.db`;
}

function stemOf(path: string): string {
  return basename(path).replace(/\.[^.]+$/, '');
}

const NAME = /^(.+)-v\d+-([\d-]+T[\d-]+Z)\.(db|part)$/;

/** Of this database, oldest first. */
function namesIn(folder: string, path: string, ending: 'db' | 'part'): string[] {
  const found: { name: string; time: string }[] = [];
  for (const name of listOf(folder)) {
    const [, stem, time, extension] = NAME.exec(name) ?? [];
    if (stem === stemOf(path) && time !== undefined && extension === ending) found.push({ name, time });
  }
  return found.toSorted((one, other) => (one.time < other.time ? -1 : 1)).map(({ name }) => name);
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No folder yet.
    return [];
  }
}

function removeAll(folder: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(folder, name), { force: true });
}
