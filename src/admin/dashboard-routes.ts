/** The web app itself: no content in it, so that anybody who may connect gets it. All that it shows it asks for. */
import type { Context, Hono } from 'hono';
import { refuse } from './access.ts';
import type { DashboardFile, DashboardFiles } from './dashboard-files.ts';

export interface DashboardDeps {
  version: string;
  dashboard: Pick<DashboardFiles, 'get'>;
}

/**
 * What it shows is hostile: nothing runs but its own files, nothing is loaded from elsewhere. Pictures of calls come
 * from here, or from memory.
 */
export const APP_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

/** Names of assets hold a digest of what is in them. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const ICONS = ['/favicon.svg', '/favicon.ico'];

/** `GET /`, `/assets/*`. */
export function dashboardRoutes(app: Hono, { version, dashboard }: DashboardDeps): void {
  app.get('/', (context) => {
    const page = /\btext\/html\b/i.test(context.req.header('accept') ?? '') ? dashboard.get('index.html') : null;
    return page === null
      ? context.text(about(version, dashboard.get('index.html') !== null))
      : answer(context, page, 'no-cache');
  });
  app.get('/assets/*', (context) => asset(context, dashboard, FOR_EVER));
  for (const icon of ICONS) app.get(icon, (context) => asset(context, dashboard, 'no-cache'));
}

function asset(context: Context, dashboard: DashboardDeps['dashboard'], caching: string): Response {
  const file = dashboard.get(context.req.path.slice(1));
  return file === null
    ? refuse(context, 404, 'not_found', `there is no ${context.req.method} ${context.req.path}`)
    : answer(context, file, caching);
}

function answer(context: Context, { bytes, type }: DashboardFile, caching: string): Response {
  return context.body(bytes, 200, {
    'content-type': type,
    'cache-control': caching,
    'content-security-policy': APP_POLICY,
  });
}

function about(version: string, hasDashboard: boolean): string {
  const where = hasDashboard
    ? 'Dashboard: open this address in a browser; llm-proxy dashboard lets it in.'
    : 'This build has no dashboard.';
  return `llm-proxy ${version}\n\n/health  /metrics  /ca.pem  /api/stats   open\n/api/calls  /api/search  /api/live ...           with the token of <home>/run/admin-token\n\n${where}\n`;
}
