import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, pressChord, settled, visit } from './support/browser.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { aHomeWithCalls } from './support/seed.ts';

interface Session {
  id: string;
  title: string;
  client: string;
  parent_session_id: string | null;
  children: number;
  calls: number;
}

describe.skipIf(chromiumPath === null)('dashboard/sessions', () => {
  let browser: Browser;
  let daemon: Daemon;
  /** One with a sub-agent. */
  let session: Session;
  beforeAll(async () => {
    [browser, daemon] = await Promise.all([launch(), startDaemon(aHomeWithCalls({ sessions: 2, turns: 30 }))]);
    const { sessions } = await api<{ sessions: Session[] }>('/api/sessions?limit=100');
    session = sessions.find(({ children }) => children > 0) ?? fail('no session has a sub-agent');
  });
  afterAll(async () => {
    await browser?.close();
    await daemon?.stop();
  });

  async function api<T>(path: string): Promise<T> {
    const answer = await fetch(`${daemon.adminUrl}${path}`, { headers: { authorization: `Bearer ${daemon.token}` } });
    return (await answer.json()) as T;
  }

  /** Of a list of these sessions; its titles are one. */
  const rowsOf = async (query: string): Promise<number> =>
    1 + (await api<{ sessions: Session[] }>(`/api/sessions?limit=100${query}`)).sessions.length;
  const at = (query: string): string => `#/sessions/${session.id}?range=all&${query}`;

  it('lists sessions by day, filters them by provider and words, and shows sub-agents when they are wanted', async () => {
    const { page, context, complaints, strangers } = await visit(browser, daemon, '#/sessions?range=all');
    const grid = page.getByRole('grid', { name: 'Sessions' });
    // Recorded before midnight, maybe.
    await grid
      .getByText(/^(?:Today|Yesterday)$/)
      .first()
      .waitFor();
    const rows = () => grid.getByRole('row').count();
    const before = await rowsOf('&top=1');
    await expect.poll(rows).toBe(before);
    await page.getByRole('checkbox', { name: 'sub-agents too' }).check();
    await expect.poll(rows).toBe(await rowsOf(''));
    expect(await rows()).toBeGreaterThan(before);
    const gate = new EventEmitter();
    const held = once(gate, 'open');
    await page.route(/\/api\/sessions\?.*provider=google/, async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('combobox', { name: 'Provider' }).selectOption('google');
    await expect.poll(() => decodeURIComponent(page.url())).toContain('filter=provider:google');
    // Until the answer is there, rows of the question before are told to be that.
    await page.locator('[aria-busy=true]').filter({ has: grid }).waitFor();
    gate.emit('open');
    await page.locator('[aria-busy=false]').filter({ has: grid }).waitFor();
    await expect.poll(rows).toBe(await rowsOf('&provider=google'));
    expect(await rows()).toBeLessThan(before);
    const box = page.getByRole('searchbox');
    await box.fill('no such words anywhere');
    await page.getByText('No session matches').waitFor();
    // Who rests behind a word goes on with the next one.
    await box.fill('no such ');
    await expect.poll(() => decodeURIComponent(page.url()).replaceAll('+', ' ')).toMatch(/filter=no such(?:&|$)/);
    await box.pressSequentially('thing');
    await expect.poll(() => decodeURIComponent(page.url()).replaceAll('+', ' ')).toMatch(/filter=no such thing(?:&|$)/);
    await settled(page);
    expect(await box.inputValue()).toBe('no such thing');
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
    await context.close();
  });

  it('walks from the list to a call by keys alone', async () => {
    const { page, context } = await visit(browser, daemon, '#/sessions?range=all');
    await page.getByRole('grid', { name: 'Sessions' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('tree', { name: 'Calls of the session' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const call = page.getByRole('article', { name: /^Call call_/ });
    await call.waitFor();
    await expect.poll(() => page.url()).toContain('call=call_');
    await page.keyboard.press('Escape');
    await call.waitFor({ state: 'detached' });
    expect(page.url()).not.toContain('call=');
    await page.keyboard.press('Escape');
    await page.getByRole('grid', { name: 'Sessions' }).waitFor();
    await context.close();
  });

  it('shows turns, calls and sub-agents as a tree, and opens what is closed', async () => {
    const { page, context } = await visit(browser, daemon, at(''));
    const tree = page.getByRole('tree');
    await tree.getByRole('treeitem', { level: 1 }).first().waitFor();
    await page.getByRole('figure', { name: 'Context, call by call' }).waitFor();
    await page.keyboard.press('End');
    await tree.getByRole('treeitem', { selected: true }).waitFor();
    await settled(page);
    const agent = tree.getByRole('treeitem', { name: /sub-agent/ }).last();
    expect(await agent.getAttribute('aria-expanded')).toBe('false');
    const opened = tree.locator(`[id="${await agent.getAttribute('id')}"]`);
    await opened.click();
    await expect.poll(() => opened.getAttribute('aria-expanded')).toBe('true');
    await context.close();
  });

  it('tells the conversation once, from the beginning', async () => {
    const { page, context, complaints } = await visit(browser, daemon, at('view=conversation'));
    const said = page.getByRole('region', { name: 'Conversation of the session' });
    await said.getByText(session.title.slice(0, 40)).first().waitFor();
    await said.getByText('system prompt').first().waitFor();
    await settled(page);
    expect(await said.getByText('No result was seen so far').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('goes from call to call in time by keys, and enlarges what is dragged over', async () => {
    const { page, context } = await visit(browser, daemon, at('view=timeline'));
    const canvas = page.getByRole('img', { name: /calls on .* lanes/ });
    await canvas.waitFor();
    await settled(page);
    const box = (await canvas.boundingBox()) ?? fail('there is no picture');
    await page.mouse.move(box.x + 300, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => page.url()).toMatch(/t0=\d+&t1=\d+/);
    await page.keyboard.press('0');
    await expect.poll(() => page.url()).not.toContain('t0=');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('article', { name: /^Call call_/ }).waitFor();
    const first = page.url();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.url()).not.toBe(first);
    await context.close();
  });

  it('says who used which tools, and what the tokens were', async () => {
    const { page, context } = await visit(browser, daemon, at('view=graph'));
    await page.getByRole('table', { name: 'Agents, sections and tools' }).getByText('Read').first().waitFor();
    await pressChord(page, 'v', 'm', () => page.url().includes('view=cost'));
    await page.getByRole('table', { name: 'Kind' }).getByText('results of tools').waitFor();
    await page.getByText(/estimates: shares of what the providers counted/).waitFor();
    await context.close();
  });

  it('lists tasks, and shows the calls of one in time', async () => {
    const { page, context } = await visit(browser, daemon, '#/sessions?range=all&of=tasks');
    const grid = page.getByRole('grid', { name: 'Tasks' });
    await grid.getByText(/^run/).first().click();
    await page.getByRole('img', { name: /calls on .* lanes/ }).waitFor();
    await page.getByRole('link', { name: 'Tasks' }).click();
    await grid.waitFor();
    await context.close();
  });

  it('pins a session from its menu, unpins it, and purges it only after it said how much goes', async () => {
    const { sessions } = await api<{ sessions: Session[] }>('/api/sessions?limit=100');
    const doomed =
      sessions.find((one) => one.children === 0 && one.parent_session_id === null) ?? fail('all have sub-agents');
    const { page, context } = await visit(browser, daemon, `#/sessions/${doomed.id}?range=all`);
    const press = async (name: RegExp): Promise<void> => {
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name }).click();
    };
    const listed = async () =>
      (await api<{ sessions: Session[] }>('/api/sessions?limit=100')).sessions.map(({ id }) => id);
    const pins = async () => (await api<{ pins: { kind: string; id: string }[] }>('/api/pins')).pins;
    await press(/^Pin/);
    await page.getByText('pinned', { exact: true }).waitFor();
    expect(await pins()).toMatchObject([{ kind: 'session', id: doomed.id }]);
    await press(/^Unpin/);
    await expect.poll(pins).toEqual([]);
    await press(/^Purge/);
    await page.getByText(/^\d+ calls? with all they said are deleted/).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await listed()).toContain(doomed.id);
    await press(/^Purge/);
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText(/calls were deleted, and what came from them/).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('grid', { name: 'Sessions' }).waitFor();
    expect(await listed()).not.toContain(doomed.id);
    await context.close();
  });

  it('exports a page that shows the session without a script and without the network', async () => {
    const answer = await fetch(`${daemon.adminUrl}/api/sessions/${session.id}/export?format=html`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    });
    const file = join(daemon.home, 'session.html');
    writeFileSync(file, await answer.text());
    const context = await browser.newContext({ javaScriptEnabled: false, offline: true, colorScheme: 'dark' });
    const page = await context.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(pathToFileURL(file).href);
    expect(await page.locator('article').count()).toBeGreaterThan(30);
    expect(await page.locator('h1').textContent()).toBe(session.title);
    const fold = page.locator('details', { hasText: 'system prompt' }).first();
    await fold.locator('summary').first().click();
    expect(await fold.getAttribute('open')).not.toBeNull();
    // Its own style is in force: the title has lines of 28 px.
    expect(((await page.locator('h1').boundingBox())?.height ?? 0) % 28).toBe(0);
    expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each(['light', 'dark'] as const)(
    'breaks no rule of accessibility in any view (%s)',
    { timeout: 300_000 },
    async (theme) => {
      const { page, context, complaints } = await visit(browser, daemon, '#/sessions?range=all', { theme });
      const shows = async (hash: string, isThere: (page: Page) => Promise<void>): Promise<void> => {
        await page.goto(`${daemon.adminUrl}/${hash}`);
        await isThere(page);
        expect(await violationsOf(page)).toEqual([]);
      };
      await shows('#/sessions?range=all', (there) => there.getByRole('grid', { name: 'Sessions' }).waitFor());
      await shows(at('view=tree'), (there) => there.getByRole('figure').waitFor());
      await shows(at('view=conversation'), (there) => there.getByText('system prompt').first().waitFor());
      await shows(at('view=timeline'), (there) => there.getByRole('img', { name: /lanes/ }).waitFor());
      await shows(at('view=graph'), (there) => there.getByRole('table').waitFor());
      await shows(at('view=cost'), (there) => there.getByRole('table', { name: 'Kind' }).waitFor());
      expect(complaints).toEqual([]);
      await context.close();
    },
  );
});

function fail(why: string): never {
  throw new Error(why);
}
