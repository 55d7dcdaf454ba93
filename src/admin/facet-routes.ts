/** `GET /api/facets`: what the calls of a filter are made of. Formats: docs/api.md. */
import type { Hono } from 'hono';
import type { CallRecord } from '../core/capture.ts';
import type { Clock } from '../core/clock.ts';
import { type Facet, type FacetPage, facetPage, FACETS, type FacetValues } from '../store/facets.ts';
import { parseQuery } from '../store/search/query.ts';
import { askOf, type CallQuery, type Calls } from './calls.ts';

export interface FacetDeps {
  calls: Pick<Calls, 'list' | 'ask'>;
  clock: Clock;
}

/** `value` is `null` for calls that say none. */
export type FacetCounts = Record<Facet, { value: string | null; calls: number }[]>;

/** The newest calls are looked at, page by page, for so long. */
const BUDGET_MS = 80;
/** 8 ms of a store of a million calls. */
const PAGE = 2000;
/** Of calls that are found by words: they come whole. */
const PAGE_OF_WORDS = 200;
const MOST_VALUES = 50;

export function facetRoutes(app: Hono, { calls, clock }: FacetDeps): void {
  app.get('/api/facets', (context) => {
    const query: CallQuery = { ...context.req.query(), limit: '1', cursor: undefined };
    const counts = new Map<Facet, Map<string | null, number>>();
    const until = clock.now() + BUDGET_MS;
    let counted = 0;
    let since: string | null = null;
    for (const page of pagesOf(query, calls, clock)) {
      for (const values of page.values) count(counts, values);
      counted += page.values.length;
      since = page.since;
      if (clock.now() >= until) break;
    }
    return context.json({ facets: facetsOf(counts), counted, complete: since === null, since });
  });
}

interface CountedPage {
  values: FacetValues[];
  /** No call before this was looked at; `null` = all were. */
  since: string | null;
}

/** Throws AppError `config_invalid` on a filter that means nothing. */
function* pagesOf(query: CallQuery, calls: FacetDeps['calls'], clock: Clock): Generator<CountedPage> {
  const { q, filter } = askOf(query);
  const { conditions, terms, without, ignored } = parseQuery(q, clock.wall());
  if (terms.length + without.length + ignored.length > 0) {
    yield* pagesOfWords(query, calls);
    return;
  }
  let below: number | undefined;
  do {
    const from: number | undefined = below;
    const { values, next }: FacetPage = calls.ask((database) =>
      facetPage(database, { ...filter, conditions }, PAGE, from),
    );
    below = next ?? undefined;
    yield { values, since: next === null ? null : new Date(next + 1).toISOString() };
  } while (below !== undefined);
}

function* pagesOfWords(query: CallQuery, calls: FacetDeps['calls']): Generator<CountedPage> {
  let cursor: string | undefined;
  do {
    const page = calls.list({ ...query, limit: String(PAGE_OF_WORDS), cursor });
    cursor = page.next_cursor ?? undefined;
    yield {
      values: page.calls.map(valuesOf),
      since: cursor === undefined ? null : (page.calls.at(-1)?.started_at ?? ''),
    };
  } while (cursor !== undefined);
}

function valuesOf(call: CallRecord): FacetValues {
  return {
    provider: call.provider,
    model: call.response_model ?? call.request_model,
    status: call.status === null ? null : String(call.status),
    client: call.client,
    session: call.session_id,
    operation: call.operation,
    agent: call.agent,
    section: call.section,
    customer: call.customer_id,
  };
}

function count(counts: Map<Facet, Map<string | null, number>>, said: FacetValues): void {
  for (const facet of FACETS) {
    const values = counts.get(facet) ?? new Map<string | null, number>();
    counts.set(facet, values);
    values.set(said[facet], (values.get(said[facet]) ?? 0) + 1);
  }
}

/** The most frequent first. */
function facetsOf(counts: ReadonlyMap<Facet, ReadonlyMap<string | null, number>>): FacetCounts {
  const facets = FACETS.map((facet) => {
    const values = [...(counts.get(facet) ?? [])].toSorted(([, one], [, other]) => other - one);
    return [facet, values.slice(0, MOST_VALUES).map(([value, calls]) => ({ value, calls }))];
  });
  return Object.fromEntries(facets) as FacetCounts;
}
