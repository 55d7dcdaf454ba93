/** `GET /api/facets`: what the calls of a filter are made of. Formats: docs/api.md. */
import type { Hono } from 'hono';
import type { CallRecord } from '../core/capture.ts';
import type { Clock } from '../core/clock.ts';
import type { CallQuery, Calls } from './calls.ts';

export interface FacetDeps {
  calls: Pick<Calls, 'list'>;
  clock: Pick<Clock, 'now'>;
}

const VALUES_OF = {
  provider: (call) => call.provider,
  model: (call) => call.response_model ?? call.request_model,
  status: (call) => (call.status === null ? null : String(call.status)),
  client: (call) => call.client,
  session: (call) => call.session_id,
  operation: (call) => call.operation,
  agent: (call) => call.agent,
  section: (call) => call.section,
  customer: (call) => call.customer_id,
} as const satisfies Record<string, (call: CallRecord) => string | null>;

type Facet = keyof typeof VALUES_OF;

/** `value` is `null` for calls that say none. */
export type FacetCounts = Record<Facet, { value: string | null; calls: number }[]>;

/** The newest calls are counted, page by page, for so long or so many. */
const BUDGET_MS = 120;
const PAGE = 500;
const MOST_CALLS = 10_000;
const MOST_VALUES = 50;

export function facetRoutes(app: Hono, { calls, clock }: FacetDeps): void {
  app.get('/api/facets', (context) => {
    const counts = new Map<Facet, Map<string | null, number>>();
    const query: CallQuery = { ...context.req.query(), limit: String(PAGE), cursor: undefined };
    const until = clock.now() + BUDGET_MS;
    let counted = 0;
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = calls.list({ ...query, cursor });
      for (const call of page.calls) count(counts, call);
      counted += page.calls.length;
      cursor = page.next_cursor ?? undefined;
      if (cursor !== undefined && (clock.now() >= until || counted >= MOST_CALLS))
        return context.json({ facets: facetsOf(counts), counted, complete: false });
    }
    return context.json({ facets: facetsOf(counts), counted, complete: true });
  });
}

function count(counts: Map<Facet, Map<string | null, number>>, call: CallRecord): void {
  for (const [facet, valueOf] of Object.entries(VALUES_OF) as [Facet, (call: CallRecord) => string | null][]) {
    const values = counts.get(facet) ?? new Map<string | null, number>();
    counts.set(facet, values);
    const value = valueOf(call);
    values.set(value, (values.get(value) ?? 0) + 1);
  }
}

/** The most frequent first. */
function facetsOf(counts: ReadonlyMap<Facet, ReadonlyMap<string | null, number>>): FacetCounts {
  const facets = (Object.keys(VALUES_OF) as Facet[]).map((facet) => {
    const values = [...(counts.get(facet) ?? [])].toSorted(([, one], [, other]) => other - one);
    return [facet, values.slice(0, MOST_VALUES).map(([value, calls]) => ({ value, calls }))];
  });
  return Object.fromEntries(facets) as FacetCounts;
}
