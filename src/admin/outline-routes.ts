/**
 * `GET /api/sessions/:id/outline`, `/api/traces/:id/outline`: all calls with what a tree or a chart of them needs;
 * `.../tokens`: what their tokens were spent on. Formats: docs/api.md.
 */
import type { Context, Hono } from 'hono';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { MeterDirectory } from '../interchange/answer-of.ts';
import type { Database } from '../store/driver.ts';
import { type StepPage, stepsOfSessions, stepsOfTrace } from '../store/outline.ts';
import { descendantsOf, getSession, type SessionRow, sessionsOfTrace } from '../store/sessions.ts';
import { getTrace, type Trace } from '../store/traces.ts';
import { refuse } from './access.ts';
import { type SessionSummary, summaryOf } from './sessions.ts';
import { type TokenShares, tokenShares } from './token-shares.ts';

export interface OutlineDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
  /** Who speaks which dialect; loaded when it is first asked for. */
  directory: () => Promise<MeterDirectory>;
  clock: Pick<Clock, 'now'>;
}

export interface OutlinePage extends StepPage {
  /** Null = a session was asked for. */
  trace: Trace | null;
  /** The session that was asked for and all below it, parents first; those of a trace by their first call. */
  sessions: SessionSummary[];
}

export function outlineRoutes(app: Hono, { calls, directory, clock }: OutlineDeps): void {
  app.get('/api/sessions/:id/outline', (context) => {
    const after = afterOf(context.req.query('after'));
    const found = calls.ask((database) => outlineOfSession(database, context.req.param('id'), after));
    return typeof found === 'string' || found === null ? refuseSession(context, found) : context.json(found);
  });
  app.get('/api/traces/:id/outline', (context) => {
    const after = afterOf(context.req.query('after'));
    const found = calls.ask((database) => outlineOfTrace(database, context.req.param('id'), after));
    return found === null ? refuse(context, 404, 'not_found', 'there is no such trace') : context.json(found);
  });
  const ask = <T>(question: (database: Database) => T): T => calls.ask(question);
  const sharesOf = async (of: { where: string; value: string }, after: number): Promise<TokenShares> =>
    tokenShares(ask, of, after, await directory(), () => clock.now());
  app.get('/api/sessions/:id/tokens', async (context) => {
    const after = afterOf(context.req.query('after'));
    const tree = ask((database) => treeOf(database, context.req.param('id')));
    if (typeof tree === 'string' || tree === null) return refuseSession(context, tree);
    const value = JSON.stringify(tree.map(({ id }) => id));
    return context.json(await sharesOf({ where: 'session_key IN (SELECT value FROM json_each(?))', value }, after));
  });
  app.get('/api/traces/:id/tokens', async (context) => {
    const after = afterOf(context.req.query('after'));
    const id = context.req.param('id');
    if (ask((database) => getTrace(database, id)) === null)
      return refuse(context, 404, 'not_found', 'there is no such trace');
    return context.json(await sharesOf({ where: 'trace_id = ?', value: id }, after));
  });
}

export function refuseSession(context: Context, why: 'ambiguous' | null): Response {
  return why === 'ambiguous'
    ? refuse(context, 409, 'ambiguous', 'several sessions begin or are named so; give the whole id')
    : refuse(context, 404, 'not_found', 'there is no such session');
}

/** A session and all below it, parents first. */
export function treeOf(database: Database, id: string): SessionRow[] | 'ambiguous' | null {
  const session = getSession(database, id);
  return session === null || session === 'ambiguous' ? session : [session, ...descendantsOf(database, session.id)];
}

function outlineOfSession(database: Database, id: string, after: number): OutlinePage | 'ambiguous' | null {
  const sessions = treeOf(database, id);
  if (sessions === null || sessions === 'ambiguous') return sessions;
  const page = stepsOfSessions(
    database,
    sessions.map((one) => one.id),
    after,
  );
  return { trace: null, sessions: sessions.map(summaryOf), ...page };
}

function outlineOfTrace(database: Database, id: string, after: number): OutlinePage | null {
  const trace = getTrace(database, id);
  if (trace === null) return null;
  return { trace, sessions: sessionsOfTrace(database, id).map(summaryOf), ...stepsOfTrace(database, id, after) };
}

/** Throws AppError `config_invalid`. */
function afterOf(given: string | undefined): number {
  const after = given === undefined || given === '' ? 0 : Number(given);
  if (!Number.isSafeInteger(after) || after < 0)
    throw new AppError('config_invalid', 'after must be a whole number, as the answer before gave it');
  return after;
}
