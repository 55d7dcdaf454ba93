import type { Hono } from 'hono';
import type { PeriodStats, Stats } from '../core/ports.ts';
import { isPeriodQuestion, type StatsParameters } from '../core/stats-question.ts';

export interface StatsDeps {
  calls: { stats(given: StatsParameters): PeriodStats };
  /** Throws AppError `not_running` while the recorder thread is started again. */
  recorder: () => { stats(): Promise<Stats> };
}

/** `GET /api/stats`: the running totals of all time, or those of the period that is asked for. */
export function statsRoutes(app: Hono, { calls, recorder }: StatsDeps): void {
  app.get('/api/stats', async (context) => {
    const given: StatsParameters = context.req.query();
    return context.json(isPeriodQuestion(given) ? calls.stats(given) : await recorder().stats());
  });
}
