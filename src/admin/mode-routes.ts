/** Where calls go: asked, and changed while the daemon runs. */
import type { Hono } from 'hono';
import type { NetControl } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import { refuse } from './access.ts';

export interface ModeDeps {
  net: Pick<Remote<NetControl>, 'mode'>;
}

export function modeRoutes(app: Hono, { net }: ModeDeps): void {
  app.get('/api/mode', async (context) => {
    const answer = await net.mode(null);
    return 'state' in answer ? context.json(answer.state) : refuse(context, 400, 'bad_request', answer.refused.message);
  });
  app.put('/api/mode', async (context) => {
    const change: unknown = await context.req.json().catch(() => undefined);
    // Null asks and changes nothing.
    const answer = await net.mode(change ?? 'no JSON');
    if ('state' in answer) return context.json(answer.state);
    const { status, type, message } = answer.refused;
    return refuse(context, status, type, message);
  });
}
