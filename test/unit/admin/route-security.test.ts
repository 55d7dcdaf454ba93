import { describe, expect, it } from 'vitest';
import { anAdminApp, BEARER, idleDeps, TOKEN } from '../../support/admin-app.ts';

/** What anybody may have: whoever adds a route to this list says that it shows nothing and changes nothing. */
const OPEN = [
  'GET /',
  'GET /assets/*',
  'GET /favicon.svg',
  'GET /favicon.ico',
  'GET /login',
  'GET /api/whoami',
  'POST /api/login',
  'POST /api/logout',
  'GET /health',
  'GET /health/bedrock',
  'GET /health/loki',
  'GET /metrics',
  'GET /ca.pem',
  'GET /ca.der',
  'GET /api/stats',
];

const app = anAdminApp();

/** Every route that there is, as a request to it. */
function routes(): { name: string; method: string; path: string }[] {
  return app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({
      name: `${method} ${path}`,
      method,
      path: path.replaceAll(/:\w+(?:\{[^}]*\})?/g, 'call_0001').replace('*', 'index.js'),
    }));
}

async function statusOf(method: string, path: string, headers: Record<string, string>): Promise<number> {
  return (await app.request(path, { method, headers })).status;
}

describe('admin/server: every route', () => {
  it('is there once, and the open ones are those of the list', async () => {
    const names = routes().map(({ name }) => name);
    expect(names.length).toBeGreaterThan(40);
    expect(new Set(names).size).toBe(names.length);
    expect(OPEN.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(routes().map(({ name, method, path }) => [name, method, path]))(
    '%s wants the token, unless it is open',
    async (name, method, path) => {
      const host = 'localhost:8081';
      const strangers: Record<string, string>[] = [
        { host },
        { host, authorization: 'Bearer ' },
        { host, authorization: `Bearer ${TOKEN}x` },
        { host, authorization: `Basic ${Buffer.from(`:${TOKEN}`).toString('base64')}` },
        { host, cookie: `llm_proxy_token_8081=${TOKEN}x; xllm_proxy_token=${TOKEN}` },
        // A page of elsewhere makes the browser send the cookie that is right.
        { host, cookie: `llm_proxy_token=${TOKEN}`, 'sec-fetch-site': 'cross-site' },
        { host, cookie: `llm_proxy_token=${TOKEN}`, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
      ];
      for (const headers of strangers) {
        const status = await statusOf(method, path, headers);
        if (OPEN.includes(name)) expect(status, JSON.stringify(headers)).not.toBe(403);
        else expect(status, JSON.stringify(headers)).toBe(401);
      }
    },
  );

  it.each(routes().map(({ name, method, path }) => [name, method, path]))(
    '%s is served under no name of elsewhere, not even with the token',
    async (_, method, path) => {
      for (const host of [
        'evil.example',
        'evil.example:8081',
        'localhost.evil.example',
        '127.0.0.1.evil.example',
        '0.0.0.0',
        '',
      ])
        expect(await statusOf(method, path, { ...BEARER, host }), host).toBe(421);
    },
  );

  it.each(
    routes()
      .filter(({ method }) => method !== 'GET')
      .map(({ name, method, path }) => [name, method, path]),
  )('%s changes nothing for a page of another origin', async (_, method, path) => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3000', 'http://localhost', 'file://'])
      expect(await statusOf(method, path, { ...BEARER, origin }), origin).toBe(403);
  });

  it('answers no method that it does not have', async () => {
    const known = new Set(routes().map(({ name }) => name));
    for (const { path, name } of routes()) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const isKnown = known.has(`${method} ${name.split(' ')[1]}`);
        if (!isKnown) expect(await statusOf(method, path, BEARER), `${method} ${path}`).toBe(404);
      }
    }
  });

  it('allows no page of elsewhere to read what it answers', async () => {
    for (const { method, path } of routes()) {
      const headers = { ...BEARER, origin: 'http://localhost:8081' };
      const answer = await app.request(path, { method, headers });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    }
  });

  it('asks nobody for a token only where there is none', async () => {
    const open = anAdminApp({ access: { ...idleDeps().access, token: null } });
    expect((await open.request('/api/mode', { headers: { host: 'localhost:1' } })).status).toBe(200);
    expect((await open.request('/api/mode', { headers: { host: 'evil.example' } })).status).toBe(421);
  });
});
