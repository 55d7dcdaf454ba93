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

/** What all sessions below one come to. */
export type SessionsBelow = { sessions: number; calls: number; tool_errors: number } & Totals;

/** In a list; `below` = null: none is below it. */
export type ListedSession = SessionSummary & { below: SessionsBelow | null };

export interface SessionList {
  sessions: ListedSession[];
  next_cursor: string | null;
}

export interface SessionView {
  session: SessionSummary;
  /** All sessions below it, parents first. */
  descendants: SessionSummary[];
  /** Sums of it and of all below it. */
  with_children: SessionsBelow;
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
  const sessions = page.sessions.map((row) => ({ ...summaryOf(row), below: belowOf(database, row) }));
  return { sessions, next_cursor: page.nextCursor };
}

function belowOf(database: Database, { id, children }: SessionRow): SessionsBelow | null {
  return children === 0 ? null : sumOf(descendantsOf(database, id));
}

function sumOf(rows: readonly SessionRow[]): SessionsBelow {
  const { tally, ...sums } = sumSessions(rows);
  return { sessions: rows.length, ...sums, ...toTotals(tally) };
}

/** @param id ours, the client's, or the beginning of ours. Throws AppError `config_invalid` */
export function sessionView(database: Database, id: string, query: SessionQuery): SessionView | 'ambiguous' | null {
  const session = getSession(database, id);
  if (session === null || session === 'ambiguous') return session;
  const descendants = descendantsOf(database, session.id);
  const page = callsOfSession(database, session.id, limitOf(query, DEFAULT_CALLS), query['cursor']);
  return {
    session: summaryOf(session),
    descendants: descendants.map(summaryOf),
    with_children: sumOf([session, ...descendants]),
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
  const { since, until, top } = query;
  if (top !== undefined && top !== '') filter.top = true;
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
