/** Brings the search index up to the database, a slice at a time; follows what was deleted. */
import type { Database, Statement } from '../driver.ts';
import { Documents, type Family, indexed } from './documents.ts';
import { FAMILIES, freshnessOf, lastRemoval, markOf, removalsAfter } from './freshness.ts';
import { isDamaged, openForWriting, removeIndex, type SearchIndex } from './index-file.ts';

export interface SliceResult {
  /** Texts that were added, and texts that were taken out. */
  added: number;
  removed: number;
  /** Nothing is left to be done. */
  done: boolean;
}

export interface IndexerOptions {
  /** Migrated; read-only will do. */
  database: Database;
  /** The index file. */
  path: string;
  /** Milliseconds of any clock that never goes back. */
  now: () => number;
  /** Tests only. */
  open?: (path: string) => SearchIndex;
}

/** Texts that are read at once; their blobs are in memory meanwhile. */
const READ = 32;
const REMOVALS = 500;
/** Of the time of a slice; the rest is for the commit. */
const WORK_SHARE = 0.75;
/** A commit is a segment of FTS5, which is merged with others later: many small ones took a third of the time. */
const COMMIT_TEXTS = 1000;
const COMMIT_MS = 500;

const LAST: Readonly<Record<Family, string>> = {
  blocks: 'SELECT max(id) AS last FROM blocks',
  calls: 'SELECT max(seq) AS last FROM llm_calls',
};

export class Indexer {
  readonly #database: Database;
  readonly #path: string;
  readonly #now: () => number;
  readonly #open: (path: string) => SearchIndex;
  readonly #documents: Documents;
  readonly #last: Record<Family, Statement>;
  #index: SearchIndex;
  /** Since when a transaction is open, and what is in it. */
  #openSince: number | null = null;
  #uncommitted = 0;
  /** False until the index is known to be of this database. */
  #isOurs = false;

  /** @throws AppError `store_unusable`, or what SQLite says when the tables are not there (yet) */
  constructor({ database, path, now, open = openForWriting }: IndexerOptions) {
    this.#database = database;
    this.#path = path;
    this.#now = now;
    this.#documents = new Documents(database);
    this.#last = { blocks: database.prepare(LAST.blocks), calls: database.prepare(LAST.calls) };
    this.#open = open;
    this.#index = open(path);
  }

  get index(): SearchIndex {
    return this.#index;
  }

  get documents(): Documents {
    return this.#documents;
  }

  /** Texts that are not in the index yet, about. */
  behind(): number {
    return FAMILIES.reduce((sum, family) => sum + Math.max(this.lastOf(family) - this.#index.cursor(family), 0), 0);
  }

  /** The highest number of the family; 0 = there is none. */
  lastOf(family: Family): number {
    return Number(this.#last[family].get()?.['last'] ?? 0);
  }

  /**
   * Works for about so long, commit included. @throws what SQLite says (a full disk, a lock); nothing is lost then, the
   * next slice goes on. What is damaged is begun anew.
   */
  slice(budgetMs: number): SliceResult {
    try {
      return this.#slice(budgetMs);
    } catch (error) {
      this.#openSince = null;
      this.#index.rollBack();
      if (!isDamaged(error)) throw error;
      this.#beginAnew();
      return { added: 0, removed: 0, done: false };
    }
  }

  /** Everything, however long it takes: afterwards no word of a removed text is in the file. */
  catchUp(): void {
    while (!this.slice(1000).done);
    this.#index.checkpoint();
  }

  close(): void {
    this.#openSince = null;
    this.#index.rollBack();
    this.#index.close();
  }

  #slice(budgetMs: number): SliceResult {
    if (!this.#isOurs && freshnessOf(this.#database, this.#index) === null) this.#beginAnew();
    this.#isOurs = true;
    const until = this.#now() + budgetMs * WORK_SHARE;
    this.#begin();
    const removed = this.#followRemovals();
    let added = 0;
    let isBehind = removed === REMOVALS;
    for (const family of FAMILIES) {
      this.#stayBelowLast(family);
      const result = this.#add(family, until);
      added += result.added;
      isBehind ||= !result.done;
    }
    const isMerging = !isBehind && this.#merge(until);
    const done = !isBehind && !isMerging;
    this.#commitWhenWorthIt(added + removed, done);
    return { added, removed, done };
  }

  #begin(): void {
    if (this.#openSince !== null) return;
    this.#index.begin();
    this.#openSince = this.#now();
    this.#uncommitted = 0;
  }

  #commitWhenWorthIt(changes: number, done: boolean): void {
    this.#uncommitted += changes;
    const isOld = this.#now() - (this.#openSince ?? 0) > COMMIT_MS;
    if (!done && !isOld && this.#uncommitted < COMMIT_TEXTS) return;
    this.#index.commit();
    this.#openSince = null;
  }

  #add(family: Family, until: number): { added: number; done: boolean } {
    let at = this.#index.cursor(family);
    const before = at;
    let added = 0;
    let done = false;
    while (!done && (at === before || this.#now() < until)) {
      let read = 0;
      for (const { id, text } of this.#documents.next(family, at, READ)) {
        if (text !== '') this.#index.add(family, id, indexed(text));
        added += text === '' ? 0 : 1;
        at = id;
        read += 1;
        if (this.#now() >= until) break;
      }
      done = read < READ && at >= this.lastOf(family);
    }
    if (at !== before) this.#setCursor(family, at);
    return { added, done };
  }

  #setCursor(family: Family, id: number): void {
    this.#index.setCursor(family, id, markOf(this.#database, family, id));
  }

  /** @returns how many there were, at most REMOVALS */
  #followRemovals(): number {
    const removals = removalsAfter(this.#database, this.#index.removals, REMOVALS);
    for (const { family, id } of removals) {
      this.#index.remove(family, id);
      // The number may have been given out again since.
      if (id > this.#index.cursor(family)) continue;
      const text = this.#documents.get(family, id)?.text ?? '';
      if (text !== '') this.#index.add(family, id, indexed(text));
    }
    const last = removals.at(-1);
    if (last !== undefined) this.#index.setRemovals(last.seq);
    return removals.length;
  }

  /** Numbers above the last one are given out again, to others. */
  #stayBelowLast(family: Family): void {
    const last = this.lastOf(family);
    if (this.#index.cursor(family) <= last) return;
    this.#index.removeAbove(family, last);
    this.#setCursor(family, last);
  }

  #merge(until: number): boolean {
    let isMerging = true;
    for (let isFirst = true; isMerging && (isFirst || this.#now() < until); isFirst = false) {
      isMerging = this.#index.mergeStep();
    }
    return isMerging;
  }

  #beginAnew(): void {
    this.#index.close();
    removeIndex(this.#path);
    this.#index = this.#open(this.#path);
    this.#index.begin();
    this.#index.setRemovals(lastRemoval(this.#database));
    this.#index.commit();
    this.#isOurs = true;
  }
}
