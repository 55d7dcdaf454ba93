/** Who may ask the admin port what. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { isPeriodQuestion } from '../core/stats-question.ts';
import type { Logins } from './logins.ts';

export interface AccessOptions {
  /** Null = nobody is asked for one (loopback only, config/load.ts sees to it). */
  token: string | null;
  /** Where it listens: that address may be used as a name. */
  host: string;
  /** More names that the Host header may carry. */
  allowedHosts: readonly string[];
}

const LOOPBACK = /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Answered to anybody who may connect: no content, no change. */
const OPEN: ReadonlySet<string> = new Set([
  'GET /',
  'GET /favicon.svg',
  'GET /favicon.ico',
  'GET /login',
  'GET /health',
  'GET /health/bedrock',
  'GET /health/loki',
  'GET /metrics',
  'GET /ca.pem',
  'GET /ca.der',
  'GET /api/stats',
  'GET /api/whoami',
  'POST /api/login',
  'POST /api/logout',
]);
/** The files of the web app. */
const ASSETS = '/assets/';
/** A cookie of any port: those of one host are one lot, whatever port they come from. */
const COOKIE = /(?:^|;\s*)llm_proxy_token(?:_\d{1,5})?=([^;]+)/g;
const MAX_COOKIES = 20;

/** A page of another site must not talk to us by a name that it made point here (DNS rebinding), nor post to us. */
export function checkOrigin({ host, allowedHosts }: AccessOptions): MiddlewareHandler {
  const names = new Set([host.includes(':') ? `[${host}]` : host, ...allowedHosts].map(hostName));
  return async (context, next) => {
    const asked = context.req.header('host') ?? '';
    const name = hostName(asked);
    if (!LOOPBACK.test(name) && !names.has(name)) {
      return refuse(
        context,
        421,
        'host_not_allowed',
        'this name is not served here; add it to admin.allowed_hosts if it is yours',
      );
    }
    const origin = context.req.header('origin');
    // The port counts: another program of this machine may serve a page on another one.
    if (!isReading(context) && origin !== undefined && origin.replace(/^https?:\/\//, '') !== asked) {
      return refuse(context, 403, 'origin_not_allowed', 'pages of other origins may not change anything here');
    }
    return next();
  };
}

/** `Authorization: Bearer`, or a cookie: the token itself, or a session that it began (logins.ts). */
export function checkToken(access: AccessOptions, logins: Logins | null = null): MiddlewareHandler {
  return async (context, next) => {
    if (isOpen(context) || isAllowed(context, access, logins)) return next();
    return refuse(
      context,
      401,
      'token_required',
      'send "Authorization: Bearer TOKEN"; the token is in <home>/run/admin-token',
    );
  };
}

export function isAllowed(context: Context, access: AccessOptions, logins: Logins | null): boolean {
  if (access.token === null) return true;
  const bearer = /^Bearer\s+(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
  if (bearer !== undefined) return isToken(bearer.trim(), access);
  return givenSessions(context).some((value) => isToken(value, access) || logins?.isSession(value) === true);
}

export function isToken(given: string, { token }: AccessOptions): boolean {
  return token !== null && given !== '' && timingSafeEqual(digest(token), digest(given));
}

/**
 * Cookies that the browser sends of itself count for our own pages alone. `SameSite` keeps other sites away, but a page
 * of another port of this machine is of the same site. Browsers that do not say where a request comes from are trusted
 * to keep `SameSite`.
 */
export function givenSessions(context: Context): string[] {
  const from = context.req.header('sec-fetch-site') ?? 'none';
  if (from !== 'none' && from !== 'same-origin') return [];
  const cookies = context.req.header('cookie') ?? '';
  return [...cookies.matchAll(COOKIE)].slice(0, MAX_COOKIES).map((match) => (match[1] ?? '').trim());
}

/** Its name says which port it is of, as the browser sees it: two daemons of one machine must not log each other out. */
export function sessionCookieOf(context: Context): string {
  const port = /:(\d{1,5})$/.exec(context.req.header('host') ?? '')?.[1] ?? '80';
  return `llm_proxy_token_${port}`;
}

export function refuse(
  context: Context,
  status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 421 | 500 | 501 | 503,
  type: string,
  message: string,
): Response {
  return context.json({ error: { type, message } }, status);
}

/** A question tells more than totals do: who the customers are, say. */
function isOpen(context: Context): boolean {
  const { path } = context.req;
  const asksMore = path === '/api/stats' && isPeriodQuestion(context.req.query());
  const method = isReading(context) ? 'GET' : context.req.method;
  return (OPEN.has(`${method} ${path}`) && !asksMore) || (method === 'GET' && path.startsWith(ASSETS));
}

function isReading(context: Context): boolean {
  return context.req.method === 'GET' || context.req.method === 'HEAD';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Without the port; lower case, no trailing dot. */
function hostName(authority: string): string {
  return authority.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}
