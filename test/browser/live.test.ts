/** What happens under the reader's eyes while calls come in. The list of calls: calls.test.ts; a call: call.test.ts. */
import { EventEmitter, once } from 'node:events';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicCall } from './support/anthropic.ts';
import { chromiumPath, launch, visit } from './support/browser.ts';
import { type Scripted, startScripted } from './support/scripted.ts';

const NAME = '7f3a1c52-2222-4333-8444-a55555555555';
const treeOf = (page: Page) => page.getByRole('tree', { name: 'Calls of the session' });
const scroller = (page: Page) => page.getByRole('region', { name: 'Conversation of the session' });
/** So many calls are told of above the session. */
const told = (page: Page, calls: number) =>
  page.locator('dl > div').filter({ hasText: new RegExp(`^calls\\s*${calls}$`) });
const text = (words: string) => [{ type: 'text', text: words }];

describe.skipIf(chromiumPath === null)('dashboard/sessions, while it grows', () => {
  let browser: Browser;
  let house: Scripted;
  const said: object[] = [];
  beforeAll(async () => {
    [browser, house] = await Promise.all([launch(), startScripted()]);
    for (let turn = 1; turn <= 30; turn += 1) await say(`Question ${turn}?`, `Answer ${turn}.`);
    await house.stored(30);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.stop();
  });

  async function session(): Promise<{ id: string; calls: number }> {
    const { sessions } = await house.ask<{ sessions: { id: string; calls: number }[] }>('/api/sessions?limit=1');
    return sessions[0] ?? { id: '', calls: 0 };
  }

  /** As a client does: all that was said before comes again. @param held the answer rests before its last word */
  async function say(question: string, answer: string, held?: Promise<unknown>): Promise<void> {
    const messages = [...said, { role: 'user', content: question }] as Record<string, unknown>[];
    const call = anthropicCall({ session: NAME, messages, answer: text(answer) });
    const body = call.reply.body.flatMap((piece) =>
      typeof piece === 'string' && piece.includes('content_block_stop') && held !== undefined ? [held, piece] : [piece],
    );
    said.push({ role: 'user', content: question }, { role: 'assistant', content: text(answer) });
    await house.call({ ...call, reply: { ...call.reply, body } });
  }

  it('adds a call at the end, first as it is under way, then as it ended, and moves nothing else', async () => {
    const { id, calls } = await session();
    const { page, context, complaints } = await visit(browser, house.daemon, `#/sessions/${id}?range=all`);
    page.setDefaultTimeout(8000);
    const tree = treeOf(page);
    await tree.getByRole('treeitem').first().waitFor();
    await told(page, calls).waitFor();
    const place = await tree.getByRole('treeitem').nth(3).boundingBox();
    const gate = new EventEmitter();
    const words = `${'Words that come one by one. '.repeat(20)}The end of it.`;
    const going = say('And then?', words, once(gate, 'open'));
    const running = page.getByRole('link', { name: /Words that come .* running/ });
    await running.waitFor();
    expect(await tree.getByRole('treeitem').nth(3).boundingBox()).toEqual(place);
    await running.click();
    await page
      .getByRole('article', { name: /^Running call call_/ })
      .getByText('Words that come')
      .first()
      .waitFor();
    gate.emit('open');
    await going;
    await page
      .getByRole('article', { name: /^Call call_/ })
      .getByText('The end of it.')
      .first()
      .waitFor();
    await expect.poll(() => running.count()).toBe(0);
    await told(page, calls + 1).waitFor();
    // Asked for sooner than it is stored: the browser notes that it was not there, and the page asks again.
    expect(complaints.filter((words) => !words.includes('404'))).toEqual([]);
    await context.close();
  });

  it('stays at the end of a conversation for who is there, and where they are for everybody else', async () => {
    const { id, calls } = await session();
    const hash = `#/sessions/${id}?range=all&view=conversation`;
    const [above, below] = await Promise.all([visit(browser, house.daemon, hash), visit(browser, house.daemon, hash)]);
    const atOf = (page: Page) =>
      scroller(page).evaluate((element) => Math.round(Number(Reflect.get(element, 'scrollTop'))));
    for (const { page } of [above, below]) await scroller(page).getByText('Question 1?').first().waitFor();
    await below.page.bringToFront();
    await scroller(below.page).focus();
    await expect
      .poll(async () => {
        await below.page.keyboard.press('End');
        return scroller(below.page).getByText('Answer 30.').count();
      })
      .toBeGreaterThan(0);
    const before = await atOf(above.page);
    await say('One more?', 'The newest answer.');
    await scroller(below.page).getByText('The newest answer.').first().waitFor();
    await above.page.bringToFront();
    await told(above.page, calls + 1).waitFor();
    expect(await atOf(above.page)).toBe(before);
    await Promise.all([above.context.close(), below.context.close()]);
  });

  it('asks again for a call that it was told of before it was stored', async () => {
    const { id, calls } = await session();
    const { page, context } = await visit(browser, house.daemon, `#/sessions/${id}?range=all`);
    page.setDefaultTimeout(15_000);
    await told(page, calls).waitFor();
    let early = 0;
    await page.route(/\/outline\?after=/, async (route) => {
      early += 1;
      if (early > 1) return route.continue();
      const answer = await route.fetch();
      const old = new URL(route.request().url()).searchParams.get('after');
      return route.fulfill({ json: { ...(await answer.json()), steps: [], after: Number(old), more: false } });
    });
    await say('And now?', 'Stored a moment later.');
    await told(page, calls + 1).waitFor();
    expect(early).toBeGreaterThan(1);
    await context.close();
  });

  it('shows what ended after it had asked, and before the live feed was there', async () => {
    const { id, calls } = await session();
    const { page, context } = await visit(browser, house.daemon, '#/settings');
    page.setDefaultTimeout(15_000);
    const gate = new EventEmitter();
    await page.route('**/api/live', async (route) => {
      await once(gate, 'open');
      await route.continue();
    });
    await page.goto('about:blank');
    await page.goto(`${house.daemon.adminUrl}/#/sessions/${id}?range=all`);
    await told(page, calls).waitFor();
    await say('Who hears this?', 'Nobody listens yet.');
    await house.stored(calls + 1);
    gate.emit('open');
    await told(page, calls + 1).waitFor();
    await context.close();
  });

  it('brings a call into a filtered list that was told of before it was stored', async () => {
    const { page, context } = await visit(browser, house.daemon, '#/calls?range=all&filter=provider:anthropic');
    page.setDefaultTimeout(15_000);
    const rows = page.getByRole('grid', { name: 'Calls' }).getByRole('row');
    await rows.nth(1).waitFor();
    const before = await house.ask<object>('/api/calls?provider=anthropic&limit=50');
    let until = Infinity;
    await page.route(/\/api\/calls\?/, async (route) => {
      const isEarly = performance.now() < until;
      await (isEarly ? route.fulfill({ json: { ...before, texts: [], titles: {}, ignored: [] } }) : route.continue());
    });
    const messages = [{ role: 'user', content: 'Is it there?' }];
    await house.call(anthropicCall({ session: 'another', messages, answer: text('It is, a moment later.') }));
    // Longer than it takes to ask first, and shorter than it takes to ask once more.
    until = performance.now() + 600;
    await rows.filter({ hasText: 'Is it there?' }).first().waitFor();
    await context.close();
  });
});
