/** What the list of calls asks for. Apart from the list: the first page is asked for while the list is loaded. */
import { type Query, urlOf } from '../api/client.ts';
import { type Period, periodOf } from '../url/range.ts';

export const PAGE = 100;

/** What is listed, and what comes first: `null` = the newest call. */
export interface Asked {
  period: Period;
  filter: string;
  sort: 'cost' | null;
}

export function askedIn(params: URLSearchParams): Asked {
  const sort = params.get('sort') === 'cost' ? 'cost' : null;
  return { period: periodOf(params), filter: params.get('filter') ?? '', sort };
}

export function callsQuery({ period, filter, sort }: Asked, cursor: string | null, limit: number): Query {
  return { limit, since: period.since, until: period.until, q: filter, sort, cursor, with: 'texts,titles' };
}

/** @param params of the address */
export function firstPageOf(params: URLSearchParams): string {
  return urlOf('/api/calls', callsQuery(askedIn(params), null, PAGE));
}
