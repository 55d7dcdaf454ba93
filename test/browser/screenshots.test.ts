/**
 * Pictures of every screen for docs/screenshots: `LLM_PROXY_TEST_SCREENSHOTS=write npm run test:browser -- screenshots`.
 * Without the variable it only sees to it that each screen of a month of calls comes up, on a phone too.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch, settled, visit } from './support/browser.ts';
import { startCompared } from './support/compared.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { aHomeOfAMonth } from './support/seed.ts';

const folder = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const isWanted = process.env['LLM_PROXY_TEST_SCREENSHOTS'] === 'write';

interface Shot {
  name: string;
  hash: (ids: Ids) => string;
  /** There when the screen has what it shows. */
  ready: (page: Page) => Promise<unknown>;
}

interface Ids {
  /** A call of a coding agent that asks for a tool, and its session. */
  call: string;
  session: string;
}

const SHOTS: readonly Shot[] = [
  {
    name: 'overview',
    hash: () => '#/overview?range=7d',
    // Of the period that is asked for, not of the one before.
    ready: (page) =>
      page
        .locator('[aria-busy=false]')
        .filter({ has: page.getByRole('table', { name: 'Most expensive sessions' }) })
        .waitFor(),
  },
  { name: 'calls', hash: () => '#/calls?range=7d', ready: (page) => page.getByRole('row').nth(5).waitFor() },
  {
    name: 'call',
    hash: ({ call }) => `#/calls/${call}?range=7d`,
    ready: (page) => page.getByText('I will look at the file first.').first().waitFor(),
  },
  {
    name: 'sessions',
    hash: () => '#/sessions?range=7d',
    // Recorded before midnight, maybe.
    ready: (page) =>
      page
        .getByText(/^(?:Today|Yesterday)$/)
        .first()
        .waitFor(),
  },
  {
    name: 'session',
    hash: ({ session }) => `#/sessions/${session}?range=7d`,
    ready: (page) =>
      page
        .getByText(/sum\.test\.ts/)
        .first()
        .waitFor(),
  },
  {
    name: 'settings',
    hash: () => '#/settings/setup',
    ready: (page) => page.getByRole('heading', { name: 'Claude Code' }).waitFor(),
  },
];

const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
const themes = isWanted ? (['light', 'dark'] as const) : (['light'] as const);

describe.skipIf(chromiumPath === null)('docs/screenshots', () => {
  let browser: Browser;
  let daemon: Daemon;
  let ids: Ids;
  beforeAll(async () => {
    [browser, daemon] = await Promise.all([launch(), startDaemon(aHomeOfAMonth(isWanted ? 9000 : 1500))]);
    ids = await findIds(daemon);
    if (isWanted) mkdirSync(folder, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  for (const { width, height } of sizes) {
    it.each(themes)(`shows every screen, ${width} pixels wide (%s)`, async (theme) => {
      const { page, context, complaints } = await visit(browser, daemon, '', { width, height, theme });
      for (const { name, hash, ready } of SHOTS) {
        await page.goto(`${daemon.adminUrl}/${hash(ids)}`);
        await ready(page);
        await settled(page);
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        if (isWanted) await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) });
      }
      expect(complaints).toEqual([]);
      await context.close();
    });
  }
});

/** Without the variable compare.test.ts sees to it. */
describe.skipIf(chromiumPath === null || !isWanted)('docs/screenshots, two legs', () => {
  it('shows an answer beside its copy', { timeout: 60_000 }, async () => {
    const [browser, compared] = await Promise.all([launch(), startCompared()]);
    const { daemon, ask } = compared.scripted;
    const { pairs } = await ask<{ pairs: { primary: { id: string }; shadow: { id: string; stop_reason: string } }[] }>(
      '/api/compare',
    );
    const pair = pairs.find(({ shadow }) => shadow.stop_reason === 'tool_use');
    for (const { width, height } of sizes) {
      for (const theme of themes) {
        const { page } = await visit(browser, daemon, `#/compare?a=${pair?.primary.id}&b=${pair?.shadow.id}`, {
          width,
          height,
          theme,
        });
        await page.getByText('I will look that up.').first().waitFor();
        await page.keyboard.press('2');
        await page.getByRole('region', { name: 'Tool calls' }).getByText('.days').waitFor();
        await page.screenshot({ path: join(folder, `compare-${theme}-${width}.png`) });
      }
    }
    await browser.close();
    await compared.stop();
  });
});

async function findIds({ adminUrl, token }: Daemon): Promise<Ids> {
  const answer = await fetch(`${adminUrl}/api/calls?q=${encodeURIComponent('provider:anthropic tool:read_file')}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { calls } = (await answer.json()) as { calls: { id: string; agent_facts: { session: string } | null }[] };
  // Those of the month have no bodies that an agent wrote.
  const call = calls.findLast(({ agent_facts: facts }) => facts !== null);
  if (call === undefined || call.agent_facts === null) throw new Error('the demo has no such call');
  return { call: call.id, session: call.agent_facts.session };
}
