/** `POST /api/calls/:id/replay`: what it would cost, or the call again. Formats: docs/api.md. */
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { NetControl, RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import { refuse } from './access.ts';
import type { Calls } from './calls.ts';
import { refuseCall, storedExchange } from './conversation-routes.ts';
import { type Replayed, type ReplayPlan, replayPlan } from './replay.ts';
import { replayPrice } from './replay-price.ts';

export interface ReplayDeps {
  calls: Pick<Calls, 'ask' | 'list'>;
  caFile: string;
  /** Throws AppError `not_running` while the recorder thread is started again. */
  recorder: () => Pick<Remote<RecorderService>, 'costOf' | 'running' | 'flush'>;
  net: Pick<Remote<NetControl>, 'openRun' | 'closeRun'>;
  /** Sends through this listener of the daemon. */
  send(plan: ReplayPlan, proxyUrl: string, caFile: string): Promise<Replayed>;
}

/** As long as a conversation with pictures is. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Its limit takes the place of the one that all others have. */
export function isReplay(path: string): boolean {
  return /^\/api\/calls\/[^/]+\/replay$/.test(path);
}

export function replayRoutes(app: Hono, deps: ReplayDeps): void {
  const limit = bodyLimit({
    maxSize: MAX_BYTES,
    onError: (context) => refuse(context, 413, 'too_large', 'the body is too large'),
  });
  app.use('/api/calls/:id/replay', limit);
  app.post('/api/calls/:id/replay', async (context) => {
    const given = givenOf(await context.req.json().catch(() => null));
    if (given === null)
      return refuse(
        context,
        400,
        'bad_request',
        'the body must be {"body": …, "headers": {…}, "dry_run": true or false}',
      );
    const exchange = deps.calls.ask((database) => storedExchange(database, context.req.param('id')));
    if (typeof exchange === 'string') return refuseCall(context, exchange);
    const plan = replayPlan({ exchange, body: given.body, headers: given.headers });
    if (!given.dryRun) return replay(context, plan, deps);
    const price = await replayPrice(exchange, plan.body ?? new Uint8Array(), (question) =>
      deps.recorder().costOf(question),
    );
    return context.json({ dry_run: true, url: plan.url, ...price });
  });
}

/** Answered when the answer begins; the call goes on, and is found by its run. */
async function replay(context: Context, plan: ReplayPlan, deps: ReplayDeps): Promise<Response> {
  const run = await deps.net.openRun(process.pid);
  const close = (): Promise<unknown> => deps.net.closeRun(run.run_id).catch(() => {});
  let sent: Replayed;
  try {
    sent = await deps.send(plan, run.proxy_url, deps.caFile);
  } catch (error) {
    await close();
    throw error;
  }
  const running = await deps.recorder().running();
  const call = running.find(({ run_id: id }) => id === run.run_id)?.id ?? null;
  const ended = sent.ended.then(close);
  // Short answers have come to their end by now.
  if (call === null) await ended;
  const id = call ?? (await recordedCall(run.run_id, deps));
  return context.json({ dry_run: false, call: id, run_id: run.run_id, status: sent.status }, 202);
}

async function recordedCall(run: string, { recorder, calls }: ReplayDeps): Promise<string | null> {
  await recorder().flush();
  return calls.list({ run, limit: '1' }).calls[0]?.id ?? null;
}

interface Given {
  body: string | null;
  headers: Record<string, string>;
  dryRun: boolean;
}

/** Null = it means nothing. */
function givenOf(value: unknown): Given | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { body = null, headers = {}, dry_run: dryRun = false } = value as Record<string, unknown>;
  if (typeof dryRun !== 'boolean' || !areTexts(headers)) return null;
  // JSON may come as it is.
  const text = body === null || typeof body === 'string' ? body : JSON.stringify(body);
  return { body: text, headers, dryRun };
}

function areTexts(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((item) => typeof item === 'string');
}
