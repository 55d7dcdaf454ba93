/**
 * The search index: a SQLite file of its own beside the database. It holds no text, only where words stand (FTS5,
 * contentless), and may be deleted at any time. Schema: docs/schema.md.
 *
 * It is cut into parts of 65,536 numbers. What a search costs is bounded by one part: a beginning of a word is looked up
 * as all words that begin so, which in one index of 3,000,000 texts takes a second; merging is bounded as well. FTS5
 * leaves a part in about ten pieces, each to be asked for every word: a part that is full is merged into one, so that a
 * word that is nowhere costs one look for each 65,536 texts (4 ms instead of 15 for 3,900,000).
 */
import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Database, openDatabase, type Statement, statementOf } from '../driver.ts';
import type { Family } from './documents.ts';

/** Another version of the schema, or of what is made of a text: the index is built anew. */
const VERSION = 2;
const PART_BITS = 16;
const PART_SIZE = 2 ** PART_BITS;
const CREATE = `
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS anchors (family TEXT PRIMARY KEY, id INTEGER NOT NULL, mark TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unmerged (part TEXT PRIMARY KEY) WITHOUT ROWID;`;
/** In `state`: full parts are merged, or stand in `unmerged`. */
const WHOLE = 'full_parts';
const TOKENIZER = 'unicode61 remove_diacritics 2';
const MERGE_PAGES = 64;
/** The upper pages of all parts; SQLite's own 2 MB hold those of some. */
const CACHE_KB = 8192;
const BUSY_MS = 50;

/** Of the database file: `llm-proxy.db` has `search.db`, `team.db` has `team.search.db`. */
export function searchFileOf(db: string): string {
  const name = basename(db);
  return join(dirname(db), name === 'llm-proxy.db' ? 'search.db' : `${name.replace(/\.db$/, '')}.search.db`);
}

export interface Part {
  readonly family: Family;
  readonly number: number;
}

/** What is damaged or of another version is thrown away and begun anew. @throws what SQLite says of the disk or a lock */
export function openForWriting(path: string): SearchIndex {
  try {
    return opened(path, false);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    removeIndex(path);
    return opened(path, false);
  }
}

/** Null = there is none, or none that can be used as it is: everything is to be scanned then. */
export function openForReading(path: string): SearchIndex | null {
  try {
    return existsSync(path) ? opened(path, true) : null;
  } catch {
    return null;
  }
}

function opened(path: string, readOnly: boolean): SearchIndex {
  const database = openDatabase(path, { readOnly, busyTimeoutMs: BUSY_MS });
  try {
    return new SearchIndex(database, !readOnly);
  } catch (error) {
    database.close();
    throw error;
  }
}

export function removeIndex(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}

/** SQLite's codes for a file that is none of its own, or is spoiled; and ours for another version. */
export function isDamaged(error: unknown): boolean {
  for (let at: unknown = error; typeof at === 'object' && at !== null; at = Reflect.get(at, 'cause')) {
    if (at instanceof OtherVersion) return true;
    const code: unknown = Reflect.get(at, 'errcode');
    if (typeof code === 'number' && (DAMAGE.has(code & 0xff) || code === SHORT_READ)) return true;
  }
  return false;
}

class OtherVersion extends Error {}

/** SQLITE_CORRUPT, SQLITE_NOTADB; SQLITE_IOERR_SHORT_READ. */
const DAMAGE: ReadonlySet<number> = new Set([11, 26]);
const SHORT_READ = 522;

interface OpenPart extends Part {
  readonly name: string;
  readonly inRange: Statement;
  insert: Statement | null;
  remove: Statement | null;
}

export class SearchIndex {
  readonly #database: Database;
  readonly #isWritable: boolean;
  readonly #parts = new Map<string, OpenPart>();

  constructor(database: Database, isWritable: boolean) {
    this.#database = database;
    this.#isWritable = isWritable;
    const version = Number(statementOf(database, 'PRAGMA user_version').get()?.['user_version']);
    if (version === 0 && isWritable) {
      // What was deleted from the database must not stay readable here.
      database.exec(`PRAGMA secure_delete = ON; BEGIN IMMEDIATE; ${CREATE} PRAGMA user_version = ${VERSION}; COMMIT`);
    } else if (version !== VERSION) {
      throw new OtherVersion(`the search index has version ${version}`);
    }
    if (isWritable) database.exec('PRAGMA secure_delete = ON');
    database.exec(`PRAGMA cache_size = -${CACHE_KB}`);
    if (isWritable) this.#mergeFullParts();
  }

  /** Parts of a family, those with the newest numbers first. */
  parts(family: Family): Part[] {
    const sql = `SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ? AND sql LIKE 'CREATE VIRTUAL%'`;
    return statementOf(this.#database, sql)
      .all(`${family}_[0-9]*`)
      .map(({ name }) => ({ family, number: Number(String(name).slice(family.length + 1)) }))
      .toSorted((one, other) => other.number - one.number);
  }

  /** Numbers of the texts of a part that match, between both ends (included). @param match an expression of FTS5 */
  matches(part: Part, match: string, from: number, to: number): number[] {
    const found = this.#part(part)?.inRange.get(match, from, to)?.['ids'];
    return typeof found === 'string' ? found.split(',').map(Number) : [];
  }

  /** Everything up to this number is in the index. */
  cursor(family: Family): number {
    return this.#state(`${family}_cursor`);
  }

  /** How many removals have been followed. */
  get removals(): number {
    return this.#state('removals');
  }

  /** What stood under the last number, to tell this database from another one. */
  anchor(family: Family): { id: number; mark: string } | null {
    const row = statementOf(this.#database, 'SELECT id, mark FROM anchors WHERE family = ?').get(family);
    return row === undefined ? null : { id: Number(row['id']), mark: String(row['mark']) };
  }

  begin(): void {
    this.#database.exec('BEGIN IMMEDIATE');
  }

  commit(): void {
    this.#database.exec('COMMIT');
  }

  /** Gives up the open transaction, if there is one. */
  rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // A full disk makes SQLite roll back by itself.
    }
    // A part that was created in it is gone.
    this.#parts.clear();
  }

  add(family: Family, id: number, text: string): void {
    const part = this.#part(partOf(family, id)) ?? this.#create(partOf(family, id));
    part.insert ??= statementOf(this.#database, `INSERT OR REPLACE INTO ${part.name} (rowid, text) VALUES (?, ?)`);
    part.insert.run(id, text);
  }

  remove(family: Family, id: number): void {
    const part = this.#part(partOf(family, id));
    if (part === null) return;
    part.remove ??= statementOf(this.#database, `DELETE FROM ${part.name} WHERE rowid = ?`);
    if (Number(part.remove.run(id).changes) > 0) this.#unmerged(part.name);
  }

  /** What stands above a number that is no more given out. */
  removeAbove(family: Family, id: number): void {
    for (const found of this.parts(family)) {
      const part = this.#part(found);
      if (part === null || (found.number + 1) * PART_SIZE <= id) continue;
      const stale = statementOf(this.#database, `SELECT id FROM ${part.name}_docsize WHERE id > ?`).all(id);
      for (const { id: number } of stale) this.remove(family, Number(number));
    }
  }

  setCursor(family: Family, id: number, mark: string | null): void {
    this.#setState(`${family}_cursor`, id);
    if (mark === null) statementOf(this.#database, 'DELETE FROM anchors WHERE family = ?').run(family);
    else statementOf(this.#database, 'INSERT OR REPLACE INTO anchors VALUES (?, ?, ?)').run(family, id, mark);
  }

  setRemovals(count: number): void {
    this.#setState('removals', count);
  }

  /**
   * FTS5 leaves the words of a removed text where they are until it merges: a step of that. A part with nothing in it is
   * dropped. @returns false when nothing is left to be done
   */
  mergeStep(): boolean {
    const name = statementOf(this.#database, 'SELECT part FROM unmerged LIMIT 1').get()?.['part'];
    if (typeof name !== 'string') return false;
    const isEmpty = statementOf(this.#database, `SELECT 1 FROM ${name}_docsize LIMIT 1`).get() === undefined;
    if (isEmpty) {
      this.#parts.delete(name);
      this.#database.exec(`DROP TABLE ${name}`);
    }
    if (isEmpty || !this.#merge(name)) {
      statementOf(this.#database, 'DELETE FROM unmerged WHERE part = ?').run(name);
    }
    return true;
  }

  /** Moves what was written into the file, so that removed words are in no log either. Does what it can. */
  checkpoint(): void {
    statementOf(this.#database, 'PRAGMA wal_checkpoint(TRUNCATE)').all();
  }

  close(): void {
    this.#parts.clear();
    // @photostructure/sqlite leaves the log unmerged when prepared statements are alive at close.
    if (this.#isWritable) this.#quietly(() => this.checkpoint());
    this.#quietly(() => this.#database.close());
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch {
      // The file is spoiled or gone, and is not needed any more.
    }
  }

  /** True when there was something to merge. */
  #merge(name: string): boolean {
    const before = this.#changes();
    // Negative: all of the part into one, whatever its state. Later steps go on with that.
    const pages = this.#state(`merging_${name}`) === 0 ? -MERGE_PAGES : MERGE_PAGES;
    statementOf(this.#database, `INSERT INTO ${name} (${name}, rank) VALUES ('merge', ?)`).run(pages);
    const isDone = this.#changes() - before < 2;
    if (pages < 0 && !isDone) this.#setState(`merging_${name}`, 1);
    if (isDone) statementOf(this.#database, 'DELETE FROM state WHERE name = ?').run(`merging_${name}`);
    return !isDone;
  }

  #changes(): number {
    return Number(statementOf(this.#database, 'SELECT total_changes() AS count').get()?.['count']);
  }

  #unmerged(name: string): void {
    statementOf(this.#database, 'INSERT OR IGNORE INTO unmerged VALUES (?)').run(name);
    statementOf(this.#database, 'DELETE FROM state WHERE name = ?').run(`merging_${name}`);
  }

  /** Of an index that was written before full parts were merged. */
  #mergeFullParts(): void {
    if (this.#state(WHOLE) === 1) return;
    for (const family of ['blocks', 'calls'] as const)
      for (const { number } of this.parts(family).slice(1)) this.#unmerged(`${family}_${number}`);
    this.#setState(WHOLE, 1);
  }

  #part({ family, number }: Part): OpenPart | null {
    const name = `${family}_${number}`;
    const open = this.#parts.get(name);
    if (open !== undefined) return open;
    const exists = statementOf(this.#database, `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`).get(
      name,
    );
    return exists === undefined ? null : this.#open({ family, number }, name);
  }

  #create(part: Part): OpenPart {
    const name = `${part.family}_${part.number}`;
    this.#database.exec(
      `CREATE VIRTUAL TABLE ${name} USING fts5(text, content='', contentless_delete=1, tokenize='${TOKENIZER}')`,
    );
    // What comes now comes here: the part before has nothing more to come, unless something in it is deleted.
    const full: Part = { family: part.family, number: part.number - 1 };
    if (this.#part(full) !== null) this.#unmerged(`${full.family}_${full.number}`);
    return this.#open(part, name);
  }

  #open(part: Part, name: string): OpenPart {
    const sql = `SELECT group_concat(rowid) AS ids FROM ${name} WHERE ${name} MATCH ? AND rowid BETWEEN ? AND ?`;
    const open: OpenPart = { ...part, name, inRange: statementOf(this.#database, sql), insert: null, remove: null };
    this.#parts.set(name, open);
    return open;
  }

  #state(name: string): number {
    return Number(statementOf(this.#database, 'SELECT value FROM state WHERE name = ?').get(name)?.['value'] ?? 0);
  }

  #setState(name: string, value: number): void {
    statementOf(this.#database, 'INSERT OR REPLACE INTO state VALUES (?, ?)').run(name, value);
  }
}

export function partOf(family: Family, id: number): Part {
  return { family, number: Math.floor(id / PART_SIZE) };
}

export function rangeOf({ number }: Part): { first: number; last: number } {
  return { first: number * PART_SIZE, last: (number + 1) * PART_SIZE - 1 };
}
