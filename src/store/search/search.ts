/**
 * Finds calls, newest first: by the words in what a call brought in (its new messages, its answer, its own facts) and by
 * what is asked of the call. Two ways lead to them. When one of the words is in few texts, the calls of these texts are
 * looked at; else all calls, newest first, until a page is full: common words fill it soon. Either way the time is
 * bounded: what was not looked at in time is said (`partial`), and the next page goes on there.
 */
import { decodeIds } from '../blocks/lists.ts';
import { type Database, type SqlRow, type Statement, statementOf } from '../driver.ts';
import {
  type Candidates,
  callsByFacets,
  CallsInTurn,
  CallsOfTable,
  CallsOfTexts,
  narrowCalls,
  NO_CALLS,
} from './candidates.ts';
import type { Document, Documents, Family } from './documents.ts';
import { facetsOf } from './facet-filter.ts';
import type { Condition } from './filters.ts';
import { FAMILIES, type Freshness, freshnessOf } from './freshness.ts';
import type { SearchIndex } from './index-file.ts';
import type { Query, Term } from './query.ts';
import { termsIn } from './snippet.ts';
import { TermMatches } from './term-matches.ts';

export interface SearchSource {
  database: Database;
  documents: Documents;
  /** Null = there is none: all texts are read. */
  index: SearchIndex | null;
  /** Milliseconds of any clock that never goes back. */
  now: () => number;
}

export interface SearchRequest {
  query: Query;
  /** Beside those of the query. */
  conditions: readonly Condition[];
  limit: number;
  /** Calls below this number only. */
  before: number | null;
  budgetMs: number;
}

/** Where the words stand. */
export interface Found {
  call: number;
  /** The text in which most of them are; null = no word was looked for. */
  place: Place | null;
}

export interface Place {
  family: Family;
  id: number;
  side: 'request' | 'response' | 'call';
}

export interface SearchPage {
  found: Found[];
  /** For `before` of the next page; null = there is nothing more. */
  next: number | null;
  /** Not everything was looked at, for want of time. */
  partial: boolean;
}

/** Texts in which a word may stand, to begin with these. */
const MAX_TEXTS = 20_000;
/** Then it is asked how long the page will take at this pace. */
const SLOW_MS = 5;
/** So long it takes to look for them among narrow rows. */
const SCAN_MS = 40;
/** Of the time, for what the index does not hold yet. */
const READ_SHARE = 0.4;
const READ = 32;
const NOTHING_STALE: Freshness = { stale: { blocks: new Set(), calls: new Set() } };

export function searchCalls(source: SearchSource, request: SearchRequest): SearchPage {
  const { query, limit, budgetMs } = request;
  if (isHopeless(query)) return { found: [], next: null, partial: false };
  const start = source.now();
  const fresh = source.index === null ? null : freshnessOf(source.database, source.index);
  const index = fresh === null ? null : source.index;
  const terms = [...query.terms, ...query.without];
  const matches = terms.map((term) => new TermMatches(index, fresh ?? NOTHING_STALE, term));
  const reading = { ...source, index, terms, matches, readMs: budgetMs * READ_SHARE };
  const isRead = terms.length === 0 || readNew(reading, fresh ?? NOTHING_STALE);
  const isLate = (): boolean => source.now() - start > budgetMs;
  const wanted = matches.slice(0, query.terms.length);
  const look = new Look(source.database, wanted, matches.slice(query.terms.length));
  const candidates = candidatesOf(source, request, wanted, isLate);
  const page = pageOf(candidates, look, limit, isLate);
  return { ...page, partial: page.partial || !isRead };
}

/** Nothing of what was asked for can be found. */
function isHopeless({ terms, without, conditions, ignored }: Query): boolean {
  return ignored.length > 0 && terms.length + without.length + conditions.length === 0;
}

function pageOf(candidates: Candidates, look: Look, limit: number, isLate: () => boolean): SearchPage {
  const found: Found[] = [];
  for (;;) {
    const { calls, lowest, done } = candidates.next();
    for (const [at, call] of calls.entries()) {
      const place = look.at(call);
      if (place !== undefined) found.push({ call, place });
      const isLast = done && at === calls.length - 1;
      if (found.length === limit) return { found, next: isLast ? null : call, partial: false };
      if (at % 16 === 15 && isLate() && !isLast) return { found, next: call, partial: true };
    }
    if (done) return { found, next: null, partial: false };
    if (isLate()) return { found, next: lowest, partial: true };
  }
}

function candidatesOf(
  { database, now }: SearchSource,
  request: SearchRequest,
  wanted: readonly TermMatches[],
  isLate: () => boolean,
): Candidates {
  const conditions = [...request.query.conditions, ...request.conditions];
  const before = request.before ?? Number.MAX_SAFE_INTEGER;
  const narrow = narrowCalls(database, conditions, before);
  if (narrow !== null) return narrow;
  const facets = facetsOf(database, { conditions });
  if (facets === 'nothing') return NO_CALLS;
  const rarest = rarestOf(wanted, isLate);
  const all =
    rarest === null
      ? new CallsOfTable(database, conditions, before, now)
      : new CallsOfTexts(database, rarest, conditions, before);
  if (facets === null) return all;
  const begun = now();
  const few = (below: number): Candidates | null =>
    callsByFacets(database, { conditions, before: below, facets }, isLate);
  const isSlow = (given: number): boolean => {
    const took = now() - begun;
    return took > SLOW_MS && took * request.limit > SCAN_MS * given;
  };
  return new CallsInTurn(all, before, few, isSlow);
}

/** The texts of the word that is in fewest; null = each is in many. */
function rarestOf(
  wanted: readonly TermMatches[],
  isLate: () => boolean,
): { blocks: readonly number[]; calls: readonly number[] } | null {
  let rarest: { blocks: readonly number[]; calls: readonly number[] } | null = null;
  let limit = MAX_TEXTS;
  for (const one of wanted) {
    const blocks = one.all('blocks', limit, isLate);
    const calls = blocks === null ? null : one.all('calls', limit - blocks.length, isLate);
    if (blocks === null || calls === null) continue;
    rarest = { blocks, calls };
    limit = blocks.length + calls.length;
  }
  return rarest;
}

interface Reading extends SearchSource {
  terms: readonly Term[];
  matches: readonly TermMatches[];
  /** For both families; each has half of it. */
  readMs: number;
}

/** Notes the words in texts that the index does not hold (yet), the newest first. False = there was no time for all. */
function readNew(reading: Reading, { stale }: Freshness): boolean {
  return FAMILIES.map((family) => {
    const until = reading.now() + reading.readMs / FAMILIES.length;
    return readStale(reading, family, stale[family], until) && readBehind(reading, family, until);
  }).every(Boolean);
}

function readStale(reading: Reading, family: Family, stale: ReadonlySet<number>, until: number): boolean {
  for (const id of stale) {
    if (reading.now() > until) return false;
    const document = reading.documents.get(family, id);
    if (document !== null) note(reading, family, document);
  }
  return true;
}

function readBehind(reading: Reading, family: Family, until: number): boolean {
  const { index, documents, database, now } = reading;
  const cursor = index?.cursor(family) ?? 0;
  let last = Number(statementOf(database, LAST[family]).get()?.['last'] ?? 0);
  while (last > cursor) {
    if (now() > until) return false;
    const after = Math.max(last - READ, cursor);
    for (const document of documents.next(family, after, READ)) {
      if (document.id <= last) note(reading, family, document);
    }
    last = after;
  }
  return true;
}

const LAST: Readonly<Record<Family, string>> = {
  blocks: 'SELECT max(id) AS last FROM blocks',
  calls: 'SELECT max(seq) AS last FROM llm_calls',
};

function note({ terms, matches }: Reading, family: Family, { id, text }: Document): void {
  if (text === '') return;
  for (const [at, isThere] of termsIn(text, terms).entries()) if (isThere) matches[at]?.note(family, id);
}

/** Looks at one call: are all words in what it brought in? */
class Look {
  readonly #lists: Statement;
  readonly #wanted: readonly TermMatches[];
  readonly #without: readonly TermMatches[];

  constructor(database: Database, wanted: readonly TermMatches[], without: readonly TermMatches[]) {
    this.#lists = statementOf(database, 'SELECT side, middle FROM call_blocks WHERE call = ?');
    this.#wanted = wanted;
    this.#without = without;
  }

  /** `undefined` = not all are, or one that must not be. */
  at(call: number): Place | null | undefined {
    if (this.#wanted.length + this.#without.length === 0) return null;
    const sides = this.#lists.all(call).map(sideOf);
    const ids = [...new Set(sides.flatMap((side) => side.ids))].toSorted((one, other) => one - other);
    const isIn = (term: TermMatches): boolean =>
      term.among('calls', [call]).length > 0 || term.among('blocks', ids).length > 0;
    if (this.#without.some(isIn)) return undefined;
    const counts = new Map<number, number>();
    let named = 0;
    for (const term of this.#wanted) {
      const isNamed = term.among('calls', [call]).length > 0;
      const blocks = term.among('blocks', ids);
      if (!isNamed && blocks.length === 0) return undefined;
      named += Number(isNamed);
      for (const id of blocks) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    if (this.#wanted.length === 0) return null;
    return placeOf(call, counts, named, sides);
  }
}

/** What is said in a body comes before what is said of the call; what is new before what is old. */
function placeOf(call: number, counts: ReadonlyMap<number, number>, named: number, sides: readonly Side[]): Place {
  let best = -1;
  for (const [id, count] of counts) {
    const most = counts.get(best) ?? 0;
    if (count > most || (count === most && id > best)) best = id;
  }
  if ((counts.get(best) ?? 0) < named || best < 0) return { family: 'calls', id: call, side: 'call' };
  const isRequest = sides.some(({ side, ids }) => side === 0 && ids.includes(best));
  return { family: 'blocks', id: best, side: isRequest ? 'request' : 'response' };
}

interface Side {
  side: number;
  ids: number[];
}

function sideOf({ side, middle }: SqlRow): Side {
  return { side: Number(side), ids: middle instanceof Uint8Array ? decodeIds(middle) : [] };
}
