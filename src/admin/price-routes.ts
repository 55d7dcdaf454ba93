/** `GET /api/prices`: what the models cost that were called, and which have no price. Formats: docs/api.md. */
import type { Hono } from 'hono';
import type { RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import { loadTotals, type ModelTally } from '../store/queries.ts';
import type { Calls } from './calls.ts';

export interface PriceDeps {
  calls: Pick<Calls, 'ask'>;
  /** Throws AppError `not_running` while the recorder thread is started again. */
  recorder: () => Pick<Remote<RecorderService>, 'prices'>;
  readOnly?: boolean;
}

/** The dearest; nobody reads a longer list. */
const MOST = 500;

export function priceRoutes(app: Hono, { calls, recorder, readOnly = false }: PriceDeps): void {
  app.get('/api/prices', async (context) => {
    const seen = calls.ask(modelsSeen).slice(0, MOST);
    // Who has no recorder has no price table: what was called is known all the same.
    const priced = readOnly ? [] : await recorder().prices(seen);
    const pricesOf = new Map(priced.map((entry) => [`${entry.provider}\0${entry.model}`, entry]));
    return context.json({
      models: seen.map((model) => {
        const found = pricesOf.get(`${model.provider}\0${model.model}`);
        const { context_window = null, prices = null, modifiers = [] } = found ?? {};
        return { ...model, context_window, prices, modifiers };
      }),
    });
  });
}

interface ModelSeen {
  provider: string;
  model: string;
  requests: number;
  cost_usd: number;
  /** Calls with a usage that had no known price when they were made. */
  unpriced_calls: number;
}

/** Calls without a name for their model have no price to look for. */
function modelsSeen(database: Parameters<Parameters<Calls['ask']>[0]>[0]): ModelSeen[] {
  return loadTotals(database)
    .models.filter((tally): tally is ModelTally & { model: string } => tally.model !== null)
    .map(({ provider, model, requests, cost_nanos: nanos, unpriced_calls: unpriced }) => ({
      provider,
      model,
      requests,
      cost_usd: nanos / 1e9,
      unpriced_calls: unpriced,
    }))
    .toSorted((one, other) => other.unpriced_calls - one.unpriced_calls || other.cost_usd - one.cost_usd);
}
