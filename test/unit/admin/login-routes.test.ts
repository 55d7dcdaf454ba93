import type { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { anAdminApp, BEARER, idleDeps, TOKEN } from '../../support/admin-app.ts';

const HOST = { host: 'localhost:8081' };
let app: Hono;
beforeEach(() => {
  app = anAdminApp();
});

async function codeUrl(): Promise<string> {
  const answer = await app.request('/api/login-codes', { method: 'POST', headers: BEARER });
  expect(answer.status).toBe(201);
  const { url } = (await answer.json()) as { url: string };
  return url;
}

async function loggedIn(): Promise<string> {
  const answer = await app.request(new URL(await codeUrl()).pathname + new URL(await codeUrl()).search, {
    headers: HOST,
  });
  return cookieOf(answer);
}

function cookieOf(answer: Response): string {
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

async function whoami(headers: Record<string, string>): Promise<unknown> {
  return (await app.request('/api/whoami', { headers: { ...HOST, ...headers } })).json();
}

async function login(body: string): Promise<Response> {
  return app.request('/api/login', { method: 'POST', headers: HOST, body });
}

describe('admin/login-routes', () => {
  it('tells anybody whether he is in, and no more', async () => {
    expect(await whoami({})).toEqual({ authenticated: false, auth: 'token', version: '1.2.3', read_only: false });
    expect(await whoami(BEARER)).toMatchObject({ authenticated: true });
  });

  it('lets a browser in by a code, with a cookie that scripts and other sites do not get', async () => {
    const url = new URL(await codeUrl());
    expect(url.href).toMatch(/^http:\/\/localhost:8081\/login\?code=[\w-]{32}$/);
    const answer = await app.request(url.pathname + url.search, { headers: HOST });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^llm_proxy_token_8081=s1\./);
    expect(cookie).toMatch(/; Path=\/api; Max-Age=604800; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    expect(await whoami({ cookie: cookieOf(answer) })).toMatchObject({ authenticated: true });
    expect((await app.request('/api/mode', { headers: { ...HOST, cookie: cookieOf(answer) } })).status).toBe(200);
  });

  it('takes a code once, and sends everybody else to where the token is asked for', async () => {
    const url = new URL(await codeUrl());
    await app.request(url.pathname + url.search, { headers: HOST });
    for (const path of [url.pathname + url.search, '/login', '/login?code=', `/login?code=${TOKEN}`]) {
      const answer = await app.request(path, { headers: HOST });
      expect([answer.status, answer.headers.get('location'), answer.headers.get('set-cookie')]).toEqual([
        303,
        '/?login=expired',
        null,
      ]);
    }
  });

  it('gives codes to holders of the token alone', async () => {
    expect((await app.request('/api/login-codes', { method: 'POST', headers: HOST })).status).toBe(401);
  });

  it('lets a browser in by the token that somebody pasted', async () => {
    const answer = await login(JSON.stringify({ token: ` ${TOKEN}\n` }));
    expect([answer.status, await answer.json()]).toEqual([200, { authenticated: true }]);
    expect(await whoami({ cookie: cookieOf(answer) })).toMatchObject({ authenticated: true });
    for (const [body, status] of [
      [JSON.stringify({ token: `${TOKEN}x` }), 401],
      [JSON.stringify({ token: '' }), 401],
      ['{}', 400],
      ['', 400],
    ] as const) {
      const refused = await login(body);
      expect([refused.status, refused.headers.get('set-cookie')]).toEqual([status, null]);
    }
  });

  it('lets it out again, for good', async () => {
    const cookie = await loggedIn();
    const answer = await app.request('/api/logout', { method: 'POST', headers: { ...HOST, cookie } });
    expect(answer.headers.get('set-cookie')).toMatch(/^llm_proxy_token_8081=; Path=\/api; Max-Age=0/);
    expect(await whoami({ cookie })).toMatchObject({ authenticated: false });
  });

  it('knows its own cookie among those of daemons on other ports', async () => {
    const cookie = await loggedIn();
    const others = 'llm_proxy_token_9090=s1.1.x.y; llm_proxy_token=of-another-home';
    expect(await whoami({ cookie: `${others}; ${cookie}; a=b` })).toMatchObject({ authenticated: true });
    expect(await whoami({ cookie: others })).toMatchObject({ authenticated: false });
  });

  it.each(['cross-site', 'same-site'])(
    'takes no cookie that a page of elsewhere (%s) made the browser send',
    async (site) => {
      const cookie = await loggedIn();
      expect(await whoami({ cookie, 'sec-fetch-site': site })).toMatchObject({ authenticated: false });
      expect(await whoami({ cookie, 'sec-fetch-site': 'same-origin' })).toMatchObject({ authenticated: true });
    },
  );

  it('asks nobody where the configuration says so', async () => {
    app = anAdminApp({ access: { ...idleDeps().access, token: null } });
    expect(await whoami({})).toMatchObject({ authenticated: true, auth: 'none' });
    const codes = await app.request('/api/login-codes', { method: 'POST', headers: HOST });
    expect(await codes.json()).toEqual({ code: null, url: 'http://localhost:8081/', expires_at: null });
    expect((await app.request('/login', { headers: HOST })).headers.get('location')).toBe('/');
  });
});
