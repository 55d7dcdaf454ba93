import { EventEmitter, once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, settled, visit } from './support/browser.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { aHomeWithCalls } from './support/seed.ts';

const PARTS = ['setup', 'mode', 'providers', 'prices', 'storage', 'exporters', 'budgets', 'all'];

describe.skipIf(chromiumPath === null)('dashboard/settings', () => {
  let browser: Browser;
  let daemon: Daemon;
  beforeAll(async () => {
    [browser, daemon] = await Promise.all([launch(), startDaemon(aHomeWithCalls())]);
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  it('gives what to copy with the addresses and files of this daemon, and says who came', async () => {
    const { page, context, complaints } = await visit(browser, daemon, '#/settings/setup');
    const card = page.locator('li').filter({ has: page.getByRole('heading', { name: 'Node', exact: true }) });
    await expect.poll(() => card.locator('pre').innerText()).toContain(`HTTPS_PROXY=${daemon.proxyUrl}`);
    expect(await card.locator('pre').innerText()).toContain(daemon.caFile);
    await card.getByText(/calls?, the last/).waitFor();
    const waiting = page.locator('li').filter({ has: page.getByRole('heading', { name: 'Java' }) });
    await waiting.getByText('Waiting for the first call.').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download as PEM' }).click();
    expect((await download).suggestedFilename()).toBe('llm-proxy-ca.pem');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('tells what happens to a call', async () => {
    const { page, context } = await visit(browser, daemon, '#/settings/providers');
    await page.getByLabel('Address of a call').fill('https://api.openai.com/v1/chat/completions');
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('intercepted: read, metered, recorded').waitFor();
    await page.getByLabel('Address of a call').fill('https://example.org/');
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('tunnelled: passed on unread').waitFor();
    await page.getByLabel('Find a provider').fill('mistral');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await context.close();
  });

  it('stops recording bodies, and goes on with it', async () => {
    const { page, context } = await visit(browser, daemon, '#/settings/mode');
    await page.getByRole('button', { name: 'Stop recording bodies' }).click();
    await page.getByText('Bodies are not recorded.').waitFor();
    const state = async (): Promise<unknown> =>
      (await fetch(`${daemon.adminUrl}/api/tracing`, { headers: { authorization: `Bearer ${daemon.token}` } })).json();
    expect(await state()).toMatchObject({ enabled: false });
    await page.getByRole('button', { name: 'Record bodies again' }).click();
    await page.getByText('Bodies are recorded.').waitFor();
    expect(await state()).toMatchObject({ enabled: true });
    await context.close();
  });

  it('counts before it deletes, and deletes only when told so', async () => {
    const { page, context } = await visit(browser, daemon, '#/settings/storage');
    await page.getByText(/^11 \(/).waitFor();
    await page.getByRole('button', { name: 'Count what would go' }).click();
    await page.getByText('Nothing is that old.').waitFor();
    // Nothing is deleted but what was counted, whatever the fields say when the answer comes; and a failure is told of.
    const asked: unknown[] = [];
    const gate = new EventEmitter();
    const held = once(gate, 'open');
    await page.route('**/api/prune', async (route) => {
      asked.push(route.request().postDataJSON());
      if (asked.length === 1) {
        await held;
        await route.fulfill({ json: { records: 3, bodies: 0, done: true } });
      } else await route.fulfill({ status: 503, json: { error: { type: 'store_busy', message: 'It is busy.' } } });
    });
    await page.getByRole('button', { name: 'Count what would go' }).click();
    await page.getByLabel('Older than').fill('1');
    await page.getByLabel('bodies only').uncheck();
    gate.emit('open');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('3 records with their bodies, older than 30 days.').waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('It is busy.').waitFor();
    await dialog.waitFor({ state: 'detached' });
    await settled(page);
    expect(asked).toEqual([
      { older_than: '30d', bodies_only: true, dry_run: true },
      { older_than: '30d', bodies_only: true },
    ]);
    await context.close();
  });

  it('finds a setting, and says who set it', async () => {
    const { page, context } = await visit(browser, daemon, '#/settings/all');
    await page.getByLabel('only what is not the default').check();
    await page.getByRole('row', { name: /^port 0 flag/ }).waitFor();
    await page.getByLabel('Find a setting').fill('nothing has this name');
    await page.getByText('No setting matches.').waitFor();
    await context.close();
  });

  it('signs this browser out', async () => {
    const { page, context } = await visit(browser, daemon, '#/settings/all');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel(/paste the token/).waitFor();
    await context.close();
  });

  it.each(['light', 'dark'] as const)('breaks no rule of accessibility (%s)', { timeout: 300_000 }, async (theme) => {
    const { page, context } = await visit(browser, daemon, '#/settings/setup', { theme });
    for (const part of PARTS) {
      await page.goto(`${daemon.adminUrl}/#/settings/${part}`);
      const link = page.getByRole('navigation', { name: 'Settings' }).locator('a[aria-current=page]');
      await expect.poll(() => link.getAttribute('href')).toBe(`#/settings/${part}`);
      await settled(page);
      await expect.poll(() => page.getByText(/^Loading/).count()).toBe(0);
      await page.locator('main h2').first().waitFor();
      expect([part, await violationsOf(page)]).toEqual([part, []]);
    }
    await context.close();
  });
});
