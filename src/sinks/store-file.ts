import { statSync, utimesSync } from 'node:fs';
import { AppError, codeOf, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Clock } from '../core/clock.ts';
import { type Database, openDatabase } from '../store/driver.ts';
import { reasonOf } from './losses.ts';
import { fileAt, isDamaged, openStore, putAside } from '../store/open.ts';

export interface StoreFileOptions {
  path: string;
  /** Milliseconds that a statement waits for other programs. */
  busyMs: number;
  clock: Clock;
  log: Logger;
  /** Copies of a database of an earlier version that stay; absent = the default. */
  backups?: number;
  /** Tests only. */
  open?: (path: string) => Database;
}

/**
 * 16 MB. The pages to which every call adds are moved into the file once for four times the calls: a seventh of the time
 * that writing takes.
 */
const CHECKPOINT_PAGES = 4000;
/** How often the file is looked at whether it is still there. */
const LOOK_MS = 100;

/**
 * The database file under the one connection that writes. The file may be deleted, replaced or damaged meanwhile: the
 * next one takes its place.
 */
export class StoreFile {
  readonly #options: StoreFileOptions;
  readonly #listeners: ((database: Database) => void)[] = [];
  #database: Database | null = null;
  /** Which file it is. */
  #file: string | null = null;
  #lookAt = 0;

  constructor(options: StoreFileOptions) {
    this.#options = options;
  }

  /** `null` while there is none. */
  get database(): Database | null {
    return this.#database;
  }

  /** @throws AppError `store_unusable` */
  get opened(): Database {
    if (this.#database === null) throw new AppError('store_unusable', 'the database is not open');
    return this.#database;
  }

  /** Called with each database that is opened, before anything else is done with it. */
  onOpen(listener: (database: Database) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws AppError `store_unusable`, `store_newer`, `store_foreign`, or what a listener says */
  open(): void {
    const { path, busyMs, clock, log, backups } = this.#options;
    const { database, damaged } = openStore(path, clock.wall(), this.#options.open ?? openDatabase, {
      ...(backups === undefined ? {} : { keep: backups }),
      tell: (fields, message) => log.info(fields, message),
    });
    if (damaged !== null) tellDamage(log, path, damaged);
    this.#database = database;
    try {
      database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      for (const listener of this.#listeners) listener(database);
    } catch (error) {
      if (!this.putAsideIf(error)) this.close();
      throw error;
    }
    this.#file = fileAt(path);
  }

  /** Before a transaction: opens another file where this one is gone. @throws as `open` does */
  follow(): void {
    const { path, clock, log } = this.#options;
    const now = clock.now();
    if (now < this.#lookAt && this.#database !== null) return;
    this.#lookAt = now + LOOK_MS;
    if (this.#database !== null) {
      if (this.#file === null || this.#file === fileAt(path)) return;
      log.warn({ file: path }, 'the database file is gone; a new one is begun');
      this.close();
    }
    this.open();
  }

  /** When SQLite calls the file damaged: the next `follow` begins a new one. True = it did. */
  putAsideIf(error: unknown): boolean {
    if (!isDamaged(error)) return false;
    const { path, clock, log } = this.#options;
    this.close();
    this.#quietly(() => tellDamage(log, path, putAside(path, clock.wall())));
    return true;
  }

  /** SQLite keeps to itself what the system told it: a file system that is read-only refuses a change of times as well. */
  whyNoWrite(): string {
    const { path } = this.#options;
    try {
      const { atime, mtime } = statSync(path);
      utimesSync(path, atime, mtime);
      return 'io_error';
    } catch (error) {
      return codeOf(error) === 'EROFS' ? reasonOf(error) : 'io_error';
    }
  }

  close(): void {
    // @photostructure/sqlite leaves the log unmerged when prepared statements are alive at close.
    this.#quietly(() => this.#database?.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    this.#quietly(() => this.#database?.close());
    this.#database = null;
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log.debug({ error: messageOf(error) }, 'database upkeep failed');
    }
  }
}

/** Once: what was in it is safe, and what to do with it. */
export function tellDamage(log: Logger, path: string, aside: string): void {
  log.error(
    { file: path, aside, fix: `sqlite3 '${aside}' .recover | sqlite3 recovered.db` },
    'the database is damaged: it was put aside whole, and a new one is begun',
  );
}
