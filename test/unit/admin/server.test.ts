import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve, type ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Calls } from '../../../src/admin/calls.ts';
import { SearchLoop } from '../../../src/admin/search-loop.ts';
import { Search } from '../../../src/admin/search.ts';
import { Live } from '../../../src/admin/live.ts';
import { type AdminDeps, createAdminApp } from '../../../src/admin/server.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { AppError } from '../../../src/core/errors.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { aHouse, anAdminApp, aVerdict, BEARER as LOCAL, idleRecorder } from '../../support/admin-app.ts';
import { type Answer, askHttp } from '../../support/ask-http.ts';
import { untilTrue } from '../../support/async.ts';
import { aRecord } from '../../support/captures.ts';
import { makeCa } from '../../support/certificates.ts';

const TOKEN = 'a-token-of-thirty-two-characters';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const CA = makeCa().pem;
const SECTION = '=== 2026-11-21 12:00:00.000  call_0001  POST api.anthropic.com/v1/messages\n';
let folder: string;
let asked: string[];
let watching: boolean[];
let live: Live;
let calls: Calls;
let app: Hono;
let server: ServerType;
let port: number;
let recorder: AdminDeps['recorder'];

async function start(access: Partial<AdminDeps['access']> = {}): Promise<void> {
  const search = new Search({ db: join(folder, 'calls.db') });
  app = createAdminApp({
    access: { token: TOKEN, host: '127.0.0.1', allowedHosts: [], ...access },
    version: '1.2.3',
    clock: systemClock,
    house: aHouse(),
    dashboard: { get: () => null },
    caFile: join(folder, 'ca.pem'),
    calls,
    directory: () => Promise.reject(new Error('not asked for')),
    live,
    search,
    indexing: new SearchLoop(search),
    tracing: { enabled: true },
    bedrockRegion: null,
    recorder: () => recorder(),
    net: {
      mode: () => Promise.resolve({ state: { mode: 'passthrough', target_url: null, model: null, guarded: false } }),
      openRun: (pid) => Promise.resolve({ run_id: `run_${pid}`, proxy_url: 'http://127.0.0.1:9', local_servers: [] }),
      closeRun: (id) => Promise.resolve(asked.push(`close ${id}`)),
      explain: () => Promise.resolve(aVerdict()),
      setup: () =>
        Promise.resolve({
          proxy_url: 'http://127.0.0.1:9',
          ca_file: '/ca.pem',
          bundle_file: '/b.pem',
          tls_troubles: [],
        }),
      status: () => Promise.resolve({ connections: 2, in_flight: 1, uptime_ms: 5 }),
      stop: () => Promise.resolve(void asked.push('stop')),
    },
    send: () => Promise.reject(new Error('not to be sent')),
  });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (address: AddressInfo) => {
      port = address.port;
      resolve();
    });
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-admin-'));
  asked = [];
  watching = [];
  recorder = () => idleRecorder;
  live = new Live((on) => watching.push(on));
  const database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  writeFileSync(join(folder, 'calls.log'), `before\n${SECTION}after\n`);
  writeFileSync(join(folder, 'ca.pem'), CA);
  const log = { file: join(folder, 'calls.log'), offset: 7, length: SECTION.length };
  new CallWriter(database).write([
    { record: aRecord({ id: 'call_0001' }), costNanos: 6_000_000, log },
    {
      record: aRecord({ id: 'call_0002', provider: 'openai', status: 500, started_at: '2026-11-21T13:00:00.000Z' }),
      costNanos: null,
      log: null,
    },
  ]);
  database.close();
  calls = new Calls(join(folder, 'calls.db'));
});
afterEach(async () => {
  if ('closeAllConnections' in server) server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  calls.close();
  rmSync(folder, { recursive: true, force: true });
});
const ask = (method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> =>
  askHttp(port, method, path, headers, body);
const get = (path: string, headers: Record<string, string> = BEARER): Promise<Answer> => ask('GET', path, headers);
const follow = (headers: Record<string, string> = {}): { text: () => string; leave: () => void } => {
  let text = '';
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: '/api/live',
    headers: { ...BEARER, ...headers },
    agent: false,
  });
  outgoing.on('response', (incoming) => incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)));
  outgoing.on('error', () => {});
  outgoing.end();
  return { text: () => text, leave: () => outgoing.destroy() };
};
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (\d+)$/gm)].map((match) => match[1] ?? '');

describe('admin/server', () => {
  // Every route there is: route-security.test.ts.
  it('answers without the token what shows no content and changes nothing', async () => {
    await start();
    for (const path of ['/', '/health', '/health/bedrock', '/metrics', '/ca.pem', '/ca.der', '/api/stats'])
      expect(`${path} ${(await ask('GET', path)).status}`).toBe(`${path} 200`);
    for (const route of ['POST /api/stop', 'GET /api/calls', 'DELETE /api/runs/run_1', 'POST /api/purge']) {
      const [method = '', path = ''] = route.split(' ');
      expect(`${route} ${(await ask(method, path)).status}`).toBe(`${route} 401`);
    }
    expect(asked).toEqual([]);
  });

  it.each([
    ['no token', {}, 401],
    ['an empty one', { authorization: 'Bearer ' }, 401],
    ['another', { authorization: `Bearer ${TOKEN}x` }, 401],
    ['one of another scheme', { authorization: `Basic ${TOKEN}` }, 401],
    ['the token', BEARER, 200],
    ['the token in lower-case bearer', { authorization: `bearer ${TOKEN}` }, 200],
    ['the token as cookie among others', { cookie: `a=b; llm_proxy_token=${TOKEN}; c=d` }, 200],
    ['a cookie of a longer name', { cookie: `xllm_proxy_token=${TOKEN}` }, 401],
  ] as [string, Record<string, string>, number][])('answers a request with %s', async (_, headers, status) => {
    await start();
    expect((await ask('GET', '/api/calls', headers)).status).toBe(status);
  });
  it('asks nobody for a token where the configuration says so', async () => {
    await start({ token: null });
    expect((await ask('GET', '/api/calls')).status).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:8081',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil-localhost',
    '169.254.169.254',
    'x/?',
    'x/#',
    'localhost/health?',
    'localhost@evil.example',
    '[::2]',
  ])('serves nothing under the name %s', async (host) => {
    await start();
    for (const path of ['/health', '/api/calls']) {
      const { status, text } = await get(path, { ...BEARER, host });
      expect([400, 421], `${path} ${status}`).toContain(status);
      expect(text).not.toContain('call_');
    }
  });

  it.each([
    'localhost',
    'LOCALHOST:1',
    'localhost.',
    'app.localhost:3',
    '127.1.2.3',
    '[::1]:8081',
    'proxy.lan:9',
    '10.0.0.5',
    '[fd00::5]:1',
  ])('serves the name %s', async (host) => {
    await start({ host: host.startsWith('[') ? 'fd00::5' : '10.0.0.5', allowedHosts: ['Proxy.lan'] });
    expect((await get('/health', { host })).status).toBe(200);
  });
  it('lets pages of other origins change nothing, not even those of another port of this machine', async () => {
    await start();
    const host = `localhost:${port}`;
    const stop = (origin: string): Promise<Answer> => ask('POST', '/api/stop', { ...BEARER, host, origin });
    for (const origin of [
      'https://evil.example',
      'null',
      `http://localhost:${port}.evil.example`,
      'http://localhost:3000',
    ])
      expect((await stop(origin)).status, origin).toBe(403);
    expect(asked).toEqual([]);
    expect((await stop(`http://${host}`)).json()).toEqual({ stopping: true });
    await untilTrue(() => asked.includes('stop'));
  });
  it('allows no page to read its answers or to frame, sniff or keep them', async () => {
    await start();
    const { headers } = await ask('GET', '/health', { origin: 'https://evil.example' });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  });

  it('says how it is, also while the recorder is away', async () => {
    await start();
    expect((await get('/health')).json()).toMatchObject({
      status: 'ok',
      version: '1.2.3',
      connections: 2,
      in_flight: 1,
    });
    recorder = () => {
      throw new AppError('not_running', 'the recorder is starting');
    };
    expect((await get('/health')).json()).toMatchObject({ status: 'degraded', connections: 2, recorder: null });
    const { status, json } = await get('/api/stats');
    expect([status, json()]).toEqual([503, { error: { type: 'not_running', message: 'the recorder is starting' } }]);
  });

  it('says so in time for a health check when the recorder waits for a disk that hangs', async () => {
    vi.useFakeTimers();
    try {
      const hanging = { ...idleRecorder, health: () => new Promise<never>(() => {}) };
      const app = anAdminApp({ recorder: () => hanging });
      const asked = app.request('/health', { headers: LOCAL });
      await vi.advanceTimersByTimeAsync(1000);
      expect(await (await asked).json()).toMatchObject({ status: 'degraded', recorder: null });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is degraded while a sink fails', async () => {
    await start();
    const sink = { name: 'sqlite', state: 'failing', queued: 0, dropped: 3, error: 'disk full' } as const;
    recorder = () => ({ ...idleRecorder, health: () => Promise.resolve({ live: 0, sinks: [sink] }) });
    expect((await get('/health')).json()).toMatchObject({ status: 'degraded', recorder: { sinks: [sink] } });
  });

  it('answers HEAD as GET, without a body', async () => {
    await start();
    expect(await ask('HEAD', '/health')).toMatchObject({ status: 200, text: '' });
    expect((await ask('HEAD', '/api/calls')).status).toBe(401);
  });

  it('gives the CA as PEM and as DER, stats and metrics', async () => {
    await start();
    expect((await get('/ca.pem')).text).toBe(CA);
    expect((await get('/ca.der')).headers['content-type']).toBe('application/pkix-cert');
    expect((await get('/api/stats')).json()).toMatchObject({ total_requests: 7 });
    expect((await get('/metrics')).text).toContain('llm_proxy_calls_total 7');
  });

  it('lists the dearest first where it is told to, and refuses what has no such order', async () => {
    await start();
    const { calls: found, above_usd: above } = (await get('/api/calls?sort=cost&with=texts')).json();
    expect([found, above]).toMatchObject([[{ id: 'call_0001' }], null]);
    expect((await get('/api/calls?sort=size')).status).toBe(400);
    expect((await get('/api/calls?sort=cost&q=words')).json()).toMatchObject({
      error: { message: 'sort=cost goes with filters, not with words' },
    });
  });

  it('lists calls newest first, page by page, filtered', async () => {
    await start();
    const first = (await get('/api/calls?limit=1')).json();
    expect(first['calls']).toMatchObject([{ id: 'call_0002' }]);
    const second = (await get(`/api/calls?limit=1&cursor=${String(first['next_cursor'])}`)).json();
    expect(second).toMatchObject({ calls: [{ id: 'call_0001', cost_usd: 0.006 }], next_cursor: null });
    for (const [filter, ids] of [
      ['provider=openai', ['call_0002']],
      ['status=5xx', ['call_0002']],
      ['status=%3E%3D500', ['call_0002']],
      ['until=2026-11-21T12:30:00Z', ['call_0001']],
      ['q=call_0001', ['call_0001']],
      ["provider='%20OR%201=1--", []],
      ["q=%25';DROP%20TABLE%20llm_calls;--", []],
    ] as const) {
      const { calls: found } = (await get(`/api/calls?${filter}`)).json() as { calls: { id: string }[] };
      expect(
        found.map(({ id }) => id),
        filter,
      ).toEqual(ids);
    }
  });

  it.each(['limit=0', 'limit=x', 'status=fine', 'since=yesterday', 'since=7', 'until=99999999999d'])(
    'refuses the filter %s with a reason',
    async (filter) => {
      await start();
      const { status, text } = await get(`/api/calls?${filter}`);
      expect(status).toBe(400);
      expect(text).toMatch(/"type":"bad_request","message":"\w+ must be /);
    },
  );

  it('gives one call by its id or the beginning of it, and its section of the log', async () => {
    await start();
    expect((await get('/api/calls/call_0001')).json()).toMatchObject({ id: 'call_0001' });
    expect((await get('/api/calls/call_0')).status).toBe(409);
    expect((await get('/api/calls/call_9')).status).toBe(404);
    expect((await get('/api/calls/call_0001/log')).text).toBe(SECTION);
    expect((await get('/api/calls/call_0002/log')).status).toBe(404);
    // The file was written anew: what stands there is of another call.
    writeFileSync(join(folder, 'calls.log'), `before\n${SECTION.replace('call_0001', 'call_0009')}after\n`);
    expect((await get('/api/calls/call_0001/log')).status).toBe(404);
    rmSync(join(folder, 'calls.log'));
    expect((await get('/api/calls/call_0001/log')).status).toBe(404);
  });

  it('says of what there is not that there is none', async () => {
    await start();
    expect((await get('/api/nothing')).json()).toEqual({
      error: { type: 'not_found', message: 'there is no GET /api/nothing' },
    });
  });

  it('opens a run for a process and ends it with its sums', async () => {
    await start();
    const opened = await ask('POST', '/api/runs', BEARER, '{"pid":42}');
    expect([opened.status, opened.json()]).toEqual([
      201,
      { run_id: 'run_42', proxy_url: 'http://127.0.0.1:9', local_servers: [] },
    ]);
    expect((await ask('DELETE', '/api/runs/run_42', BEARER)).json()).toMatchObject({ run_id: 'run_42' });
    expect(asked).toEqual(['close run_42']);
    for (const body of ['', '{', 'null', '{"pid":"1"}', '{"pid":0}', '{"pid":1.5}'])
      expect((await ask('POST', '/api/runs', BEARER, body)).status, body).toBe(400);
  });

  it('reads no body that is longer than any it wants', async () => {
    await start();
    const answer = await ask('POST', '/api/runs', BEARER, JSON.stringify({ pid: 1, more: 'x'.repeat(65_536) }));
    expect([answer.status, answer.json()['error']]).toEqual([
      413,
      { type: 'too_large', message: 'the body is too large' },
    ]);
  });
});

describe('admin/server: /api/live', () => {
  it('sends each finished call with an id, asks the recorder for them only then, and goes on behind Last-Event-ID', async () => {
    await start();
    expect(watching).toEqual([]);
    const first = follow();
    await untilTrue(() => first.text().includes('\n\n'));
    expect(watching).toEqual([true]);
    live.push(aRecord({ id: 'call_a' }));
    live.push(aRecord({ id: 'call_b' }));
    await untilTrue(() => idsIn(first.text()).length === 3);
    expect(idsIn(first.text())).toEqual(['0', '1', '2']);
    expect(first.text()).toContain('event: call\nid: 1\ndata: {"id":"call_a"');
    first.leave();
    live.push(aRecord({ id: 'call_c' }));
    const second = follow({ 'last-event-id': '1' });
    await untilTrue(() => idsIn(second.text()).length === 2);
    expect(idsIn(second.text())).toEqual(['2', '3']);
    expect(watching).toEqual([true]);
    second.leave();
  });

  it('cuts a reader off that does not read, rather than keep everything for it', async () => {
    await start();
    const outgoing = request({ host: '127.0.0.1', port, path: '/api/live', headers: BEARER, agent: false });
    const incoming = await new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve).end());
    const big = aRecord({ path: `/${'x'.repeat(20_000)}` });
    const sent = 4000;
    for (let at = 0; at < sent; at += 1) live.push(big);
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    const seen = text.match(/^id: /gm)?.length ?? 0;
    expect(seen).toBeLessThan(sent / 2);
  });
});
