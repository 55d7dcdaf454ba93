import { EventEmitter, once } from 'node:events';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { anthropicCall } from './support/anthropic.ts';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, type Visit, visit, type VisitOptions } from './support/browser.ts';
import { type Scripted, startScripted } from './support/scripted.ts';

const SESSION = '0b7c1f5e-1111-4222-8333-944455556666';
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SYSTEM = `You mend bicycles.\n\n${'Ask before you drill. '.repeat(120)}`;
const TOOLS = ['Measure', 'Order'].map((name) => ({
  name,
  description: `${name} a part.`,
  input_schema: { type: 'object', properties: { part: { type: 'string' } } },
}));
const text = (words: string) => ({ type: 'text', text: words });
const FIRST = {
  role: 'user',
  content: [
    text('My wheel wobbles.'),
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } },
  ],
};
const ASKED = [
  { type: 'thinking', thinking: 'It may be a spoke.', signature: 'x' },
  text('I measure it first.'),
  { type: 'tool_use', id: 'toolu_a', name: 'Measure', input: { part: 'rim', note: 'two\nlines' } },
];
const RESULT = {
  role: 'user',
  content: [
    { type: 'tool_result', tool_use_id: 'toolu_a', is_error: true, content: 'The gauge \u001b[31mbroke\u001b[0m.' },
  ],
};
const ADVICE =
  '## Spokes\n\nTighten **three** of them, see [the guide](https://bikes.example/wheel).\n\n```json\n{"turns": 0.25}\n```';

const rows = (page: Page) => page.locator('[data-row]');

describe.skipIf(chromiumPath === null)('dashboard/call/call.tsx', () => {
  let browser: Browser;
  let house: Scripted;
  /** In the order in which they were made. */
  let ids: string[];
  const visits: Visit[] = [];

  beforeAll(async () => {
    [browser, house] = await Promise.all([launch(), startScripted()]);
    const same = { session: SESSION, system: SYSTEM, tools: TOOLS };
    await house.call(
      anthropicCall({
        ...same,
        messages: [FIRST],
        answer: ASKED,
        usage: { input_tokens: 900, cache_creation_input_tokens: 2000 },
      }),
    );
    const second = [FIRST, { role: 'assistant', content: ASKED }, RESULT];
    await house.call(
      anthropicCall({
        ...same,
        messages: second,
        answer: [text(ADVICE)],
        usage: { input_tokens: 60, cache_read_input_tokens: 2900 },
      }),
    );
    const third = [
      ...second,
      { role: 'assistant', content: [text(ADVICE)] },
      { role: 'user', content: [text('And the brake?')] },
    ];
    await house.call(
      anthropicCall({
        ...same,
        tools: TOOLS.slice(1),
        messages: third,
        answer: [text('Fine.')],
        usage: { input_tokens: 3100, cache_read_input_tokens: 0, cache_creation_input_tokens: 10 },
      }),
    );
    await house.call({
      path: '/openai/v1/embeddings',
      body: { model: 'text-embedding-3-small', input: 'wheel' },
      reply: {
        body: [
          JSON.stringify({ model: 'text-embedding-3-small', data: [], usage: { prompt_tokens: 1, total_tokens: 1 } }),
        ],
      },
    });
    const long = Array.from({ length: 40 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: [text(`Part ${index} of a tale. ${'x'.repeat(2000)}`)],
    }));
    await house.call(
      anthropicCall({
        messages: [...long, { role: 'user', content: [text('The end?')] }],
        answer: [text(`${'y'.repeat(40_000)} It is the end.`)],
      }),
    );
    ids = (await house.stored(5)).map(({ id }) => id).toReversed();
  });
  afterAll(async () => {
    for (const { context } of visits) await context.close();
    await browser?.close();
    await house?.stop();
  });

  async function open(index: number, more = '', options: VisitOptions = {}): Promise<Visit> {
    const opened = await visit(browser, house.daemon, `#/calls/${ids[index]}?range=all${more}`, options);
    visits.push(opened);
    await opened.page.getByRole('article', { name: `Call ${ids[index]}` }).waitFor();
    return opened;
  }

  it('opens what is new in a call, and folds the rest into lines that say how much it is', async () => {
    const { page, complaints, strangers } = await open(1);
    await page.getByText('stopped: end_turn').waitFor();
    await page.getByText('3 messages, 1 new').waitFor();
    await expect.poll(() => rows(page).count()).toBe(6);
    const heads = async () => {
      const [system, tools, , past] = await rows(page).allInnerTexts();
      return [system, tools, past].map((line) => line?.replaceAll(/\s+/g, ' '));
    };
    await expect
      .poll(heads)
      .toEqual([
        expect.stringMatching(/system prompt ~[\d,]+ tokens · \d+ % of this call/),
        expect.stringMatching(/2 tools ~[\d,]+ tokens/),
        expect.stringMatching(/2 earlier messages, unchanged ~[\d,]+ tokens/),
      ]);
    const said = page.getByRole('article').getByText('My wheel wobbles.');
    expect(await said.count()).toBe(0);
    await page.getByRole('button', { name: /2 earlier messages/ }).click();
    await said.waitFor();
    await expect.poll(() => page.getByRole('img', { name: /Picture, image\/png/ }).count()).toBe(1);
    expect([complaints, strangers]).toEqual([[], []]);
  });

  it('shows a tool with its result, what failed, how long it took, and what cannot be seen', async () => {
    const { page } = await open(1);
    const tool = page.locator('[data-row=m3] details').first();
    await tool.getByText('ESC[31m').waitFor();
    // How long it took is in the call behind, which comes later.
    await expect.poll(() => tool.innerText()).toMatch(/Measure[\s\S]*rim[\s\S]*✕ error[\s\S]*\d+ (?:ms|s|m)/);
    expect(await tool.innerText()).toContain('The gauge');
    // Which calls stand beside it is an answer of its own.
    await page.getByRole('button', { name: 'Call before', disabled: false }).waitFor();
    await page.keyboard.press('[');
    const before = page.getByRole('article', { name: `Call ${ids[0]}` });
    await before.getByText(/The result came .* later, with/).waitFor();
    await before.getByRole('button', { name: 'Next call', disabled: false }).waitFor();
    await page.keyboard.press(']');
    await page.getByRole('article', { name: `Call ${ids[1]}` }).waitFor();
  });

  it('makes markdown of an answer, says where links lead, and shows the text as it is on demand', async () => {
    const { page } = await open(1);
    const answer = page.locator('[data-row=answer]');
    const link = answer.getByRole('link', { name: 'the guide' });
    await link.waitFor();
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
    expect(await answer.innerText()).toContain('(bikes.example)');
    await answer.locator('pre .hljs-number').waitFor();
    await page.keyboard.press('m');
    await answer.getByText('## Spokes').waitFor();
    await page.keyboard.press('m');
    await link.waitFor();
  });

  it('finds words in folds that are closed, and goes to tools and errors', async () => {
    const { page } = await open(2);
    await page.getByText('And the brake?').waitFor();
    await page.keyboard.press('f');
    await page.keyboard.type('DRILL');
    await page.getByText('1 place', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(/Ask before you drill/).waitFor();
    await expect.poll(() => page.evaluate<number>('CSS.highlights.get("found")?.size ?? 0')).toBeGreaterThan(50);
    await page.keyboard.press('Escape');
    await page.getByLabel('Find in this conversation').waitFor({ state: 'detached' });
    await page.keyboard.press('e');
    await page.getByText('an error').waitFor();
    await page.getByRole('article', { name: `Call ${ids[2]}` }).waitFor();
  });

  it('keeps the tab in the address, and opens those that hold something first', async () => {
    const { page } = await open(3);
    await page.getByRole('tab', { name: 'Request', selected: true }).waitFor();
    await page.keyboard.press('1');
    await page.getByText('No conversation').waitFor();
    await expect.poll(() => page.url()).toContain('tab=conversation');
    await page.keyboard.press('6');
    await page.getByRole('heading', { name: 'Cost, line by line' }).waitFor();
    await expect.poll(() => page.url()).toContain('tab=cost');
    await page.keyboard.press('Escape');
    await page.getByRole('article').waitFor({ state: 'detached' });
    await expect.poll(() => page.url()).not.toContain('tab=');
  });

  it('says why a call cost so much: the dearest line, the call before, the cache that was missed', async () => {
    const { page } = await open(2, '&tab=cost');
    const panel = page.getByRole('tabpanel');
    await panel.getByText(/the list of tools is not as it was/).waitFor();
    await panel.getByText(/× the call before/).waitFor();
    const record = await house.ask<CallRecord>(`/api/calls/${ids[2]}`);
    const total = await panel.getByRole('row', { name: /^Total/ }).innerText();
    expect(Number(total.replaceAll(/[^\d.]/g, ''))).toBe(record.cost_usd);
    await panel.getByRole('row', { name: /^system prompt ~/ }).waitFor();
    await expect
      .poll(() => panel.getByRole('meter', { name: 'Context window' }).getAttribute('aria-valuetext'))
      .toMatch(/^[\d,]+ of [\d,]+ tokens, <?\d+ %$/);
    await panel.getByRole('button', { name: 'Show what changed' }).click();
    await panel.getByText(/the first difference: a cache can be read up to here/).waitFor();
    await expect.poll(() => panel.getByText('tool Measure').count()).toBe(1);
  });

  it('holds a call against the one before it, and against any other', async () => {
    const { page } = await open(1, '&tab=diff');
    const panel = page.getByRole('tabpanel');
    await panel.getByText(/All that was sent before stands unchanged/).waitFor();
    await panel.getByText('assistant, message 2').waitFor();
    await panel.getByLabel('Id of another call').fill(ids[4] ?? '');
    await panel.getByRole('button', { name: 'Compare' }).click();
    await panel.getByText(/^Not as it was:/).waitFor();
    await expect.poll(() => page.url()).toContain(`diff=${ids[4]}`);
  });

  it('opens the end of a long conversation that is seen first, and long texts in pieces', async () => {
    const { page } = await open(4);
    await page.getByText('The end?').waitFor();
    await page.getByRole('button', { name: /40 earlier messages, first seen in this call/ }).waitFor();
    expect(await page.getByText('It is the end.').count()).toBe(0);
    await page.getByRole('button', { name: /^Show the other/ }).click();
    await page.getByText('It is the end.').waitFor();
    await page.getByRole('button', { name: /40 earlier messages/ }).click();
    await page
      .getByRole('article')
      .getByText(/^Part 0 of a tale/)
      .waitFor();
    // Only what is in sight is made.
    await expect.poll(() => rows(page).count()).toBeLessThan(30);
  });

  it('takes the page when it is widened, and gives it back', async () => {
    const { page } = await open(1);
    await page.getByRole('grid', { name: 'Calls' }).waitFor();
    await page.keyboard.press('F');
    await page.getByRole('grid', { name: 'Calls' }).waitFor({ state: 'hidden' });
    await expect.poll(() => page.url()).toContain('full=1');
    await page.keyboard.press('F');
    await page.getByRole('grid', { name: 'Calls' }).waitFor();
  });

  const shownIn = {
    conversation: 'stopped: end_turn',
    cost: 'as the provider wrote it',
    diff: 'tool Measure',
  } as const;

  it.each(
    (['light', 'dark'] as const).flatMap((theme) =>
      (['conversation', 'cost', 'diff'] as const).map((tab) => [tab, theme] as const),
    ),
  )('has nothing in %s that WCAG is against, in %s', async (tab, theme) => {
    const { page } = await open(2, `&full=1&tab=${tab}`, { theme });
    await page.getByText(shownIn[tab]).waitFor();
    if (tab === 'conversation') {
      await page.keyboard.press('E');
      await page.getByText('Ask before you drill').first().waitFor();
    }
    expect(await violationsOf(page)).toEqual([]);
  });

  it('shows what a call under way has said so far, and all of it as soon as it has ended', async () => {
    const slow = anthropicCall({
      messages: [{ role: 'user', content: 'Slowly, please.' }],
      answer: [text(`${'Slow words. '.repeat(60)}At last.`)],
    });
    const gate = new EventEmitter();
    const goOn = once(gate, 'open');
    const body = slow.reply.body.flatMap((piece) =>
      typeof piece === 'string' && piece.includes('At last') ? [goOn, piece] : [piece],
    );
    const ended = house.call({ ...slow, reply: { ...slow.reply, body } });
    const inFlight = async () => (await house.ask<{ calls: { id: string }[] }>('/api/in-flight')).calls;
    await expect.poll(inFlight).toHaveLength(1);
    const [{ id } = { id: '' }] = await inFlight();
    const { page, context } = await visit(browser, house.daemon, `#/calls/${id}?range=all`);
    await page
      .getByRole('article', { name: `Running call ${id}` })
      .getByText(/Slow words\./)
      .waitFor();
    gate.emit('open');
    await page
      .getByRole('article', { name: `Call ${id}`, exact: true })
      .getByText(/At last\./)
      .waitFor();
    await context.close();
    expect(await ended).toBe(200);
  });

  it('says that there is no such call', async () => {
    const { page, context } = await visit(browser, house.daemon, '#/calls/call_nothing?range=all');
    await page.getByText(/There is no such call/).waitFor();
    await context.close();
  });
});
