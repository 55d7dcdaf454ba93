/** The admin API: what is asked of the store, the recorder and the net thread. Formats: docs/api.md. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../core/clock.ts';
import { AppError, messageOf } from '../core/errors.ts';
import type { NetControl, RecorderHealth, RecorderService } from '../core/ports.ts';
import type { Remote } from '../core/rpc.ts';
import { deliveryMetrics } from '../delivery/health.ts';
import type { ProviderRegistry } from '../providers/registry.ts';
import { bedrockRoutes } from './bedrock-routes.ts';
import { type AccessOptions, checkOrigin, checkToken, refuse } from './access.ts';
import { type Calls, repriceQueryOf } from './calls.ts';
import { compareRoutes } from './compare-routes.ts';
import { IMPORT_PATH, importRoutes } from './import-routes.ts';
import { bodyRoutes } from './body-routes.ts';
import { conversationRoutes } from './conversation-routes.ts';
import { modeRoutes } from './mode-routes.ts';
import { deliveriesOf, openlyOf } from './deliveries.ts';
import type { DashboardFiles } from './dashboard-files.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { EXPORT_PATH, exportRoutes, selectionExportRoutes } from './export-routes.ts';
import { facetRoutes } from './facet-routes.ts';
import { type House, houseRoutes } from './house-routes.ts';
import { lifeRoutes } from './life-routes.ts';
import { liveRoutes } from './live-routes.ts';
import type { Live } from './live.ts';
import { lokiRoutes } from './loki-routes.ts';
import { loginRoutes } from './login-routes.ts';
import { Logins } from './logins.ts';
import { tracingRoutes } from './tracing-routes.ts';
import { outlineRoutes } from './outline-routes.ts';
import { priceRoutes } from './price-routes.ts';
import { providerRoutes } from './provider-routes.ts';
import { readOnlyError } from './read-only.ts';
import { isReplay, type ReplayDeps, replayRoutes } from './replay-routes.ts';
import type { Search } from './search.ts';
import type { SearchLoop } from './search-loop.ts';
import { searchRoutes } from './search-routes.ts';
import { sessionExportRoutes } from './session-export-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { statsRoutes } from './stats-routes.ts';
import { tracesRoutes } from './traces-routes.ts';

export interface AdminDeps {
  access: AccessOptions;
  version: string;
  clock: Clock;
  house: House;
  /** The web app, as far as it was built. */
  dashboard: Pick<DashboardFiles, 'get'>;
  caFile: string;
  calls: Calls;
  /** Who speaks which dialect; loaded when it is first asked for. */
  directory: () => Promise<ProviderRegistry>;
  live: Live;
  /** Where calls to Bedrock are signed for; null = they are not. */
  bedrockRegion: string | null;
  /** Kept here, for a recorder that is started again. */
  tracing: { enabled: boolean };
  search: Pick<Search, 'find' | 'index' | 'forgetRemoved'>;
  indexing: Pick<SearchLoop, 'health' | 'metrics'>;
  /** Throws AppError `not_running` while the recorder thread is started again. */
  recorder: () => Omit<Remote<RecorderService>, 'watch'>;
  net: Remote<NetControl>;
  /** Sends a stored call again; through the listener that is named. */
  send: ReplayDeps['send'];
  /** No daemon is behind it: nothing can be changed. */
  readOnly?: boolean;
}

const MAX_BODY_BYTES = 64 * 1024;

export function createAdminApp(deps: AdminDeps): Hono {
  const app = new Hono();
  const logins = deps.access.token === null ? null : new Logins(deps.access.token, deps.clock);
  app.use(async (context, next) => {
    await next();
    protect(context);
  });
  app.use(checkOrigin(deps.access));
  app.use(checkToken(deps.access, logins));
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (context) => refuse(context, 413, 'too_large', 'the body is too large'),
  });
  app.use((context, next) => (hasOwnLimit(context.req.path) ? next() : limit(context, next)));
  app.onError((error, context) => {
    if (error instanceof AppError && error.code === 'config_invalid')
      return refuse(context, 400, 'bad_request', error.message);
    return refuse(
      context,
      error instanceof AppError ? 503 : 500,
      error instanceof AppError ? error.code : 'internal_error',
      messageOf(error),
    );
  });
  app.notFound((context) => refuse(context, 404, 'not_found', `there is no ${context.req.method} ${context.req.path}`));
  if (deps.readOnly === true) app.use(refuseChanges);
  dashboardRoutes(app, deps);
  loginRoutes(app, { ...deps, logins });
  about(app, deps);
  calls(app, deps);
  facetRoutes(app, deps);
  liveRoutes(app, deps);
  bodyRoutes(app, deps);
  conversationRoutes(app, deps);
  sessionRoutes(app, deps);
  outlineRoutes(app, deps);
  sessionExportRoutes(app, deps);
  searchRoutes(app, deps);
  runs(app, deps);
  prices(app, deps);
  tracesRoutes(app, deps);
  tracingRoutes(app, deps);
  bedrockRoutes(app, deps);
  lokiRoutes(app, deps);
  compareRoutes(app, deps);
  modeRoutes(app, deps);
  importRoutes(app, deps);
  lifeRoutes(app, deps);
  houseRoutes(app, deps);
  priceRoutes(app, deps);
  exportRoutes(app, deps);
  selectionExportRoutes(app, deps);
  replayRoutes(app, deps);
  providerRoutes(app, deps);
  return app;
}

function hasOwnLimit(path: string): boolean {
  return path === IMPORT_PATH || isReplay(path);
}

/** Nobody frames, sniffs, keeps or embeds an answer. The web app has a policy and a life of its own. */
function protect(context: Context): void {
  const { headers } = context.res;
  if (!headers.has('content-security-policy')) {
    context.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    context.header('cache-control', 'no-store');
  }
  context.header('x-content-type-options', 'nosniff');
  context.header('referrer-policy', 'no-referrer');
  context.header('cross-origin-opener-policy', 'same-origin');
  context.header('cross-origin-resource-policy', 'same-origin');
}

/** Logging in and out, and questions that are too long for an address. */
const CHANGES_NOTHING: ReadonlySet<string> = new Set([
  '/api/login',
  '/api/logout',
  '/api/login-codes',
  '/api/policy',
  EXPORT_PATH,
]);

const refuseChanges: MiddlewareHandler = async (context, next) => {
  const { method, path } = context.req;
  if (method !== 'GET' && method !== 'HEAD' && !CHANGES_NOTHING.has(path)) throw readOnlyError();
  return next();
};

function about(app: Hono, deps: AdminDeps): void {
  const { version, caFile, calls: store, indexing, recorder, net, readOnly = false } = deps;
  app.get('/health', async (context) => {
    const [traffic, found] = await Promise.all([net.status(), recorderHealth(recorder)]);
    const recording = found === null ? null : { ...found, sinks: [...found.sinks, ...openlyOf(deliveriesOf(deps))] };
    const isWhole = recording?.sinks.every((sink) => sink.state !== 'failing') ?? false;
    const status = readOnly ? 'read_only' : isWhole ? 'ok' : 'degraded';
    return context.json({ status, version, ...traffic, recorder: recording, search: indexing.health });
  });
  app.get('/metrics', async (context) =>
    context.body(`${await recorder().metrics()}${indexing.metrics()}${deliveryMetrics(deliveriesOf(deps))}`, 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  app.get('/ca.pem', (context) =>
    context.body(readFileSync(caFile, 'utf8'), 200, { 'content-type': 'application/x-pem-file' }),
  );
  app.get('/ca.der', (context) =>
    context.body(new Uint8Array(new X509Certificate(readFileSync(caFile)).raw), 200, {
      'content-type': 'application/pkix-cert',
    }),
  );
  statsRoutes(app, { calls: store, recorder });
  app.post('/api/stop', (context) => {
    // After the answer, or there would be none.
    setTimeout(() => void net.stop().catch(() => {}), 20);
    return context.json({ stopping: true });
  });
}

/** Those who look whether the daemon is well wait two seconds, and end one that does not say so. */
const RECORDER_MS = 1000;

/**
 * Null while the recorder thread is started again, or waits for a disk that hangs: calls flow all the same, so this is no
 * failure of the daemon.
 */
async function recorderHealth(recorder: AdminDeps['recorder']): Promise<RecorderHealth | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), RECORDER_MS);
  });
  try {
    return await Promise.race([recorder().health(), late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function calls(app: Hono, deps: AdminDeps): void {
  app.get('/api/calls', (context) => context.json(deps.calls.list(context.req.query())));
  app.get('/api/calls/:id', (context) => {
    const found = deps.calls.get(context.req.param('id'));
    if (found === 'ambiguous') return refuse(context, 409, 'ambiguous', 'several calls begin so; give more of the id');
    return found === null ? refuse(context, 404, 'not_found', 'there is no such call') : context.json(found);
  });
  app.get('/api/calls/:id/log', (context) => {
    const text = deps.calls.section(context.req.param('id'));
    return text === null
      ? refuse(context, 404, 'not_found', 'this call is in no log file (any more)')
      : context.text(text);
  });
}

function runs(app: Hono, { net, recorder }: AdminDeps): void {
  app.post('/api/runs', async (context) => {
    const body: unknown = await context.req.json().catch(() => null);
    const pid = typeof body === 'object' && body !== null && 'pid' in body ? body.pid : null;
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1)
      return refuse(context, 400, 'bad_request', 'pid must be a process id');
    return context.json(await net.openRun(pid), 201);
  });
  app.delete('/api/runs/:id', async (context) => {
    const id = context.req.param('id');
    const connections = await net.closeRun(id);
    return context.json({ ...(await recorder().runSummary(id)), connections });
  });
}

function prices(app: Hono, { recorder }: AdminDeps): void {
  app.post('/api/prices/reprice', async (context) => {
    const body: unknown = await context.req.json().catch(() => null);
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return refuse(context, 400, 'bad_request', 'the body must be a JSON object');
    return context.json(await recorder().reprice(repriceQueryOf(body as Record<string, unknown>)));
  });
}
