import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DashboardFiles } from '../../../src/admin/dashboard-files.ts';
import { anAdminApp } from '../../support/admin-app.ts';

const PAGE = { host: 'localhost:8081', accept: 'text/html,application/xhtml+xml' };
const ASSET = { host: 'localhost:8081' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-dashboard-'));
  mkdirSync(join(folder, 'dashboard/assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'not for you');
  writeFileSync(join(folder, 'dashboard/index.html'), '<!doctype html><title>llm-proxy</title>');
  writeFileSync(join(folder, 'dashboard/assets/index-1a2b.js'), 'export {};');
  writeFileSync(join(folder, 'dashboard/assets/index-1a2b.css'), 'a{}');
  writeFileSync(join(folder, 'dashboard/favicon.svg'), '<svg/>');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const app = (): ReturnType<typeof anAdminApp> =>
  anAdminApp({ dashboard: new DashboardFiles(join(folder, 'dashboard')) });

describe('admin/dashboard-routes', () => {
  it('gives browsers the page, without a token, and programs the text', async () => {
    const page = await app().request('/', { headers: PAGE });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<title>llm-proxy</title>');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const text = await (await app().request('/', { headers: { ...ASSET, accept: '*/*' } })).text();
    expect(text).toMatch(/^llm-proxy 1\.2\.3\n[^]*open this address in a browser/);
  });

  it('lets the page run its own files alone, frame and be framed by nothing, and tell nobody where it was', async () => {
    const { headers } = await app().request('/', { headers: PAGE });
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "connect-src 'self'",
      "img-src 'self' blob: data:",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
      expect(policy.split('; ')).toContain(part);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it.each([
    ['/assets/index-1a2b.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/assets/index-1a2b.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/favicon.svg', 'image/svg+xml', 'no-cache'],
  ])('gives %s as what it is', async (path, type, caching) => {
    const { status, headers } = await app().request(path, { headers: ASSET });
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, type, caching]);
  });

  it.each([
    '/assets/none.js',
    '/assets/',
    '/assets/../index.html',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets//etc/passwd',
    '/favicon.ico',
  ])('has nothing at %s', async (path) => {
    // As a client on a socket would write it: `app.request` would resolve the dots itself.
    const asked = new Request('http://localhost:8081/', { headers: ASSET });
    Object.defineProperty(asked, 'url', { value: `http://localhost:8081${path}` });
    const answer = await app().fetch(asked);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('not for you');
  });

  it('stays whole while its files are replaced', async () => {
    const running = app();
    await running.request('/', { headers: PAGE });
    rmSync(join(folder, 'dashboard'), { recursive: true });
    expect((await running.request('/assets/index-1a2b.js', { headers: ASSET })).status).toBe(200);
  });

  it('says that there is none in a build without it', async () => {
    const bare = anAdminApp({ dashboard: new DashboardFiles(join(folder, 'none')) });
    const page = await bare.request('/', { headers: PAGE });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('This build has no dashboard')]);
    expect((await bare.request('/assets/index-1a2b.js', { headers: ASSET })).status).toBe(404);
  });
});
