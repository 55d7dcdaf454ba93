/** Conversations, as the API and the command line tell of them. Shapes: docs/api.md. */
import type { CallRecord } from '../core/capture.ts';
import { AppError } from '../core/errors.ts';
import type { Totals } from '../core/ports.ts';
import type { Edge } from '../core/sessions.ts';
import { toTotals } from '../core/totals.ts';
import type { Database } from '../store/driver.ts';
import {
  callsOfSession,
  descendantsOf,
  edgesInto,
  getSession,
  listSessions,
  type SessionFilter,
  type SessionOrder,
  type SessionRow,
  sumSessions,
} from '../store/sessions.ts';
import { timeOf } from './times.ts';

/** Sums are those of its own calls; `children` is how many sessions have it as their parent. */
export type SessionSummary = Omit<SessionRow, 'tally'> & Totals;

export interface SessionList {
  sessions: SessionSummary[];
  next_cursor: string | null;
}

export interface SessionView {
  session: SessionSummary;
  /** All sessions below it, parents first. */
  descendants: SessionSummary[];
  /** Sums of it and of all below it. */
  with_children: { sessions: number; calls: number; tool_errors: number } & Totals;
  /** Its own, newest first. */
  calls: CallRecord[];
  next_cursor: string | null;
  /** Those that end in one of these calls. */
  edges: Edge[];
}

export type SessionQuery = Readonly<Record<string, string | undefined>>;

const DEFAULT_SESSIONS = 50;
const DEFAULT_CALLS = 100;

/** Throws AppError `config_invalid` on a filter that means nothing. */
export function sessionList(database: Database, query: SessionQuery): SessionList {
  const limit = limitOf(query, DEFAULT_SESSIONS);
  const page = listSessions(database, filterOf(query), limit, query['cursor'], orderOf(query));
  return { sessions: page.sessions.map(summaryOf), next_cursor: page.nextCursor };
}

/** @param id ours, the client's, or the beginning of ours. Throws AppError `config_invalid` */
export function sessionView(database: Database, id: string, query: SessionQuery): SessionView | 'ambiguous' | null {
  const session = getSession(database, id);
  if (session === null || session === 'ambiguous') return session;
  const descendants = descendantsOf(database, session.id);
  const { tally, ...sums } = sumSessions([session, ...descendants]);
  const page = callsOfSession(database, session.id, limitOf(query, DEFAULT_CALLS), query['cursor']);
  return {
    session: summaryOf(session),
    descendants: descendants.map(summaryOf),
    with_children: { sessions: descendants.length + 1, ...sums, ...toTotals(tally) },
    calls: page.calls,
    next_cursor: page.nextCursor,
    edges: edgesInto(
      database,
      page.calls.map((call) => call.id),
    ),
  };
}

export function summaryOf({ tally, ...row }: SessionRow): SessionSummary {
  return { ...row, ...toTotals(tally) };
}

function filterOf(query: SessionQuery): SessionFilter {
  const filter: SessionFilter = {};
  for (const name of ['provider', 'client', 'q'] as const) {
    const value = query[name];
    if (value !== undefined && value !== '') filter[name] = value;
  }
  const { since, until } = query;
  if (since !== undefined) filter.since = timeOf('since', since);
  if (until !== undefined) filter.until = timeOf('until', until);
  return filter;
}

function orderOf({ order }: SessionQuery): SessionOrder {
  if (order === undefined || order === '') return 'latest';
  if (order !== 'latest' && order !== 'cost') throw new AppError('config_invalid', 'order must be latest or cost');
  return order;
}

function limitOf({ limit }: SessionQuery, otherwise: number): number {
  if (limit === undefined || limit === '') return otherwise;
  const number = Number(limit);
  if (!Number.isInteger(number) || number < 1)
    throw new AppError('config_invalid', 'limit must be a whole number above 0');
  return number;
}
