import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, visit } from './support/browser.ts';
import { type Compared, startCompared } from './support/compared.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';

interface Pair {
  primary: { id: string };
  shadow: { id: string; status: number | null; stop_reason: string | null };
}

describe.skipIf(chromiumPath === null)('dashboard/compare', () => {
  let browser: Browser;
  let compared: Compared;
  let daemon: Daemon;
  let pairs: Pair[];
  beforeAll(async () => {
    [browser, compared] = await Promise.all([launch(), startCompared()]);
    daemon = compared.scripted.daemon;
    ({ pairs } = await compared.scripted.ask<{ pairs: Pair[] }>('/api/compare'));
  });
  afterAll(async () => {
    await browser?.close();
    await compared?.stop();
  });

  const hashOf = (pair: Pair | undefined, view = ''): string =>
    `#/compare?a=${pair?.primary.id}&b=${pair?.shadow.id}${view}`;
  const withTools = (): Pair | undefined => pairs.find(({ shadow }) => shadow.stop_reason === 'tool_use');

  /** What comes last in each view. */
  const signs = {
    list: (page: Page) => page.getByRole('grid', { name: 'Comparisons' }).getByRole('row').nth(3),
    sides: (page: Page) => page.getByRole('region', { name: 'Call B' }).getByText('I will look that up.'),
    answers: (page: Page) => page.getByRole('region', { name: 'Tool calls' }),
    all: (page: Page) => page.getByRole('region', { name: 'Differences' }).getByText('haiku').first(),
  };

  it('lists what was compared, with a score board, and leads to a pair and back by keys', async () => {
    const { page, context, complaints, strangers } = await visit(browser, daemon, '#/compare');
    await page.getByRole('row').filter({ hasText: 'claude-haiku-4-5' }).nth(2).waitFor();
    const board = page.getByRole('region', { name: 'Score board, table' });
    await board.getByText('100 % of 2').first().waitFor();
    await page.getByRole('grid', { name: 'Comparisons' }).focus();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Measures of both calls' }).waitFor();
    await expect.poll(() => page.url()).toMatch(/a=call_.*b=call_/);
    await page.keyboard.press('Escape');
    await board.waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as CSV' }).click();
    expect((await saved).suggestedFilename()).toBe('comparisons.csv');
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
    await context.close();
  });

  it('shows both answers, where the copy went, and what differs in the arguments of a tool', async () => {
    const { page, context, complaints } = await visit(browser, daemon, hashOf(withTools()));
    await page.getByRole('region', { name: 'Call B' }).getByText('I will look that up.').waitFor();
    await page.getByText(/Sent to http:\/\/127\.0\.0\.1:\d+\/v1\/messages as claude-haiku-4-5 by the mode/).waitFor();
    await page.keyboard.press('2');
    const tools = page.getByRole('region', { name: 'Tool calls' });
    await tools.getByRole('row', { name: '.days 3 5' }).waitFor();
    await tools.getByRole('row', { name: '.unit "celsius" not there' }).waitFor();
    expect(await tools.getByText('.city').count()).toBe(0);
    await page.keyboard.press('3');
    await page.getByRole('region', { name: 'Differences' }).getByText('haiku').first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('tells the failure of a copy, which its program never saw', async () => {
    const failed = pairs.find(({ shadow }) => shadow.status === 503);
    const { page, context } = await visit(browser, daemon, hashOf(failed, '&view=answers'));
    await page.getByText('the copy is not served').waitFor();
    await page.getByText('B has no answer that can be read').waitFor();
    await context.close();
  });

  it('asks what a call is to be compared with', async () => {
    const { page, context } = await visit(browser, daemon, `#/compare?a=${pairs[0]?.primary.id}`);
    await page.getByLabel('Id of another call').fill(pairs[1]?.primary.id ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Measures of both calls' }).waitFor();
    await context.close();
  });

  it('says how comparing begins where nothing was compared', async () => {
    const other = await startDaemon();
    try {
      const { page, context } = await visit(browser, other, '#/compare');
      await page.getByText('The mode is passthrough now.').waitFor();
      expect(await violationsOf(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      await context.close();
    } finally {
      await other.stop();
    }
  });

  it('has every measure of both in sight on a phone', async () => {
    const { page, context } = await visit(browser, daemon, hashOf(withTools()), { width: 390, height: 844 });
    const row = page.getByRole('row', { name: /^Total/ });
    await row.waitFor();
    await signs.sides(page).waitFor();
    const ends = async () => {
      const boxes = await Promise.all((await row.getByRole('cell').all()).map((cell) => cell.boundingBox()));
      return boxes.map((box) => (box?.x ?? 999) + (box?.width ?? 0));
    };
    await expect.poll(async () => (await ends()).length).toBe(3);
    await expect.poll(async () => Math.max(...(await ends()))).toBeLessThanOrEqual(390);
    await expect.poll(() => page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(await violationsOf(page)).toEqual([]);
    await context.close();
  });

  const views = ['list', 'sides', 'answers', 'all'] as const;
  it.each((['light', 'dark'] as const).flatMap((theme) => views.map((view) => [theme, view] as const)))(
    'breaks no rule of accessibility (%s, %s)',
    async (theme, view) => {
      const hash = view === 'list' ? '#/compare' : hashOf(withTools(), `&view=${view}`);
      const { page, context } = await visit(browser, daemon, hash, { theme });
      const sign = view === 'list' ? 'Score board, table' : 'Measures of both calls';
      await page.getByRole('region', { name: sign }).waitFor();
      await signs[view](page).waitFor();
      expect(await violationsOf(page)).toEqual([]);
      await context.close();
    },
  );
});
