/** `GET /api/compare`: calls beside the copies of them that went elsewhere; `/api/compare/report`: their sums. */
import type { Hono } from 'hono';
import { AppError } from '../core/errors.ts';
import { comparisonReport, type ComparisonFilter, listComparisons } from '../store/comparisons.ts';
import type { Database } from '../store/driver.ts';
import { timeOf } from './times.ts';

export interface CompareDeps {
  calls: { ask<T>(question: (database: Database) => T): T };
}

/** As the API and the command line have it. */
export interface CompareQuery {
  limit?: string | undefined;
  cursor?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const DEFAULT_LIMIT = 50;

export function compareRoutes(app: Hono, { calls }: CompareDeps): void {
  app.get('/api/compare', (context) => {
    const query: CompareQuery = context.req.query();
    const filter = comparisonFilterOf(query);
    const limit = limitOf(query.limit);
    const page = calls.ask((database) => listComparisons(database, filter, limit, query.cursor));
    return context.json({ pairs: page.pairs, next_cursor: page.nextCursor });
  });
  app.get('/api/compare/report', (context) => {
    const filter = comparisonFilterOf(context.req.query());
    return context.json(calls.ask((database) => comparisonReport(database, filter)));
  });
}

/** Throws AppError `config_invalid`. */
export function comparisonFilterOf({ provider, model, since, until }: CompareQuery): ComparisonFilter {
  return {
    ...(isGiven(provider) ? { provider } : {}),
    ...(isGiven(model) ? { model } : {}),
    ...(isGiven(since) ? { since: timeOf('since', since) } : {}),
    ...(isGiven(until) ? { until: timeOf('until', until) } : {}),
  };
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function limitOf(given: string | undefined): number {
  const limit = given === undefined ? DEFAULT_LIMIT : Number(given);
  if (!Number.isInteger(limit) || limit < 1)
    throw new AppError('config_invalid', 'limit must be a whole number above 0');
  return limit;
}
