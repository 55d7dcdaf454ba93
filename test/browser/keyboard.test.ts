/** From what was spent to a message that was said, without a mouse. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch, pressChord, visit } from './support/browser.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { aHomeWithCalls } from './support/seed.ts';

const FOCUSED = `(document.activeElement?.textContent ?? '').trim()`;

/** Tab until what has the focus says these words. */
async function tabTo(page: Page, words: RegExp): Promise<void> {
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press('Tab');
    if (words.test(await page.evaluate<string>(FOCUSED))) return;
  }
  throw new Error(`nothing with the focus says ${String(words)}`);
}

describe.skipIf(chromiumPath === null)('dashboard, by keys alone', () => {
  let browser: Browser;
  let daemon: Daemon;
  beforeAll(async () => {
    [browser, daemon] = await Promise.all([launch(), startDaemon(aHomeWithCalls())]);
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  it('leads from the dearest session to its calls, and to what was said in one of them', async () => {
    const { page, context, complaints } = await visit(browser, daemon, '#/overview');
    await page.getByRole('table', { name: 'Most expensive sessions' }).waitFor();
    await tabTo(page, /^The test in src\/sum\.test\.ts fails/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor();
    await page.getByRole('tab', { name: 'Tree', selected: true }).waitFor();
    await page.getByText('Largest calls').or(page.getByText('Most expensive calls')).first().waitFor();
    // Down the tree to the first call, which opens beside it.
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByText('I will look at the file first.').first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('goes from screen to screen, filters, opens a call, walks its tabs, and closes it', async () => {
    const { page, context } = await visit(browser, daemon, '#/overview');
    await page.getByRole('figure', { name: 'Spend' }).waitFor();
    await pressChord(page, 'g', 'c', () => page.url().includes('#/calls'));
    await page.getByRole('grid', { name: 'Calls' }).getByRole('row').nth(3).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('tool:read_file status:200 ');
    await page.keyboard.press('Enter');
    await expect.poll(() => decodeURIComponent(page.url())).toContain('filter=tool:read_file+status:200');
    await expect.poll(() => page.getByRole('row').count()).toBeLessThan(8);
    await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Conversation', selected: true }).waitFor();
    await page.keyboard.press('6');
    await page.getByRole('tab', { name: 'Cost', selected: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Cost' }).waitFor({ state: 'detached' });
    await context.close();
  });

  it('keeps the focus in a dialog and gives it back, and names every screen and landmark', async () => {
    const { page, context } = await visit(browser, daemon, '#/overview');
    await page.getByRole('figure', { name: 'Spend' }).waitFor();
    await tabTo(page, /^Keys$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    for (let step = 0; step < 6; step += 1) await page.keyboard.press('Tab');
    // The browser's own bar may have it in between; the page behind may not.
    expect(
      await page.evaluate(
        `document.activeElement === document.body || document.activeElement.closest('dialog') !== null`,
      ),
    ).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate<string>(FOCUSED)).toBe('Keys');
    for (const name of ['Calls', 'Sessions', 'Compare', 'Settings', 'Overview']) {
      await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name }).click();
      await expect.poll(() => page.title()).toBe(`${name} · llm-proxy`);
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByRole('banner').count()).toBe(1);
      expect(await page.getByRole('navigation', { name: 'Screens' }).count()).toBe(1);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    }
    await context.close();
  });
});
