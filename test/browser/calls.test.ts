import { EventEmitter, once } from 'node:events';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicCall } from './support/anthropic.ts';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, visit } from './support/browser.ts';
import { importCalls, ODD_CALLS, type OddCall } from './support/odd-calls.ts';
import { type Scripted, startScripted } from './support/scripted.ts';

/** So many that the list asks for more pages. */
const MANY: readonly OddCall[] = Array.from({ length: 450 }, (_, index) => ({
  secondsAgo: 3600 + index,
  asked: index % 100 === 0 ? `question about a pangolin, number ${index}` : `question ${index}`,
  record: { customer_id: `customer-${index % 3}`, request_model: 'small-model', response_model: 'small-model' },
}));

const filterOf = (page: Page) => page.getByRole('combobox', { name: 'Filter and search' });
const rowsOf = (page: Page) => page.getByRole('grid', { name: 'Calls' }).locator('[role=rowgroup] [role=row]');
const hashOf = (page: Page): string => decodeURIComponent(new URL(page.url()).hash.replaceAll('+', ' '));

/** Pixels that the page is wider than the window. */
const OVERHANG = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe.skipIf(chromiumPath === null)('dashboard/calls', () => {
  let browser: Browser;
  let scripted: Scripted;
  beforeAll(async () => {
    [browser, scripted] = await Promise.all([launch(), startScripted()]);
  });
  afterAll(async () => {
    await browser?.close();
    await scripted?.stop();
  });
  const open = (hash = '#/calls?range=all', options = {}) => visit(browser, scripted.daemon, hash, options);
  const say = (text: string, session: string) =>
    scripted.call(
      anthropicCall({ messages: [{ role: 'user', content: text }], answer: [{ type: 'text', text }], session }),
    );

  it('shows what to do while there is no call, and the first one by itself', async () => {
    const { page, context, complaints, strangers } = await open('#/calls');
    await page.getByRole('heading', { name: 'No calls yet' }).waitFor();
    await page.getByRole('heading', { level: 3, name: 'Claude Code' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await say('the very first words', 'first');
    await rowsOf(page).getByRole('img', { name: /^200/ }).waitFor();
    await rowsOf(page).getByText('claude-sonnet-4-5').waitFor();
    expect(await rowsOf(page).count()).toBe(1);
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
    await context.close();
  });

  it('shows a call that ended right before the reader came, and was not stored when they did', async () => {
    await scripted.stored(1);
    const { page, context } = await open('#/settings/mode');
    await page.getByText('in force').waitFor();
    const network = await context.newCDPSession(page);
    await network.send('Network.enable');
    const told = new Promise<void>((resolve) =>
      network.on('Network.eventSourceMessageReceived', ({ eventName }) => eventName === 'call' && resolve()),
    );
    const older = await scripted.ask<object>('/api/calls?limit=100&with=texts,titles');
    let asked = 0;
    await page.route(/\/api\/calls\?/, async (route) => {
      asked += 1;
      if (asked === 1) await route.fulfill({ json: older });
      else await route.continue();
    });
    // Its clock stands: however slow this machine is, the call ended a moment ago.
    await page.evaluate('{ const now = performance.now(); performance.now = () => now; }');
    await say('right before', 'before');
    await told;
    await page.evaluate("location.hash = '#/calls?range=all'");
    await expect.poll(() => rowsOf(page).count()).toBe(2);
    await context.close();
  });

  it('marks numbers that are not sure, and shows hostile text as text', async () => {
    await importCalls(scripted.daemon, [...ODD_CALLS, ...MANY]);
    await expect.poll(async () => (await scripted.ask<{ behind: number }>('/api/search?q=walrus')).behind).toBe(0);
    const { page, context, complaints } = await open();
    const row = (text: string) => rowsOf(page).filter({ hasText: text }).first();
    await expect.poll(() => row('$12,345.67').innerText()).toContain('123,456,789');
    expect(await row('$0.0000012').count()).toBe(1);
    expect(await row('house-model').innerText()).toContain('unpriced');
    expect(await row('gpt-5.1').innerText()).toMatch(/~310[^]*~\$0\.0421/);
    await row('~$0.0421').getByText('~$0.0421').hover();
    await page
      .getByRole('tooltip')
      .getByText(/price from genai.prices/)
      .waitFor();
    await filterOf(page).fill('walrus');
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await expect.poll(() => rowsOf(page).locator('mark').allInnerTexts()).toEqual(['walrus', 'walrus']);
    expect(await rowsOf(page).innerText()).toContain('near the <b>walrus</b> hole');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('filters as it is typed: tags, completion, what means nothing, nothing found', async () => {
    const { page, context } = await open();
    await filterOf(page).pressSequentially('cust');
    await page.getByRole('option', { name: /customer:/ }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('option', { name: 'customer:acme' }).waitFor();
    await filterOf(page).pressSequentially('acme ');
    await page.getByRole('button', { name: 'Remove customer:acme' }).waitFor();
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await expect.poll(() => hashOf(page)).toContain('filter=customer:acme');
    await rowsOf(page).getByText('claude-opus-4-5').waitFor();
    await page.keyboard.press('Backspace');
    await expect.poll(() => filterOf(page).inputValue()).toBe('customer:acme');
    await filterOf(page).fill('status:teapot ');
    await page.getByText(/“status:teapot” is looked for as text/).waitFor();
    await page.getByText(/^No call matches/).waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).first().click();
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await context.close();
  });

  it('says that nothing is in the period, and leads to all of it', async () => {
    const { page, context } = await open('#/calls?since=2020-01-01T00:00:00.000Z&until=2020-01-02T00:00:00.000Z');
    await page.getByText(/^No calls from/).waitFor();
    await page.getByRole('button', { name: 'Show all time' }).click();
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await context.close();
  });

  it('goes through hundreds of calls by keys, holding those in sight only', async () => {
    const { page, context } = await open('#/calls?range=all&filter=model:small-model');
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    const last = () => rowsOf(page).last().getAttribute('aria-rowindex').then(Number);
    for (let end = 0; end < 451;) {
      await page.keyboard.press('End');
      await expect.poll(last).toBeGreaterThan(end);
      end = await last();
    }
    await page.getByText('450 calls').waitFor();
    expect(await rowsOf(page).count()).toBeLessThan(80);
    await page.keyboard.press('Home');
    await expect.poll(() => rowsOf(page).first().getAttribute('aria-rowindex')).toBe('2');
    await expect.poll(() => rowsOf(page).first().getAttribute('aria-busy')).toBeNull();
    await expect.poll(() => rowsOf(page).first().innerText()).toContain('small-model');
    await context.close();
  });

  it('puts the dearest calls first by a press on the title or a key, and says what is not among them', async () => {
    const { page, context } = await open();
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await page.getByRole('button', { name: 'Cost' }).click();
    await expect.poll(() => rowsOf(page).first().innerText()).toContain('$12,345.67');
    await expect.poll(() => hashOf(page)).toContain('sort=cost');
    expect(await page.getByRole('columnheader', { name: 'Cost' }).getAttribute('aria-sort')).toBe('descending');
    await filterOf(page).pressSequentially('model:a-model ');
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.getByText('By cost: calls whose price is not known are not listed.').waitFor();
    await filterOf(page).fill('walrus');
    await page
      .getByText(/sort=cost goes with filters, not with words/)
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('$');
    await expect.poll(() => hashOf(page)).not.toContain('sort=');
    await context.close();
  });

  it('moves nothing while somebody reads further down: new calls wait behind a pill', async () => {
    const { page, context } = await open();
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    const grid = page.getByRole('grid', { name: 'Calls' });
    await grid.hover();
    await page.mouse.wheel(0, 400);
    await expect.poll(() => grid.evaluate((element): unknown => Reflect.get(element, 'scrollTop'))).toBe(400);
    await expect.poll(() => rowsOf(page).nth(14).getAttribute('aria-busy')).toBeNull();
    const row = page.locator(`[id="${await rowsOf(page).nth(14).getAttribute('id')}"]`);
    const before = await row.boundingBox();
    expect(before).not.toBeNull();
    await say('while you were reading', 'second');
    const pill = page.getByRole('button', { name: /1 new/ });
    await pill.waitFor();
    expect(await row.boundingBox()).toEqual(before);
    await pill.click();
    await expect.poll(() => rowsOf(page).first().innerText()).toContain('while you were reading');
    await context.close();
  });

  it('shows a call under way on top, with what it says so far, and then what it came to', async () => {
    const { page, context } = await open();
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    const gate = new EventEmitter();
    const slow = anthropicCall({
      messages: [{ role: 'user', content: 'slowly' }],
      answer: [{ type: 'text', text: `${'a slow answer '.repeat(40)}that takes its time` }],
      session: 'slow',
    });
    const goOn = once(gate, 'open');
    const body = slow.reply.body.flatMap((piece) =>
      typeof piece === 'string' && piece.includes('takes its time') ? [goOn, piece] : [piece],
    );
    const going = scripted.call({ ...slow, reply: { ...slow.reply, body } });
    const first = rowsOf(page).first();
    await expect.poll(() => first.innerText()).toContain('a slow answer');
    await first.getByRole('img', { name: 'under way' }).waitFor();
    gate.emit('open');
    expect(await going).toBe(200);
    await first.getByRole('img', { name: /^200/ }).waitFor();
    await context.close();
  });

  it('takes a call under way from the list of a filter, also while another one is picked', async () => {
    const { page, context } = await open('#/calls?range=all&filter=model:small-model');
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await page.evaluate("location.hash = '#/calls?range=all'");
    await rowsOf(page).getByText('claude-sonnet-4-5').first().waitFor();
    const gate = new EventEmitter();
    const plain = anthropicCall({
      messages: [{ role: 'user', content: 'wait' }],
      answer: [{ type: 'text', text: '…' }],
    });
    const body = [once(gate, 'open'), ...plain.reply.body];
    const going = scripted.call({ ...plain, reply: { ...plain.reply, body } });
    const running = rowsOf(page).getByRole('img', { name: 'under way' });
    await running.waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 selected').waitFor();
    await page.evaluate("location.hash = '#/calls?range=all&filter=model:small-model'");
    await expect.poll(() => running.count()).toBe(0);
    gate.emit('open');
    await going;
    await context.close();
  });

  it('picks calls by keys and mouse, compares two, gives them as a file', async () => {
    const { page, context } = await open('#/calls?range=all&filter=model:small-model');
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    for (const key of ['j', 'x', 'j', 'j', 'x']) await page.keyboard.press(key);
    await page.getByText('2 selected').waitFor();
    await rowsOf(page)
      .nth(5)
      .click({ modifiers: ['Shift'] });
    await page.getByText('5 selected').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export JSONL' }).click();
    expect((await download).suggestedFilename()).toBe('llm-proxy-calls-5.jsonl');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByText(/selected/).count()).toBe(0);
    await page.keyboard.press('c');
    await page.getByText('One call is marked.').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('c');
    await expect.poll(() => hashOf(page)).toMatch(/^#\/compare\?.*a=call_.*&b=call_/);
    await context.close();
  });

  it('opens a call beside the list, walks on with it, and closes it', async () => {
    const { page, context } = await open('#/calls?range=all&filter=model:small-model');
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await expect.poll(() => hashOf(page)).toMatch(/^#\/calls\/call_/);
    await page.getByRole('region', { name: 'Detail' }).waitFor();
    const one = hashOf(page);
    await page.keyboard.press('j');
    await expect.poll(() => hashOf(page)).not.toBe(one);
    await page.keyboard.press('Escape');
    await expect.poll(() => hashOf(page)).toMatch(/^#\/calls\?/);
    await page.goBack();
    await page.goBack();
    await context.close();
  });

  it('closes a call that has not come yet', async () => {
    const { page, context } = await open('#/calls?range=all&filter=model:small-model');
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await page.route(/\/assets\/call-[^/]*\.js/, () => {});
    // Not all of the page comes.
    await page.reload({ waitUntil: 'domcontentloaded' });
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByText('Loading the call').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => hashOf(page)).toMatch(/^#\/calls\?/);
    await context.close();
  });

  it('keeps columns and views as they were chosen', async () => {
    const { page, context } = await open('#/calls?range=all&filter=model:small-model');
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Customer' }).check();
    await page.getByRole('checkbox', { name: 'Flags' }).uncheck();
    const width = page.getByLabel('Width of Customer in pixels');
    await width.pressSequentially('120');
    await expect.poll(() => width.inputValue()).toBe('120');
    await width.fill('');
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Customer' }).waitFor();
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByLabel('This view as').fill('small ones');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.keyboard.press('Escape');
    await page.goto(`${scripted.daemon.adminUrl}/#/overview`);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'small ones' }).click();
    await expect.poll(() => hashOf(page)).toBe('#/calls?range=all&filter=model:small-model');
    await page.getByRole('columnheader', { name: 'Customer' }).waitFor();
    await expect.poll(() => page.getByRole('columnheader', { name: 'Flags' }).count()).toBe(0);
    await context.close();
  });

  it('narrows by what the calls are made of, and by no more of it', async () => {
    const { page, context } = await open();
    await page.getByRole('button', { name: 'Facets' }).click();
    const facets = page.getByRole('complementary', { name: 'Facets' });
    await facets.getByRole('button', { name: /^502/ }).click();
    await expect.poll(() => hashOf(page)).toContain('filter=status:502');
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await facets.getByRole('button', { name: /^502/ }).click();
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await context.close();
  });

  it('shows two lines for a call on a phone', async () => {
    const { page, context } = await open('#/calls?range=all', { width: 390, height: 844 });
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await expect.poll(async () => (await rowsOf(page).first().boundingBox())?.height).toBe(52);
    await page.getByText(/^\d+ requests/).waitFor();
    await expect.poll(() => page.evaluate(OVERHANG)).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await context.close();
  });

  it.each(['light', 'dark'] as const)('breaks no rule of accessibility (%s)', async (theme) => {
    const { page, context } = await open('#/calls?range=all&filter=walrus', { theme });
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Facets' }).click();
    await filterOf(page).fill('');
    await expect.poll(() => rowsOf(page).count()).toBeGreaterThan(10);
    await page.getByRole('complementary', { name: 'Facets' }).getByRole('button').first().waitFor();
    // What is offered, then the field.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 selected').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await context.close();
  });
});
