/** Search as the API and the commands ask it, over the database and the index beside it. */
import { statSync } from 'node:fs';
import type { CallRecord } from '../core/capture.ts';
import { AppError, messageOf } from '../core/errors.ts';
import { storedCallOf } from '../store/call-row.ts';
import { type Database, openDatabase, type SqlRow, statementOf } from '../store/driver.ts';
import { requireSchema } from '../store/migrations.ts';
import { type CallFilter, conditionsOf } from '../store/queries.ts';
import { Documents } from '../store/search/documents.ts';
import { facetTermOf } from '../store/search/facet-filter.ts';
import type { Condition } from '../store/search/filters.ts';
import { FAMILIES } from '../store/search/freshness.ts';
import { openForReading, type SearchIndex, searchFileOf } from '../store/search/index-file.ts';
import { Indexer, type SliceResult } from '../store/search/indexer.ts';
import { parseQuery, type Query } from '../store/search/query.ts';
import { type Found, type Place, type SearchPage, searchCalls } from '../store/search/search.ts';
import { snippetOf } from '../store/search/snippet.ts';

/** Where words stand in a call. */
export interface HitText {
  /** Where the text stands: in a body, or in what is said of the call beside its bodies. */
  side: 'request' | 'response' | 'call' | null;
  /** Who speaks, and in what kind of block (docs/schema.md). */
  role: string | null;
  kind: string | null;
  /** One line of plain text around the words; null when no word was looked for. */
  snippet: string | null;
  /** Places of the words in the snippet: UTF-16 offsets, the second one is behind the word. */
  marks: (readonly [number, number])[];
}

export interface SearchHit extends HitText {
  call_id: string;
  session_id: string | null;
  started_at: string;
  provider: string;
  operation: string | null;
  /** As answered, else as asked. */
  model: string | null;
  status: number | null;
  client: string | null;
}

/** What is said of a search beside the calls that it found. */
export interface FoundTexts {
  /** One for each call; null = no word was looked for. */
  texts: (HitText | null)[];
  /** As of `SearchAnswer`. */
  behind: number;
  ignored: string[];
}

export interface SearchAnswer {
  hits: SearchHit[];
  next_cursor: string | null;
  /** Texts that are not in the index yet, about; they were read, as far as there was time. */
  behind: number;
  /** There was no time to look at everything; the next page goes on there. */
  partial: boolean;
  /** Parts of the query that nothing can be found by. */
  ignored: string[];
}

export interface CallAnswer extends Partial<FoundTexts> {
  calls: CallRecord[];
  next_cursor: string | null;
  partial: boolean;
}

export interface SearchAsk {
  q: string;
  filter: CallFilter;
  limit: number;
  cursor: string | undefined;
}

export interface SearchOptions {
  /** The database file. */
  db: string;
  budgetMs?: number;
  /** Unix ms, for `since:24h`. */
  wall?: () => number;
  now?: () => number;
}

interface Open {
  database: Database;
  inode: number;
  documents: Documents;
  /** Null = this process does not write the index. */
  indexer: Indexer | null;
  index: SearchIndex | null;
  indexInode: number;
}

const BUDGET_MS = 80;
const MAX_LIMIT = 1000;
/** Of calls of which nothing but the number is wanted. */
const MANY = 50_000;
const CURSOR = /^s(\d{1,15})$/;
const HIT_COLUMNS =
  'seq, id, session_id, started_at, provider, operation, coalesce(response_model, request_model) AS model, status, client';

export class Search {
  readonly #options: Required<SearchOptions>;
  #open: Open | null = null;

  constructor(options: SearchOptions) {
    this.#options = { budgetMs: BUDGET_MS, wall: Date.now, now: () => performance.now(), ...options };
  }

  /** @throws AppError `store_unusable` */
  find(ask: SearchAsk): SearchAnswer {
    const query = parseQuery(ask.q, this.#options.wall());
    const { found, next, partial } = this.#search(query, ask);
    const open = this.#opened();
    return {
      hits: this.#hits(open, found, query),
      next_cursor: next === null ? null : `s${next}`,
      behind: behindOf(open),
      partial,
      ignored: [...query.ignored],
    };
  }

  /** The records of what is found. @throws AppError `store_unusable` */
  calls(query: Query, ask: SearchAsk, withTexts = false): CallAnswer {
    const { found, next, partial } = this.#search(query, ask);
    const open = this.#opened();
    const rows = rowsOf(open.database, '*', found);
    const known = found.filter(({ call }) => rows.has(call));
    const answer = {
      calls: known.map(({ call }) => storedCallOf(rows.get(call) as SqlRow).record),
      next_cursor: next === null ? null : `s${next}`,
      partial,
    };
    if (!withTexts) return answer;
    const texts = known.map(({ place }) => (place === null ? null : hitTextOf(open, place, query)));
    return { ...answer, texts, behind: behindOf(open), ignored: [...query.ignored] };
  }

  /**
   * The numbers of all calls that are found (`llm_calls.seq`), some thousands at a time, the newest first. To be asked of
   * a search without a budget: one that has none left passes over what the index does not hold.
   * @throws AppError `store_unusable`
   */
  *numbers(query: Query, filter: CallFilter): Generator<number[], void, undefined> {
    for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null;) {
      const { found, next } = this.#page(query, filter, MANY, before);
      yield found.map(({ call }) => call);
      before = next;
    }
  }

  /** A slice of bringing the index up to date. @throws what SQLite says; AppError `store_unusable` */
  index(budgetMs: number): SliceResult & { behind: number } {
    // Anybody may delete the index.
    if (this.#open?.indexInode !== inodeOf(searchFileOf(this.#options.db))) this.close();
    const open = this.#opened(true);
    const { indexer } = open;
    if (indexer === null) throw new Error('this search was opened for reading');
    const result = indexer.slice(budgetMs);
    open.index = indexer.index;
    open.indexInode = inodeOf(searchFileOf(this.#options.db));
    return { ...result, behind: indexer.behind() };
  }

  /** Follows all that was deleted, now: no word of it is in the index file afterwards. @throws as `index` does */
  forgetRemoved(): void {
    this.#opened(true).indexer?.catchUp();
  }

  close(): void {
    const open = this.#open;
    this.#open = null;
    if (open === null) return;
    (open.indexer ?? open.index)?.close();
    open.database.close();
  }

  #search(query: Query, { filter, limit, cursor }: SearchAsk): SearchPage {
    const before = CURSOR.exec(cursor ?? '')?.[1];
    return this.#page(query, filter, Math.min(limit, MAX_LIMIT), before === undefined ? null : Number(before));
  }

  #page(query: Query, filter: CallFilter, limit: number, before: number | null): SearchPage {
    const { now, budgetMs } = this.#options;
    const { database, documents, index } = this.#opened();
    const request = { query, conditions: conditionsOfFilter(filter), limit, before, budgetMs };
    try {
      return searchCalls({ database, documents, index, now }, request);
    } catch (error) {
      if (index === null) throw error;
      // The index may be damaged, or gone: its writer sees to that. Texts can be read without it.
      this.#opened().index = null;
      return searchCalls({ database, documents, index: null, now }, request);
    }
  }

  #hits(open: Open, found: readonly Found[], query: Query): SearchHit[] {
    const rows = rowsOf(open.database, HIT_COLUMNS, found);
    return found.flatMap(({ call, place }) => {
      const row = rows.get(call);
      return row === undefined ? [] : { ...factsOf(row), ...hitTextOf(open, place, query) };
    });
  }

  /** Opened anew when another file stands in its place. */
  #opened(isWriter = this.#open?.indexer !== null && this.#open?.indexer !== undefined): Open {
    const { db, now } = this.#options;
    if (this.#open !== null && (inodeOf(db) !== this.#open.inode || (isWriter && this.#open.indexer === null))) {
      this.close();
    }
    this.#open ??= openAll(db, isWriter, now);
    return this.#open;
  }
}

function openAll(db: string, isWriter: boolean, now: () => number): Open {
  let database: Database | null = null;
  try {
    const inode = inodeOf(db);
    database = openDatabase(db, { readOnly: true });
    requireSchema(database);
    const path = searchFileOf(db);
    const indexer = isWriter ? new Indexer({ database, path, now }) : null;
    const index = indexer === null ? openForReading(path) : indexer.index;
    return { database, inode, documents: new Documents(database), indexer, index, indexInode: inodeOf(path) };
  } catch (error) {
    database?.close();
    throw new AppError('store_unusable', `the database ${db} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** -1 = there is no such file. */
function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? -1;
}

/** Each part by itself: an index may answer one, and not another. */
function conditionsOfFilter({ session, run, trace, provider, ...rest }: CallFilter): Condition[] {
  const narrow = [session !== undefined && { session }, run !== undefined && { run }, trace !== undefined && { trace }];
  return [
    ...narrow.flatMap((filter) => (filter === false ? [] : conditionOfFilter(filter, 'narrow'))),
    ...(provider === undefined ? [] : conditionOfFilter({ provider }, 'provider')),
    ...conditionOfFilter(rest, 'other'),
  ];
}

function conditionOfFilter(filter: CallFilter, kind: 'narrow' | 'provider' | 'other'): Condition[] {
  const { where, values } = conditionsOf(filter);
  if (where === '') return [];
  const meaning = { sql: `(${where.replace(/^WHERE /, '')})`, values };
  const facet = facetTermOf(filter);
  return [
    {
      ...meaning,
      narrow: kind === 'narrow' ? meaning : null,
      isOfProvider: kind === 'provider',
      ...(facet === null ? {} : { facet }),
    },
  ];
}

function rowsOf(database: Database, columns: string, found: readonly Found[]): Map<number, SqlRow> {
  const sql = `SELECT ${columns} FROM llm_calls WHERE seq IN (SELECT value FROM json_each(?))`;
  const rows = statementOf(database, sql).all(JSON.stringify(found.map(({ call }) => call)));
  return new Map(rows.map((row) => [Number(row['seq']), row]));
}

function factsOf(row: SqlRow): Omit<SearchHit, keyof HitText> {
  return {
    call_id: String(row['id']),
    session_id: text(row, 'session_id'),
    started_at: String(row['started_at']),
    provider: String(row['provider']),
    operation: text(row, 'operation'),
    model: text(row, 'model'),
    status: typeof row['status'] === 'number' ? row['status'] : null,
    client: text(row, 'client'),
  };
}

function hitTextOf({ documents }: Open, place: Place | null, query: Query): HitText {
  const document = place === null ? null : documents.get(place.family, place.id);
  if (place === null || document === null) {
    return { side: place?.side ?? null, role: null, kind: null, snippet: null, marks: [] };
  }
  const { text: snippet, marks } = snippetOf(document.text, query.terms);
  return { side: place.side, role: document.role, kind: document.kind, snippet, marks: [...marks] };
}

function behindOf({ database, index }: Open): number {
  const row = statementOf(database, LAST).get();
  return FAMILIES.reduce(
    (sum, family) => sum + Math.max(Number(row?.[family] ?? 0) - (index?.cursor(family) ?? 0), 0),
    0,
  );
}

const LAST = 'SELECT (SELECT max(seq) FROM llm_calls) AS calls, (SELECT max(id) FROM blocks) AS blocks';

function text(row: SqlRow, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}
