/**
 * `GET /api/sessions/:id/outline`, `/api/traces/:id/outline`: all calls with what a tree or a chart of them needs.
 * Formats: docs/api.md.
 */
import type { Hono } from 'hono';
import { AppError } from '../core/errors.ts';
import type { Database } from '../store/driver.ts';
import { type StepPage, stepsOfSessions, stepsOfTrace } from '../store/outline.ts';
import { descendantsOf, getSession, sessionsOfTrace } from '../store/sessions.ts';
import { getTrace, type Trace } from '../store/traces.ts';
import { refuse } from './access.ts';
import { type SessionSummary, summaryOf } from './sessions.ts';

export interface OutlineDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
}

export interface OutlinePage extends StepPage {
  /** Null = a session was asked for. */
  trace: Trace | null;
  /** The session that was asked for and all below it, parents first; those of a trace by their first call. */
  sessions: SessionSummary[];
}

export function outlineRoutes(app: Hono, { calls }: OutlineDeps): void {
  app.get('/api/sessions/:id/outline', (context) => {
    const after = afterOf(context.req.query('after'));
    const found = calls.ask((database) => outlineOfSession(database, context.req.param('id'), after));
    if (found === 'ambiguous')
      return refuse(context, 409, 'ambiguous', 'several sessions begin or are named so; give the whole id');
    return found === null ? refuse(context, 404, 'not_found', 'there is no such session') : context.json(found);
  });
  app.get('/api/traces/:id/outline', (context) => {
    const after = afterOf(context.req.query('after'));
    const found = calls.ask((database) => outlineOfTrace(database, context.req.param('id'), after));
    return found === null ? refuse(context, 404, 'not_found', 'there is no such trace') : context.json(found);
  });
}

export function outlineOfSession(database: Database, id: string, after: number): OutlinePage | 'ambiguous' | null {
  const session = getSession(database, id);
  if (session === null || session === 'ambiguous') return session;
  const sessions = [session, ...descendantsOf(database, session.id)];
  const page = stepsOfSessions(
    database,
    sessions.map((one) => one.id),
    after,
  );
  return { trace: null, sessions: sessions.map(summaryOf), ...page };
}

export function outlineOfTrace(database: Database, id: string, after: number): OutlinePage | null {
  const trace = getTrace(database, id);
  if (trace === null) return null;
  return { trace, sessions: sessionsOfTrace(database, id).map(summaryOf), ...stepsOfTrace(database, id, after) };
}

/** Throws AppError `config_invalid`. */
export function afterOf(given: string | undefined): number {
  const after = given === undefined || given === '' ? 0 : Number(given);
  if (!Number.isSafeInteger(after) || after < 0)
    throw new AppError('config_invalid', 'after must be a whole number, as the answer before gave it');
  return after;
}
