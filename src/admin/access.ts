/** Who may ask the admin port what. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { isPeriodQuestion } from '../core/stats-question.ts';

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
  '/',
  '/health',
  '/health/bedrock',
  '/metrics',
  '/ca.pem',
  '/ca.der',
  '/api/stats',
]);

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

/** `Authorization: Bearer` or the cookie `llm_proxy_token`. */
export function checkToken({ token }: AccessOptions): MiddlewareHandler {
  const want = token === null ? null : digest(token);
  return async (context, next) => {
    if (want !== null && !isOpen(context)) {
      const given = givenToken(context);
      if (given === '' || !timingSafeEqual(want, digest(given))) {
        return refuse(
          context,
          401,
          'token_required',
          'send "Authorization: Bearer TOKEN"; the token is in <home>/run/admin-token',
        );
      }
    }
    return next();
  };
}

export function refuse(
  context: Context,
  status: 400 | 401 | 403 | 404 | 409 | 413 | 421 | 500 | 501 | 503,
  type: string,
  message: string,
): Response {
  return context.json({ error: { type, message } }, status);
}

/** A question tells more than totals do: who the customers are, say. */
function isOpen(context: Context): boolean {
  const { path } = context.req;
  const asksMore = path === '/api/stats' && isPeriodQuestion(context.req.query());
  return isReading(context) && OPEN.has(path) && !asksMore;
}

function isReading(context: Context): boolean {
  return context.req.method === 'GET' || context.req.method === 'HEAD';
}

function givenToken(context: Context): string {
  const bearer = /^Bearer\s+(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
  return bearer?.trim() ?? /(?:^|;\s*)llm_proxy_token=([^;]+)/.exec(context.req.header('cookie') ?? '')?.[1] ?? '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Without the port; lower case, no trailing dot. */
function hostName(authority: string): string {
  return authority.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}
