import { EventEmitter, once } from 'node:events';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, settled, visit } from './support/browser.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { aHomeWithCalls } from './support/seed.ts';

/** There when all of the screen is. */
const partsOf = (page: Page) => page.getByRole('figure', { name: 'Spend' }).getByText('text-embedding-3-small');

describe.skipIf(chromiumPath === null)('dashboard/overview', () => {
  let browser: Browser;
  let daemon: Daemon;
  beforeAll(async () => {
    [browser, daemon] = await Promise.all([launch(), startDaemon(aHomeWithCalls())]);
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  it('shows the sums that the API gives, and what they do not hold', async () => {
    const { page, context, complaints } = await visit(browser, daemon, '#/overview');
    const answer = await fetch(`${daemon.adminUrl}/api/stats?since=24h`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    });
    const stats = (await answer.json()) as { total_requests: number; calls_without_usage: number };
    const calls = page.locator('dl > div').filter({ has: page.locator('dt', { hasText: /^Calls$/ }) });
    await calls.getByText(String(stats.total_requests), { exact: true }).waitFor();
    expect(stats.total_requests).toBe(11);
    await page.getByRole('link', { name: /1 call without usage/ }).waitFor();
    await settled(page);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('leads from a model to its calls, and from a chart to its numbers as a table', async () => {
    const { page, context } = await visit(browser, daemon, '#/overview?by=provider');
    const spend = page.getByRole('figure', { name: 'Spend' });
    await spend.getByRole('button', { name: 'As table' }).click();
    await spend.getByRole('columnheader', { name: 'anthropic' }).waitFor();
    await page.getByRole('table', { name: 'By provider' }).getByRole('link', { name: 'google' }).click();
    await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
    await expect.poll(() => decodeURIComponent(new URL(page.url()).hash)).toBe('#/calls?filter=provider:google');
    await context.close();
  });

  it('takes a stretch of a chart for the period of all screens', async () => {
    const { page, context } = await visit(browser, daemon, '#/overview');
    const spend = page.getByRole('figure', { name: 'Spend' });
    const plot = spend.locator('.u-over');
    // It is drawn anew when its parts are known, and what stands above it moves it.
    await partsOf(page).waitFor();
    await settled(page);
    const box = await plot.boundingBox();
    if (box === null) throw new Error('there is no chart');
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await expect.poll(() => spend.innerText()).toMatch(/Spend\n\w{3} \d+ \w{3,4} \d\d:00/);
    expect(await plot.boundingBox()).toEqual(box);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await expect.poll(() => page.url()).toMatch(/since=.*until=/);
    await context.close();
  });

  it('shows no number of a new period before all of them are there', async () => {
    const { page, context } = await visit(browser, daemon, '#/overview?range=24h');
    await partsOf(page).waitFor();
    const dearest = page.getByRole('table', { name: 'Most expensive sessions' });
    await dearest.waitFor();
    const gate = new EventEmitter();
    const held = once(gate, 'open');
    await page.route(/api\/stats.*since=7d/, async (route) => {
      if (/group=(?:hour|day)&?/.test(route.request().url())) await held;
      await route.continue();
    });
    await page.route(/api\/sessions\?.*since=7d/, async (route) => {
      const answer = await route.fetch();
      const { sessions } = (await answer.json()) as { sessions: object[] };
      await route.fulfill({ json: { sessions: sessions.map((one) => ({ ...one, title: 'Of seven days' })) } });
    });
    const answers = [/stats.*since=7d.*group=model/, /sessions\?.*since=7d/].map((url) => page.waitForResponse(url));
    await page.evaluate("location.hash = '#/overview?range=7d'");
    for (const answer of await Promise.all(answers)) await answer.finished();
    const screen = page.locator('[aria-busy]').filter({ has: dearest });
    await expect.poll(() => screen.getAttribute('aria-busy')).toBe('true');
    expect(await dearest.getByText('Of seven days').count()).toBe(0);
    gate.emit('open');
    await dearest.getByText('Of seven days').first().waitFor();
    await expect.poll(() => screen.getAttribute('aria-busy')).toBe('false');
    await context.close();
  });

  it('moves on with the clock where no call ends', async () => {
    const { page, context } = await visit(browser, daemon, '');
    // Nothing else makes it ask again.
    await page.route('**/api/live', () => new Promise(() => {}));
    await page.clock.install();
    await page.goto(`${daemon.adminUrl}/?clock#/overview?range=24h`);
    await page.clock.runFor(1000);
    await partsOf(page).waitFor();
    const again = page.waitForRequest(/\/api\/stats\?.*since=24h/);
    await page.clock.runFor(60_000);
    await again;
    await context.close();
  });

  it('says that nothing is there, and how that changes', async () => {
    const { page, context } = await visit(
      browser,
      daemon,
      '#/overview?since=2020-01-01T00:00:00.000Z&until=2020-01-02T00:00:00.000Z',
    );
    await page.getByRole('button', { name: 'Show all time' }).click();
    await page.getByRole('figure', { name: 'Spend' }).waitFor();
    await context.close();
  });

  it.each(['light', 'dark'] as const)('breaks no rule of accessibility (%s)', async (theme) => {
    const { page, context } = await visit(browser, daemon, '#/overview', { theme });
    await partsOf(page).waitFor();
    await page.getByRole('table', { name: 'Most expensive sessions' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await context.close();
  });
});
