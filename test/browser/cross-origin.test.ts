import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAdminApp } from '../support/admin-app.ts';
import { chromiumPath, launch, visit } from './support/browser.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';

/** Answered to anybody who may connect: route-security.test.ts says why. */
const OPEN = /^\/(?:$|login|favicon|assets|health|metrics|ca\.|api\/(?:stats|whoami|login|logout)$)/;

interface Asked {
  method: string;
  path: string;
}

/** Every route that there is. */
const ROUTES: Asked[] = anAdminApp()
  .routes.filter(({ method }) => method !== 'ALL')
  .map(({ method, path }) => ({ method, path: path.replaceAll(/:\w+(?:\{[^}]*\})?/g, 'call_1').replace('*', 'x.js') }));

describe.skipIf(chromiumPath === null)('a page of elsewhere, in a browser that is signed in', () => {
  let browser: Browser;
  let daemon: Daemon;
  let elsewhere: Server;
  beforeAll(async () => {
    elsewhere = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>elsewhere</title>');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    [browser, daemon] = await Promise.all([launch(), startDaemon()]);
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
    elsewhere.closeAllConnections();
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  // A page of another port is of the same site: its requests carry the cookie.
  it.each(['127.0.0.1', 'localhost'])('changes nothing and reads nothing from http://%s:PORT', async (host) => {
    const { page, context } = await visit(browser, daemon);
    const mine = await page.evaluate(whoami);
    expect(mine).toMatchObject({ authenticated: true });
    const statuses = await statusesOf(page, new URL(daemon.adminUrl).origin);
    await page.goto(`http://${host}:${(elsewhere.address() as AddressInfo).port}/`);
    const read = await page.evaluate(attack, { admin: daemon.adminUrl, routes: ROUTES });
    expect(read).toEqual([]);
    expect(statuses.size).toBeGreaterThan(50);
    const allowed = [...statuses].filter(([name, status]) => status < 400 && !OPEN.test(name.split(' ')[1] ?? ''));
    expect(allowed).toEqual([]);
    // Nor did a change get through that is open to whoever has the token.
    const after = await fetch(`${daemon.adminUrl}/api/tracing`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    });
    expect(await after.json()).toEqual({ enabled: true });
    await page.goto(daemon.adminUrl);
    expect(await page.evaluate(whoami)).toEqual(mine);
    await context.close();
  });
});

async function whoami(): Promise<unknown> {
  return (await fetch('/api/whoami')).json();
}

/**
 * Of all answers of this origin to a page of another, those too that the browser keeps from that page.
 * By method and path. What the dashboard itself still asks for when it is left does not count.
 */
async function statusesOf(page: Page, origin: string): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const asked = new Map<string, string>();
  const network = await page.context().newCDPSession(page);
  network.on('Network.requestWillBeSent', ({ requestId, documentURL, request: { method, url } }) => {
    if (new URL(documentURL).origin === origin) return;
    if (new URL(url).origin === origin) asked.set(requestId, `${method} ${new URL(url).pathname}`);
  });
  network.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    const name = asked.get(requestId);
    if (name !== undefined) statuses.set(name, Math.min(statuses.get(name) ?? 999, statusCode));
  });
  await network.send('Network.enable');
  return statuses;
}

/** Runs in the page: asks each route in every way that a page may; gives back what it could read. */
async function attack({ admin, routes }: { admin: string; routes: Asked[] }): Promise<string[]> {
  const read: string[] = [];
  const ask = async (path: string, init: RequestInit): Promise<void> => {
    const limit = AbortSignal.timeout(3000);
    const answer = await fetch(admin + path, { credentials: 'include', signal: limit, ...init }).catch(() => null);
    if (answer !== null && answer.type !== 'opaque') read.push(`${init.method ?? 'GET'} ${path} ${answer.status}`);
  };
  const body = '{"enabled":false,"token":"x","pid":1,"dry_run":false,"call":"call_1"}';
  for (const { method, path } of routes) {
    if (method === 'GET') {
      await ask(path, { mode: 'no-cors' });
      await ask(path, { mode: 'cors' });
    } else {
      await ask(path, { method: 'POST', mode: 'no-cors', body });
      await ask(path, { method, mode: 'cors', body, headers: { 'content-type': 'application/json' } });
    }
  }
  return read;
}
