import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch, pressChord, settled, visit } from './support/browser.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';

describe.skipIf(chromiumPath === null)('dashboard/app.tsx', () => {
  let browser: Browser;
  let daemon: Daemon;
  beforeAll(async () => {
    [browser, daemon] = await Promise.all([launch(), startDaemon()]);
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  it('shows every screen without a complaint of the browser and without a request to anybody else', async () => {
    const { page, complaints, strangers, context } = await visit(browser, daemon);
    for (const name of ['Calls', 'Sessions', 'Compare', 'Settings', 'Overview']) {
      await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await settled(page);
    }
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
    await context.close();
  });

  it('asks who comes without a cookie to sign in, and takes the token by hand', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(daemon.adminUrl);
    await page.getByLabel(/paste the token/).fill(daemon.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await context.close();
  });

  it('says of a link that was used before what to do', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${daemon.adminUrl}/login?code=used-long-ago`);
    await page.getByRole('alert').filter({ hasText: 'The command prints a new one' }).waitFor();
    await context.close();
  });

  it('lists the keys that work, and goes where they say', async () => {
    const { page, context } = await visit(browser, daemon);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await pressChord(page, 'g', 'c', () => page.url().includes('#/calls'));
    await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
    await context.close();
  });
});
