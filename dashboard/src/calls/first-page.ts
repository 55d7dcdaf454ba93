/** What the list of calls asks for. Apart from the list: the first page is asked for while the list is loaded. */
import { type Query, urlOf } from '../api/client.ts';
import { type Period, periodOf } from '../url/range.ts';

export const PAGE = 100;

export function callsQuery({ since, until }: Period, filter: string, cursor: string | null, limit: number): Query {
  return { limit, since, until, q: filter, cursor, with: 'texts,titles' };
}

/** @param params of the address */
export function firstPageOf(params: URLSearchParams): string {
  return urlOf('/api/calls', callsQuery(periodOf(params), params.get('filter') ?? '', null, PAGE));
}
