/** Health of what goes to Loki, where the Go llm-proxy has it. Counted are calls; each is several lines there. */
import type { Hono } from 'hono';
import { readState, stateFileOf } from '../delivery/state-file.ts';
import { type DeliveryDeps, deliveriesOf } from './deliveries.ts';

export function lokiRoutes(app: Hono, deps: DeliveryDeps): void {
  app.get('/health/loki', (context) => {
    const loki = deliveriesOf(deps).find(({ name }) => name === 'loki');
    if (loki === undefined) return context.json({ status: 'disabled', last_error: null, last_error_time: null });
    return context.json({
      status: loki.state === 'failing' ? 'failing' : 'ok',
      calls_sent: loki.delivery?.sent ?? 0,
      calls_waiting: loki.queued,
      calls_dropped: loki.dropped,
      last_error: loki.error,
      last_error_time: loki.error === null ? null : errorTime(deps),
    });
  });
}

function errorTime({ house }: DeliveryDeps): string | null {
  try {
    return readState(stateFileOf(house.db, 'loki'))?.error?.since ?? null;
  } catch {
    return null;
  }
}
