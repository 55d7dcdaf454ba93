/** Calls in descending order of their numbers: by the texts they brought in, or by what is asked of the call itself. */
import { type Database, type SqlValue, type Statement, statementOf } from '../driver.ts';
import { FacetScan, WINDOW } from '../facet-scan.ts';
import type { FacetFilter } from './facet-filter.ts';
import type { Condition } from './filters.ts';

export interface Batch {
  /** Descending. May be empty though more are to come. */
  calls: number[];
  /** All numbers down to this one have been looked at. */
  lowest: number;
  done: boolean;
}

export interface Candidates {
  next(): Batch;
}

const BATCH = 64;
const MIN_WINDOW = 512;
const MAX_WINDOW = 16_384;
/** A window that took less is made larger. */
const QUICK_MS = 5;
/** A filter that an index answers: more calls than this are looked at in windows. */
const MAX_NARROW = 5000;
/** Found by narrow rows: more than this are found soon enough in windows of whole ones. */
const MAX_FACETS = 20_000;
/** There is no time for more narrow rows than these, which are in the order of time and not of numbers. */
const MAX_SCANNED = 1_500_000;

const HIGHEST = `SELECT value AS block, (SELECT max(call) FROM block_calls WHERE block = value AND call < ?) AS call
FROM json_each(?)`;

interface Lead {
  /** The highest call below the last batch that brought in the block; for a call's own facts the call. */
  call: number;
  /** Null = the facts of a call. */
  block: number | null;
}

/** The calls that brought in one of these blocks, and these calls; those that meet the conditions. */
export class CallsOfTexts implements Candidates {
  readonly #leads: Lead[];
  readonly #lower: Statement;
  readonly #meets: (calls: readonly number[]) => number[];

  constructor(
    database: Database,
    found: { blocks: readonly number[]; calls: readonly number[] },
    conditions: readonly Condition[],
    before: number,
  ) {
    this.#lower = statementOf(database, 'SELECT max(call) AS call FROM block_calls WHERE block = ? AND call < ?');
    this.#meets = filterOf(database, conditions);
    const leads: Lead[] = statementOf(database, HIGHEST)
      .all(before, JSON.stringify(found.blocks))
      .flatMap(({ block, call }) => (call === null ? [] : [{ block: Number(block), call: Number(call) }]));
    for (const call of found.calls) if (call < before) leads.push({ block: null, call });
    this.#leads = leads.toSorted((one, other) => one.call - other.call);
  }

  next(): Batch {
    const calls: number[] = [];
    while (calls.length < BATCH && this.#leads.length > 0) calls.push(this.#take());
    return { calls: this.#meets(calls), lowest: calls.at(-1) ?? 0, done: this.#leads.length === 0 };
  }

  #take(): number {
    const call = this.#leads.at(-1)?.call ?? 0;
    for (let last = this.#leads.at(-1); last?.call === call; last = this.#leads.at(-1)) {
      this.#leads.pop();
      const lower = last.block === null ? null : (this.#lower.get(last.block, call)?.['call'] ?? null);
      if (lower !== null) this.#insert({ block: last.block, call: Number(lower) });
    }
    return call;
  }

  #insert(lead: Lead): void {
    let low = 0;
    let high = this.#leads.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#leads[middle]?.call ?? 0) < lead.call) low = middle + 1;
      else high = middle;
    }
    this.#leads.splice(low, 0, lead);
  }
}

/** All of them, until it is seen that few meet the conditions; then by their narrow rows, if these tell. */
export class CallsInTurn implements Candidates {
  readonly #table: Candidates;
  readonly #few: (before: number) => Candidates | null;
  readonly #isSlow: (given: number) => boolean;
  #found: Candidates | null = null;
  #isTried = false;
  #lowest: number;
  #given = 0;

  /** @param few asked once; null = they are many @param isSlow with so many calls so far */
  constructor(
    table: Candidates,
    before: number,
    few: (before: number) => Candidates | null,
    isSlow: (given: number) => boolean,
  ) {
    this.#table = table;
    this.#lowest = before;
    this.#few = few;
    this.#isSlow = isSlow;
  }

  next(): Batch {
    if (!this.#isTried && this.#isSlow(this.#given)) {
      this.#isTried = true;
      this.#found = this.#few(this.#lowest);
    }
    const batch = (this.#found ?? this.#table).next();
    this.#lowest = batch.lowest;
    this.#given += batch.calls.length;
    return batch;
  }
}

/** All calls that meet the conditions. */
export class CallsOfTable implements Candidates {
  readonly #window: Statement;
  readonly #values: readonly SqlValue[];
  readonly #now: () => number;
  #before: number;
  #size = MIN_WINDOW;

  /** @param now milliseconds of any clock that never goes back */
  constructor(database: Database, conditions: readonly Condition[], before: number, now: () => number) {
    const terms = ['seq >= ? AND seq < ?', ...conditions.map(({ sql }) => sql)];
    this.#window = database.prepare(
      `SELECT seq FROM llm_calls NOT INDEXED WHERE ${terms.join(' AND ')} ORDER BY seq DESC`,
    );
    this.#values = conditions.flatMap(({ values }) => values);
    this.#now = now;
    const last = lastCall(database);
    this.#before = Math.min(before, last + 1);
  }

  next(): Batch {
    const lowest = Math.max(this.#before - this.#size, 0);
    const start = this.#now();
    const calls = this.#window.all(lowest, this.#before, ...this.#values).map(({ seq }) => Number(seq));
    if (this.#now() - start < QUICK_MS) this.#size = Math.min(this.#size * 2, MAX_WINDOW);
    this.#before = lowest;
    return { calls, lowest, done: lowest === 0 };
  }
}

/** There are none. */
export const NO_CALLS: Candidates = { next: () => ({ calls: [], lowest: 0, done: true }) };

/** Calls that are few and that an index names; null = they are many. */
export function narrowCalls(database: Database, conditions: readonly Condition[], before: number): Candidates | null {
  const found = narrowNumbers(database, conditions);
  return found === null ? null : listedCalls(database, conditions, found, before);
}

/** Calls that are few by their narrow rows; null = they are many, or there was no time to look at all. */
export function callsByFacets(
  database: Database,
  { conditions, before, facets }: { conditions: readonly Condition[]; before: number; facets: FacetFilter },
  isLate: () => boolean,
): Candidates | null {
  const last = lastCall(database);
  // Of a period, or of what an index has, the newest tell nothing of all.
  const isOfAll = facets.from === 0 && facets.among === undefined;
  if (last > MAX_SCANNED && isOfAll) return null;
  const scan = new FacetScan(database, facets.meaning, facets);
  const found: number[] = [];
  for (let looked = WINDOW; ; looked += WINDOW) {
    const { calls, above } = scan.next(MAX_FACETS + 1 - found.length);
    for (const call of calls) found.push(call);
    // So many among the newest are many in all, or are found soon in windows.
    const expected = isOfAll && found.length > BATCH ? (found.length * last) / looked : 0;
    if (Math.max(found.length, expected) > MAX_FACETS) return null;
    if (above === null) return listedCalls(database, conditions, found, before);
    if (isLate()) return null;
  }
}

function lastCall(database: Database): number {
  return Number(statementOf(database, 'SELECT max(seq) AS last FROM llm_calls').get()?.['last'] ?? 0);
}

function listedCalls(
  database: Database,
  conditions: readonly Condition[],
  found: readonly number[],
  before: number,
): Candidates {
  const meets = filterOf(database, conditions);
  const calls = found.filter((seq) => seq < before).toSorted((one, other) => other - one);
  let at = 0;
  return {
    next() {
      const batch = calls.slice(at, at + BATCH);
      at += BATCH;
      return { calls: meets(batch), lowest: batch.at(-1) ?? 0, done: at >= calls.length };
    },
  };
}

/**
 * The numbers of the calls that an index names for these conditions, those among them that do not meet all included;
 * null = they are many, or there is no such index.
 */
export function narrowNumbers(database: Database, conditions: readonly Condition[]): number[] | null {
  const narrow = conditions.flatMap((condition) => condition.narrow ?? []);
  if (narrow.length === 0) return null;
  const asked = [...conditions.filter(({ isOfProvider }) => isOfProvider), ...narrow];
  // One text: thousands of rows as objects take ten times as long.
  const sql = `SELECT count(*) AS calls, group_concat(seq) AS numbers
FROM (SELECT seq FROM llm_calls WHERE ${asked.map((one) => one.sql).join(' AND ')} LIMIT ?)`;
  const row = database.prepare(sql).get(...asked.flatMap(({ values }) => values), MAX_NARROW + 1);
  if (Number(row?.['calls']) > MAX_NARROW) return null;
  const numbers = row?.['numbers'];
  return typeof numbers === 'string' ? numbers.split(',').map(Number) : [];
}

function filterOf(database: Database, conditions: readonly Condition[]): (calls: readonly number[]) => number[] {
  if (conditions.length === 0) return (calls) => [...calls];
  const values = conditions.flatMap((condition) => condition.values);
  const statement = database.prepare(
    `SELECT seq FROM llm_calls WHERE seq IN (SELECT value FROM json_each(?)) AND ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY seq DESC`,
  );
  return (calls) =>
    calls.length === 0 ? [] : statement.all(JSON.stringify(calls), ...values).map(({ seq }) => Number(seq));
}
