/** Health of what goes to Loki, where the Go llm-proxy has it. Counted are calls; each is several lines there. */
import type { Hono } from 'hono';
import { type DeliveryDeps, deliveriesOf } from './deliveries.ts';

export function lokiRoutes(app: Hono, deps: DeliveryDeps): void {
  app.get('/health/loki', (context) => {
    const loki = deliveriesOf(deps).find(({ name }) => name === 'loki');
    if (loki === undefined) return context.json({ status: 'disabled', last_error: null, last_error_time: null });
    const { state, queued, dropped, error, delivery } = loki;
    return context.json({
      status: state === 'failing' ? 'failing' : 'ok',
      calls_sent: delivery?.sent ?? 0,
      calls_waiting: queued,
      calls_dropped: dropped,
      last_error: error,
      last_error_time: delivery?.error_since ?? null,
    });
  });
}
