/** Calls that a filter may hold, the newest first, by their narrow rows (`call_facets`). */
import { type Database, type SqlValue, type Statement, statementOf } from './driver.ts';
import type { Meaning } from './search/facet-terms.ts';

export interface ScanStep {
  /** Numbers (`seq`) of calls; in no order. */
  calls: number[];
  /** All calls that began later have been looked at, Unix ms; null = all calls have. */
  above: number | null;
}

/** Calls of one step: 1 ms. Their pages are read twice, and are still in SQLite's cache the second time. */
export const WINDOW = 16_384;
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

const floorSql = (among: string): string =>
  `SELECT started FROM call_facets WHERE started <= ? AND ${among} ORDER BY started DESC, seq DESC LIMIT 1 OFFSET ?`;

export interface ScanOptions {
  /** Unix ms; both included. */
  from?: number;
  to?: number;
  /** Calls of one step. */
  window?: number;
  /** Only these are counted and looked at: what an index has. Absent = all. */
  among?: string;
}

/** Goes down in time, a window of so many calls at each step. Calls of one millisecond are in one step. */
export class FacetScan {
  readonly #database: Database;
  readonly #matches: Statement;
  readonly #values: readonly SqlValue[];
  readonly #floorSql: string;
  readonly #from: number;
  readonly #window: number;
  /** Not looked at yet: what began then or before. */
  #at: number;

  constructor(
    database: Database,
    { sql, values }: Meaning,
    { from = 0, to = END_OF_TIME, window = WINDOW, among = '1' }: ScanOptions,
  ) {
    this.#database = database;
    const where = ['started <= ?', 'started > ?', ...(sql === '' ? [] : [sql])].join(' AND ');
    this.#matches = database.prepare(
      `SELECT started, seq FROM call_facets WHERE ${where} ORDER BY started DESC, seq DESC LIMIT ?`,
    );
    this.#values = values;
    this.#floorSql = floorSql(among);
    this.#from = from;
    this.#window = window;
    this.#at = to;
  }

  /** @param most so many calls, about: those of one millisecond are not parted */
  next(most: number): ScanStep {
    const floor = this.#floor();
    const rows = this.#matches
      .all(this.#at, floor, ...this.#values, most + 1)
      .map(({ started, seq }) => ({ started: Number(started), seq: Number(seq) }));
    const last = rows.at(-1)?.started ?? 0;
    const isCut = rows.length > most;
    if (!isCut) return this.#step(rows, floor);
    const whole = rows.filter(({ started }) => started > last);
    // More than asked for began in one millisecond.
    if (whole.length === 0) return this.#step(this.#ofMoment(last), last - 1);
    return this.#step(whole, last);
  }

  #step(rows: readonly { seq: number }[], above: number): ScanStep {
    this.#at = above;
    return { calls: rows.map(({ seq }) => seq), above: above < this.#from ? null : above };
  }

  /** The time above which the window is. */
  #floor(): number {
    const row = statementOf(this.#database, this.#floorSql).get(this.#at, this.#window);
    const lowest = this.#from - 1;
    if (row === undefined) return lowest;
    const started = Number(row['started']);
    return Math.max(started < this.#at ? started : started - 1, lowest);
  }

  #ofMoment(started: number): { seq: number }[] {
    return this.#matches
      .all(started, started - 1, ...this.#values, END_OF_TIME)
      .map(({ seq }) => ({ seq: Number(seq) }));
  }
}
