import { openSync, readSync, closeSync } from 'node:fs';
import type { CallRecord } from '../core/capture.ts';
import { AppError, messageOf } from '../core/errors.ts';
import type { PeriodStats, RepriceQuery } from '../core/ports.ts';
import type { StatsParameters } from '../core/stats-question.ts';
import { isSectionOf } from '../store/call-row.ts';
import { type Database, openDatabase } from '../store/driver.ts';
import { periodStats } from '../store/period-stats.ts';
import { fileAt } from '../store/open.ts';
import { dearestCalls } from '../store/calls-by-cost.ts';
import { listCallsInTime } from '../store/calls-in-time.ts';
import { type CallFilter, getCall, parseStatus } from '../store/queries.ts';
import { narrowNumbers } from '../store/search/candidates.ts';
import { parseQuery } from '../store/search/query.ts';
import { titlesOf } from '../store/sessions.ts';
import { type FoundTexts, Search, type SearchAsk } from './search.ts';
import { statsQueryOf } from './stats-query.ts';
import { timeOf } from './times.ts';

export interface CallQuery {
  limit?: string | undefined;
  cursor?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  session?: string | undefined;
  run?: string | undefined;
  trace?: string | undefined;
  status?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  q?: string | undefined;
  /** `cost`: the dearest first, of those whose price is known. */
  sort?: string | undefined;
  /** More that a list shows of calls, with commas between: `texts`, `titles`. */
  with?: string | undefined;
}

export interface Page {
  calls: CallRecord[];
  next_cursor: string | null;
  /** There was no time to look at everything; the next page goes on there. */
  partial: boolean;
}

/** A page with what a list shows beside the records, as far as it was asked for. */
export interface ListedPage extends Page, Partial<FoundTexts> {
  /** By cost: US dollars below which calls are not listed, for there are too many in the period; null = all are. */
  above_usd?: number | null;
  /** Titles of the sessions that have one, by `agent_facts.session`. */
  titles?: Record<string, string>;
}

const DEFAULT_LIMIT = 50;
/** Of a question that no index answers; one thread answers all of them. */
const PATIENCE = { budgetMs: 80, now: () => performance.now() };
const MAX_SECTION_BYTES = 64 * 1024 * 1024;

/** The store as the API and the read commands ask it. Opened at the first question, read-only. */
export class Calls {
  readonly #path: string;
  readonly #search: Search;
  #database: Database | null = null;
  /** Which file that is: the recorder begins a new one where somebody deleted it. */
  #file: string | null = null;

  constructor(path: string, search = new Search({ db: path })) {
    this.#path = path;
    this.#search = search;
  }

  /** Throws AppError `config_invalid` on a filter that means nothing. */
  list(query: CallQuery): ListedPage {
    const more = new Set(query.with?.split(','));
    const page = this.#page(query, more.has('texts'));
    if (!more.has('titles')) return page;
    const sessions = new Set(page.calls.flatMap(({ agent_facts: facts }) => facts?.session ?? []));
    return { ...page, titles: titlesOf(this.#open(), [...sessions]) };
  }

  #page(query: CallQuery, withTexts: boolean): ListedPage {
    const ask = askOf(query);
    const { conditions, ...words } = parseQuery(ask.q, Date.now());
    const isByCost = isSortedByCost(query);
    // Texts are found by the number of their calls; a filter alone keeps the order of the start.
    if (words.terms.length + words.without.length + words.ignored.length > 0) {
      if (isByCost) throw new AppError('config_invalid', 'sort=cost goes with filters, not with words');
      return this.#search.calls({ conditions, ...words }, ask, withTexts);
    }
    const database = this.#open();
    const few = narrowNumbers(database, conditions);
    const asked = { ...ask.filter, conditions, ...(few === null ? {} : { among: few }) };
    const page = isByCost ? dearest(database, asked, ask) : newest(database, asked, ask);
    return withTexts ? { ...page, texts: page.calls.map(() => null), behind: 0, ignored: [] } : page;
  }

  get(id: string): CallRecord | 'ambiguous' | null {
    const found = getCall(this.#open(), id);
    return found === null || found === 'ambiguous' ? found : found.record;
  }

  /** Totals of a period. Throws AppError `config_invalid` on a question that means nothing. */
  stats(given: StatsParameters): PeriodStats {
    return periodStats(this.#open(), statsQueryOf(given));
  }

  /** A question of another topic, to the same database. */
  ask<T>(question: (database: Database) => T): T {
    return question(this.#open());
  }

  /** The call's section of the text log; null when there is none (any more), or another one in its place. */
  section(id: string): string | null {
    const found = getCall(this.#open(), id);
    if (found === null || found === 'ambiguous' || found.log === null) return null;
    const { file, offset, length } = found.log;
    const bytes = Buffer.alloc(Math.min(length, MAX_SECTION_BYTES));
    try {
      const fd = openSync(file, 'r');
      try {
        const text = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset)).toString('utf8');
        return isSectionOf(text, found.record.id) ? text : null;
      } finally {
        closeSync(fd);
      }
    } catch {
      return null;
    }
  }

  close(): void {
    this.#search.close();
    this.#database?.close();
    this.#database = null;
  }

  #open(): Database {
    try {
      const file = fileAt(this.#path);
      if (file !== this.#file) this.close();
      this.#file = file;
      this.#database ??= openDatabase(this.#path, { readOnly: true });
    } catch (error) {
      throw new AppError('store_unusable', `the database ${this.#path} cannot be read: ${messageOf(error)}`, {
        cause: error,
      });
    }
    return this.#database;
  }
}

/** Throws AppError `config_invalid` on a filter that means nothing. */
export function askOf(query: CallQuery): SearchAsk {
  const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new AppError('config_invalid', 'limit must be a whole number above 0');
  const { q = '', ...filter } = filterOf(query);
  return { q, filter, limit, cursor: query.cursor };
}

function newest(database: Database, filter: CallFilter, ask: SearchAsk): Page {
  const { calls, nextCursor, partial } = listCallsInTime(database, filter, ask, PATIENCE);
  return { calls, next_cursor: nextCursor, partial };
}

function dearest(database: Database, filter: CallFilter, ask: SearchAsk): ListedPage {
  const { calls, nextCursor, partial, above } = dearestCalls(database, filter, ask, PATIENCE);
  return { calls, next_cursor: nextCursor, partial, above_usd: above };
}

/** Of the API's query or of the command line. Throws AppError `config_invalid`. */
export function filterOf(query: CallQuery): CallFilter {
  const filter: CallFilter = {};
  for (const name of ['provider', 'model', 'session', 'run', 'trace', 'q'] as const) {
    const value = query[name];
    if (value !== undefined && value !== '') filter[name] = value;
  }
  if (query.status !== undefined)
    filter.status = parseStatus(query.status) ?? invalid('status', 'e.g. 404, 5xx or >=400');
  if (query.since !== undefined) filter.since = timeOf('since', query.since);
  if (query.until !== undefined) filter.until = timeOf('until', query.until);
  return filter;
}

/** Of a request's body or of the command line. Throws AppError `config_invalid`. */
export function repriceQueryOf(given: Readonly<Record<string, unknown>>): RepriceQuery {
  const text = (name: string): string | undefined => {
    const value = given[name];
    return value === undefined || value === null
      ? undefined
      : typeof value === 'string'
        ? value
        : invalid(name, 'a text');
  };
  const [since, until, provider, model] = ['since', 'until', 'provider', 'model'].map(text);
  const dryRun = given['dry_run'] ?? false;
  return {
    ...(since === undefined ? {} : { since: timeOf('since', since) }),
    ...(until === undefined ? {} : { until: timeOf('until', until) }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    dryRun: typeof dryRun === 'boolean' ? dryRun : invalid('dry_run', 'true or false'),
    cursor: text('cursor') ?? null,
  };
}

/** Throws AppError `config_invalid`. */
function isSortedByCost({ sort = '' }: CallQuery): boolean {
  if (!['', 'cost'].includes(sort)) throw new AppError('config_invalid', 'sort must be cost, or left out');
  return sort === 'cost';
}

function invalid(name: string, what: string): never {
  throw new AppError('config_invalid', `${name} must be ${what}`);
}
