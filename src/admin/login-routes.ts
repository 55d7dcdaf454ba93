/** How a browser is let in, and out again. What a code and a cookie are: logins.ts. */
import type { Context, Hono } from 'hono';
import { type AccessOptions, givenSessions, isAllowed, isToken, refuse, sessionCookieOf } from './access.ts';
import { type Logins, SESSION_SECONDS } from './logins.ts';

export interface LoginDeps {
  access: AccessOptions;
  version: string;
  /** Null = nobody is asked for a token. */
  logins: Logins | null;
  /** Nothing can be changed: there is no daemon behind it. */
  readOnly?: boolean;
}

export function loginRoutes(app: Hono, deps: LoginDeps): void {
  const { access, version, logins, readOnly = false } = deps;
  app.get('/api/whoami', (context) =>
    context.json({
      authenticated: isAllowed(context, access, logins),
      auth: logins === null ? 'none' : 'token',
      version,
      read_only: readOnly,
    }),
  );
  app.post('/api/login-codes', (context) => {
    const base = `http://${context.req.header('host') ?? ''}`;
    if (logins === null) return context.json({ code: null, url: `${base}/`, expires_at: null }, 201);
    const { code, expiresAt } = logins.makeCode();
    return context.json(
      { code, url: `${base}/login?code=${code}`, expires_at: new Date(expiresAt).toISOString() },
      201,
    );
  });
  app.get('/login', (context) => {
    if (logins === null) return context.redirect('/', 303);
    // Whoever is in already stays in; anybody else is asked for the token there.
    if (!logins.redeem(context.req.query('code') ?? '')) return context.redirect('/?login=expired', 303);
    letIn(context, logins);
    return context.redirect('/', 303);
  });
  app.post('/api/login', async (context) => {
    const body: unknown = await context.req.json().catch(() => null);
    const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : null;
    if (typeof token !== 'string') return refuse(context, 400, 'bad_request', 'the body must be {"token": "..."}');
    if (logins === null) return context.json({ authenticated: true });
    if (!isToken(token.trim(), access))
      return refuse(context, 401, 'token_wrong', 'this is not the token of this home');
    letIn(context, logins);
    return context.json({ authenticated: true });
  });
  app.post('/api/logout', (context) => {
    for (const session of givenSessions(context)) logins?.end(session);
    setCookie(context, '', 0);
    return context.json({ authenticated: logins === null });
  });
}

function letIn(context: Context, logins: Logins): void {
  setCookie(context, logins.begin(), SESSION_SECONDS);
}

/** Data is below /api; servers on other ports of this machine, which get it as well, need not see it elsewhere. */
function setCookie(context: Context, value: string, seconds: number): void {
  context.header(
    'set-cookie',
    `${sessionCookieOf(context)}=${value}; Path=/api; Max-Age=${seconds}; HttpOnly; SameSite=Strict`,
  );
}
