/** The switch that turns the recording of bodies off and on while the daemon runs. Usage is counted either way. */
import type { Hono } from 'hono';
import type { RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import { refuse } from './access.ts';

export interface TracingDeps {
  tracing: { enabled: boolean };
  recorder: () => Pick<Remote<RecorderService>, 'tracing'>;
}

export function tracingRoutes(app: Hono, { tracing, recorder }: TracingDeps): void {
  app.get('/api/tracing', (context) => context.json({ enabled: tracing.enabled }));
  app.put('/api/tracing', async (context) => {
    const body: unknown = await context.req.json().catch(() => null);
    const enabled = typeof body === 'object' && body !== null && 'enabled' in body ? body.enabled : null;
    if (typeof enabled !== 'boolean')
      return refuse(context, 400, 'bad_request', 'the body must be {"enabled": true} or false');
    // First, so that a recorder that is starting just now is told as well.
    tracing.enabled = enabled;
    return context.json({ enabled: await recorder().tracing(enabled) });
  });
}
