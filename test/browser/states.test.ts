/** What the page says when something is not as it should be, and how it goes on afterwards. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/store/driver.ts';
import { canMount } from '../support/can-mount.ts';
import { anthropicCall } from './support/anthropic.ts';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, visit } from './support/browser.ts';
import { importCalls } from './support/odd-calls.ts';
import { type Scripted, startScripted } from './support/scripted.ts';

const rowsOf = (page: Page) => page.getByRole('grid', { name: 'Calls' }).locator('[role=rowgroup] [role=row]');
/** Of the line above every screen alone: lists say for themselves that they could not ask. */
const LOST = 'What is shown stays as it was; it goes on by itself';
const goes = (page: Page, screen: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: screen }).click();
const mark = (page: Page): Promise<unknown> => page.evaluate('globalThis.isSamePage = true');
const isSame = (page: Page): Promise<unknown> => page.evaluate('globalThis.isSamePage === true');

describe.skipIf(chromiumPath === null)('dashboard, when things go wrong', { timeout: 240_000 }, () => {
  let browser: Browser;
  let house: Scripted;
  beforeAll(async () => {
    [browser, house] = await Promise.all([launch(), startScripted()]);
    await say('the first words');
    await say('the second words');
    await stored();
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
  });
  let made = 0;
  const say = async (content: string): Promise<void> => {
    made += 1;
    await house.call(
      anthropicCall({ messages: [{ role: 'user', content }], answer: [{ type: 'text', text: 'Yes.' }] }),
    );
  };
  const open = (hash: string) => visit(browser, house.daemon, hash);
  /** So many calls were made so far, and all are stored. */
  const stored = async (): Promise<number> => {
    await house.stored(made);
    return made;
  };
  const store = (): Database => openDatabase(join(house.daemon.home, 'data', 'llm-proxy.db'), { readOnly: false });

  it('keeps what it shows while the daemon is away, and goes on without a reload, each call once', async () => {
    const before = await stored();
    const { page, context } = await open('#/calls?range=all');
    await expect.poll(() => rowsOf(page).count()).toBe(before);
    const other = await open('#/calls?range=all');
    await expect.poll(() => rowsOf(other.page).count()).toBe(before);
    await mark(page);
    await house.daemon.halt();
    await page.getByText(LOST).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(await rowsOf(page).count()).toBe(before);
    // A screen that was never loaded cannot be now, and a list that was left is asked for again.
    await goes(other.page, 'Settings');
    await other.page
      .getByRole('alert')
      .getByText(/It could not be loaded/)
      .waitFor();
    await goes(other.page, 'Calls');
    await other.page.getByRole('alert').getByText('No answer from llm-proxy').waitFor();
    const newer = { authenticated: true, auth: 'token', version: '99.0.0', read_only: false };
    await other.page.route('**/api/whoami', (route) => route.fulfill({ json: newer }));
    await house.daemon.again();
    await say('while nobody listened');
    await page.getByText(LOST).waitFor({ state: 'detached' });
    await say('when all was well again');
    await expect.poll(() => rowsOf(page).count()).toBe(before + 2);
    for (const words of ['while nobody listened', 'when all was well again', 'the second words', 'the first words'])
      await expect.poll(() => rowsOf(page).filter({ hasText: words }).count()).toBe(1);
    expect(await isSame(page)).toBe(true);
    await context.close();
    await expect.poll(() => rowsOf(other.page).count()).toBe(before + 2);
    await other.page.getByRole('status').getByText('llm-proxy is version 99.0.0 by now').waitFor();
    await goes(other.page, 'Settings');
    await other.page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await other.page.getByRole('heading', { level: 3, name: 'Claude Code' }).waitFor();
    await other.context.close();
  });

  it('does without a memory of the browser', async () => {
    const { page, context, complaints } = await open('');
    await page.addInitScript(
      "Object.defineProperty(globalThis, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError') } })",
    );
    await page.goto(`${house.daemon.adminUrl}/?again#/calls`);
    await rowsOf(page).first().waitFor();
    await page.getByLabel('Theme').selectOption('dark');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('asks to sign in when the session ends in the midst of work, and goes on in the same place', async () => {
    const { page, context } = await open('#/sessions?range=all');
    await page.getByRole('grid', { name: 'Sessions' }).waitFor();
    await mark(page);
    // It ends between a question and its answer: not before the reader has asked, nor after.
    await page.route(
      /\/api\/sessions\?.*q=words/,
      async (route) => {
        await context.clearCookies();
        await route.continue();
      },
      { times: 1 },
    );
    await page.getByRole('searchbox').fill('words');
    await page.getByLabel(/paste the token/).waitFor();
    expect(await page.getByText('first words').count()).toBe(0);
    await page.getByLabel(/paste the token/).fill(house.daemon.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('grid', { name: 'Sessions' }).getByText('the first words').first().waitFor();
    expect(decodeURIComponent(page.url())).toContain('filter=words');
    expect(await isSame(page)).toBe(true);
    await context.close();
  });

  it('says that calls are not stored while another program holds the database, and shows them all the same', async () => {
    const before = await stored();
    const { page, context } = await open('#/calls?range=all');
    await expect.poll(() => rowsOf(page).count()).toBe(before);
    const other = store();
    const notice = page.getByRole('status').filter({ hasText: 'Calls are not stored at the moment' });
    try {
      other.exec('BEGIN EXCLUSIVE');
      await say('while it is locked');
      await notice.filter({ hasText: 'locked' }).waitFor();
      await expect.poll(() => rowsOf(page).count()).toBe(before + 1);
      other.exec('ROLLBACK');
    } finally {
      other.close();
    }
    await notice.waitFor({ state: 'detached' });
    expect(await stored()).toBe(before + 1);
    await page.reload();
    await expect.poll(() => rowsOf(page).count()).toBe(before + 1);
    await context.close();
  });

  it('says that the database cannot be read, shows what it knows, and reads it when it can', async () => {
    const before = await stored();
    const { page, context } = await open('#/calls?range=all');
    await expect.poll(() => rowsOf(page).count()).toBe(before);
    const overview = await open('#/overview?range=all');
    await overview.page.getByRole('table', { name: 'Most expensive sessions' }).waitFor();
    const file = join(house.daemon.home, 'data', 'llm-proxy.db');
    // Its log with it, where that could not be merged in time.
    const names = ['', '-wal', '-shm'].map((end) => `${file}${end}`);
    await house.daemon.halt();
    const away = names.filter((name) => existsSync(name));
    for (const name of away) renameSync(name, `${name}.away`);
    mkdirSync(file);
    await house.daemon.again();
    await page.getByText(/^Not as it is now: .*cannot/).waitFor();
    expect(await rowsOf(page).count()).toBe(before);
    const older = overview.page.getByRole('status').filter({ hasText: 'Some of what is shown is older' });
    await older.waitFor();
    expect(await overview.page.getByRole('table', { name: 'Most expensive sessions' }).count()).toBe(1);
    const fresh = await open('#/calls?range=all');
    await fresh.page.getByRole('alert').getByText('The database cannot be read at the moment').waitFor();
    await goes(fresh.page, 'Sessions');
    await fresh.page.getByRole('alert').filter({ hasText: 'Calls flow all the same.' }).waitFor();
    await house.daemon.halt();
    rmdirSync(file);
    for (const name of away) renameSync(`${name}.away`, name);
    await house.daemon.again();
    await expect.poll(() => page.getByText(/^Not as it is now/).count()).toBe(0);
    expect(await rowsOf(page).count()).toBe(before);
    await fresh.page.getByRole('grid', { name: 'Sessions' }).waitFor();
    // While the line is lost that is told in its place.
    await overview.page.getByText(LOST).waitFor({ state: 'detached' });
    await older.waitFor({ state: 'detached' });
    for (const one of [context, fresh.context, overview.context]) await one.close();
  });

  it('shows what nobody can read or knows: bytes that are no text, a provider without a name', async () => {
    const before = await stored();
    made += 2;
    await house.call({
      path: '/openai/v1/chat/completions',
      body: { model: 'spoilt', messages: [{ role: 'user', content: 'What comes?' }] },
      reply: { headers: { 'content-encoding': 'gzip' }, body: ['these bytes are no gzip \u0000'] },
    });
    await importCalls(house.daemon, [
      { secondsAgo: 1, record: { provider: 'nobody-knows', operation: null, inference: false, request_model: null } },
    ]);
    const calls = await house.stored(before + 2);
    const spoilt = calls.find(({ request_model: model }) => model === 'spoilt')?.id ?? '';
    const { page, context } = await open(`#/calls/${spoilt}?range=all&tab=response&full=1`);
    const call = page.getByRole('article', { name: /^Call call_/ });
    const part = call.getByRole('tabpanel');
    await part.getByText('The response could not be read').waitFor();
    await part.getByText(/response_encoding_corrupt/).waitFor();
    await page.keyboard.press('1');
    await part.getByText('What comes?').waitFor();
    await part.getByText('What was said could not be read').waitFor();
    await page.keyboard.press('Escape');
    await call.waitFor({ state: 'detached' });
    const row = rowsOf(page).filter({ hasText: 'nobody-knows' });
    await row.click();
    await call.waitFor();
    await page.keyboard.press('1');
    await part.getByText('hello').waitFor();
    await context.close();
  });
});

/** Root in a container may mount; elsewhere nobody can fill a disk for a test. */
const MOUNTS = canMount();

describe.skipIf(chromiumPath === null || !MOUNTS)('dashboard, when the disk is full', { timeout: 240_000 }, () => {
  it('says so on every screen, shows calls that are not stored, and that they are stored again', async () => {
    const home = mkdtempSync(join(tmpdir(), 'llm-proxy-browser-'));
    const data = join(home, 'data');
    mkdirSync(data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', data]);
    let house: Scripted | null = null;
    let browser: Browser | null = null;
    try {
      [browser, house] = await Promise.all([launch(), startScripted([], home)]);
      const { page } = await visit(browser, house.daemon, '#/settings/storage');
      let sent = 0;
      const fill = async (calls: number): Promise<void> => {
        for (const last = sent + calls; sent < last; sent += 1) await house?.call(noise(sent));
      };
      const notice = page.getByRole('status').filter({ hasText: 'Calls are not stored at the moment' });
      // How many it takes depends on when SQLite moves its log into the file.
      const isSaid = async (): Promise<boolean> => {
        await fill(4);
        return notice.isVisible();
      };
      await expect.poll(isSaid, { timeout: 90_000, interval: 500 }).toBe(true);
      await page.goto(`${house.daemon.adminUrl}/#/calls?range=all`);
      await fill(12);
      await rowsOf(page)
        .filter({ hasText: `noise-${sent - 1}` })
        .waitFor();
      execFileSync('mount', ['-o', 'remount,size=64m', data]);
      await fill(12);
      await page.getByText('Calls are not stored at the moment').waitFor({ state: 'detached' });
    } finally {
      await browser?.close();
      await house?.daemon.halt();
      execFileSync('umount', ['-l', data]);
      await house?.stop();
    }
  });
});

/** Nothing makes it smaller. */
function noise(number: number) {
  const content = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64');
  const messages = [{ role: 'user', content }];
  return anthropicCall({ model: `noise-${number}`, messages, answer: [{ type: 'text', text: 'Yes.' }] });
}
