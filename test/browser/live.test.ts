/** What happens under the reader's eyes while calls come in. The list of calls: calls.test.ts; a call: call.test.ts. */
import { EventEmitter, once } from 'node:events';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicCall } from './support/anthropic.ts';
import { chromiumPath, launch, settled, type Visit, visit } from './support/browser.ts';
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

  /** A screen to which the live feed is there already: it asks once, and then not before a call ends. */
  async function visitLate(hash: string): Promise<Visit> {
    const opened = await visit(browser, house.daemon, '#/settings/budgets');
    await opened.page.getByRole('navigation', { name: 'Screens' }).getByText('live').waitFor();
    await opened.page.goto(`${house.daemon.adminUrl}/${hash}`);
    return opened;
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
    const tree = treeOf(page);
    await told(page, calls).waitFor();
    await tree.getByRole('treeitem').nth(3).waitFor();
    await settled(page);
    const place = await tree.getByRole('treeitem').nth(3).boundingBox();
    const gate = new EventEmitter();
    const words = `${'Words that come one by one. '.repeat(20)}The end of it.`;
    const going = say('And then?', words, once(gate, 'open'));
    const running = page.getByRole('link', { name: /Words that come .* running/ });
    await running.waitFor();
    await settled(page);
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
    for (const { page } of [above, below]) {
      await told(page, calls).waitFor();
      await scroller(page).getByText('Question 1?').first().waitFor();
    }
    await below.page.bringToFront();
    await scroller(below.page).focus();
    await below.page.keyboard.press('End');
    await scroller(below.page).getByText('Answer 30.').first().waitFor();
    await settled(below.page);
    const toEnd = () =>
      scroller(below.page).evaluate((element) => {
        const [height = 0, shown = 0, top = 0] = ['scrollHeight', 'clientHeight', 'scrollTop'].map((name) =>
          Number(Reflect.get(element, name)),
        );
        return Math.round(height - shown - top);
      });
    await expect.poll(toEnd).toBeLessThan(2);
    const before = await atOf(above.page);
    await say('One more?', 'The newest answer.');
    await scroller(below.page).getByText('The newest answer.').first().waitFor();
    await settled(below.page);
    await expect.poll(toEnd).toBeLessThan(2);
    await above.page.bringToFront();
    await told(above.page, calls + 1).waitFor();
    await settled(above.page);
    expect(await atOf(above.page)).toBe(before);
    await Promise.all([above.context.close(), below.context.close()]);
  });

  it('asks again for a call that it was told of before it was stored', async () => {
    const { id, calls } = await session();
    const { page, context } = await visitLate(`#/sessions/${id}?range=all`);
    await told(page, calls).waitFor();
    await settled(page);
    let early = 0;
    await page.route(/\/outline\?after=/, async (route) => {
      const answer = await route.fetch();
      const outline = (await answer.json()) as { steps: unknown[] };
      const isEarly = outline.steps.length > 0 && early === 0;
      if (isEarly) early += 1;
      const after = Number(new URL(route.request().url()).searchParams.get('after'));
      await route.fulfill({ json: isEarly ? { ...outline, steps: [], after, more: false } : outline });
    });
    await say('And now?', 'Stored a moment later.');
    await told(page, calls + 1).waitFor();
    expect(early).toBe(1);
    await context.close();
  });

  it('shows what ended after it had asked, and before the live feed was there', async () => {
    const { id, calls } = await session();
    const { page, context } = await visit(browser, house.daemon, '#/settings');
    const gate = new EventEmitter();
    const held = once(gate, 'open');
    await page.route('**/api/live', async (route) => {
      await held;
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
    const { page, context } = await visitLate('#/calls?range=all&filter=provider:anthropic');
    const rows = page.getByRole('grid', { name: 'Calls' }).getByRole('row');
    await rows.nth(1).waitFor();
    await settled(page);
    const before = await house.ask<object>('/api/calls?provider=anthropic&limit=50');
    let asked = 0;
    await page.route(/\/api\/calls\?/, async (route) => {
      asked += 1;
      const isEarly = asked === 1;
      await (isEarly ? route.fulfill({ json: { ...before, texts: [], titles: {}, ignored: [] } }) : route.continue());
    });
    const messages = [{ role: 'user', content: 'Is it there?' }];
    await house.call(anthropicCall({ session: 'another', messages, answer: text('It is, a moment later.') }));
    await rows.filter({ hasText: 'Is it there?' }).first().waitFor();
    expect(asked).toBeGreaterThan(1);
    await context.close();
  });
});
