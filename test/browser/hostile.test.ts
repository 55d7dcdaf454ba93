import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import { anthropicCall } from './support/anthropic.ts';
import { answered, chromiumPath, launch, type Visit, visit } from './support/browser.ts';
import { lineOfCall } from './support/odd-calls.ts';
import { PAYLOADS } from './support/payloads.ts';
import { type Scripted, startScripted } from './support/scripted.ts';

const SHARES = 4;
const text = (words: string) => ({ type: 'text', text: words });
/** What may stand in a header. */
const HEADER = /^[\u0020-\u007e]{1,300}$/;

const tool = (payload: string, index: number) => ({
  type: 'tool_use',
  id: `toolu_${index}`,
  name: payload.slice(0, 120),
  input: { [payload]: payload, command: payload },
});

/** Everything that may hold what others wrote, holding a share of the payloads. */
async function say(house: Scripted, payloads: readonly string[]): Promise<void> {
  const all = payloads.filter((payload) => payload.trim() !== '');
  const header = all.find((payload) => HEADER.test(payload)) ?? 'x';
  await house.call(
    anthropicCall({
      model: all.join(' ').slice(0, 900),
      system: all.join('\n'),
      tools: all.map((payload, index) => ({
        name: `${index}${payload}`.slice(0, 120),
        description: payload,
        input_schema: { type: 'object', title: payload },
      })),
      headers: {
        'x-llm-proxy-customer-id': header,
        'x-llm-proxy-section': header,
        'user-agent': header,
        'x-odd': header,
      },
      messages: [
        { role: 'user', content: all.map(text) },
        { role: 'assistant', content: all.map(tool) },
        {
          role: 'user',
          content: all.map((payload, index) => ({
            type: 'tool_result',
            tool_use_id: `toolu_${index}`,
            is_error: index % 2 === 0,
            content: payload,
          })),
        },
      ],
      answer: [
        { type: 'thinking', thinking: all.join('\n\n'), signature: 'x' },
        ...all.map(text),
        ...all.slice(0, 10).map(tool),
      ],
      more: { metadata: { user_id: all[0] ?? '' }, stop_sequences: all.slice(0, 20) },
    }),
  );
}

/** A call of which every field of its record is the payload. */
function lineOf(payload: string, index: number): string {
  const field = payload === '' ? null : payload;
  // Of hosts the store takes nothing but names.
  const host = `${payload.replaceAll(/[^\w-]/g, '').slice(0, 60)}x.example`;
  return lineOfCall(
    {
      // Older than what was just said, however long that took.
      secondsAgo: 3600 + index,
      asked: payload,
      answered: payload,
      record: {
        host,
        path: `/v1/${payload.slice(0, 200)}`,
        request_model: payload,
        response_model: field,
        response_id: `${index}${payload}`,
        request_id: field,
        service_tier: field,
        region: field,
        stop_reason: field,
        tool_calls: [{ id: field, name: payload }],
        session_id: field,
        section: field,
        section_path: field,
        customer_id: field,
        tenant_id: field,
        agent: field,
        client: field,
        error: index % 3 === 0 ? { type: payload, message: payload } : null,
        status: index % 3 === 0 ? 400 : 200,
      },
    },
    Date.now(),
  );
}

/** Kept when the page has not changed for a while; a page with a running clock never rests. */
const QUIET = `new Promise((resolve) => {
  let timer = setTimeout(resolve, 250);
  const rest = () => { clearTimeout(timer); timer = setTimeout(resolve, 250); };
  new MutationObserver(rest).observe(document.body, { subtree: true, childList: true, characterData: true });
  setTimeout(resolve, 4000);
})`;
/** All answers have come, and what they bring is there. */
async function rest(page: Page): Promise<void> {
  await answered(page);
  await page.evaluate(QUIET);
}

/** Set by what ran; and what of the page is not the page's own. */
const FOUND = `({
  ran: window.ran ?? null,
  polluted: ({}).ran ?? null,
  handlers: [...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith('on'))),
  elements: [...document.querySelectorAll('main :is(script, iframe, object, embed, style, link, meta, base, audio, video, marquee, math, template, noscript, foreignObject, animate, set, use)')].map((element) => element.outerHTML.slice(0, 100)),
  addresses: [...document.querySelectorAll('[href], [src], [srcset], [action], [formaction], [poster], [background], [data], [ping]')]
    .flatMap((element) => ['href', 'src', 'srcset', 'action', 'formaction', 'poster', 'background', 'data', 'ping'].map((name) => [name, element.getAttribute(name)]))
    .filter(([name, value]) => value !== null && !(/^(?:#|\\/api\\/|\\/ca\\.(?:pem|der)$|\\.?\\/(?:assets|favicon)|blob:)/.test(value) || (name === 'href' && /^(?:https?|mailto):/i.test(value)))),
  classes: [...document.querySelectorAll('.fixed.inset-0.z-50.bg-bad')].length,
})`;
const NOTHING = { ran: null, polluted: null, handlers: [], elements: [], addresses: [], classes: 0 };

describe.skipIf(chromiumPath === null)('dashboard: hostile content', () => {
  let browser: Browser;
  let house: Scripted;
  let shares: string[];
  const dialogs: string[] = [];
  const asked: string[] = [];
  let seen: Visit;

  beforeAll(async () => {
    [browser, house] = await Promise.all([launch(), startScripted()]);
    const size = Math.ceil(PAYLOADS.length / SHARES);
    for (let share = 0; share < SHARES; share += 1) await say(house, PAYLOADS.slice(share * size, (share + 1) * size));
    shares = (await house.stored(SHARES)).map(({ id }) => id).toReversed();
    const imported = await fetch(`${house.daemon.adminUrl}/api/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${house.daemon.token}`, 'content-type': 'application/x-ndjson' },
      body: PAYLOADS.map(lineOf).join('\n'),
    });
    expect([imported.status, await imported.json()]).toEqual([
      200,
      expect.objectContaining({ added: PAYLOADS.length }),
    ]);
    // So high that lists which make only what is in sight make everything.
    seen = await visit(browser, house.daemon, '#/calls?range=all', { width: 1280, height: 12_000 });
    seen.page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    seen.page.on('request', (request) => asked.push(request.url()));
  });
  afterAll(async () => {
    await seen?.context.close();
    await browser?.close();
    await house?.stop();
  });

  async function expectHarmless(page: Page, where: string): Promise<void> {
    expect(await page.evaluate(FOUND), where).toEqual(NOTHING);
    expect(dialogs, where).toEqual([]);
    expect(seen.complaints, where).toEqual([]);
    expect(seen.strangers, where).toEqual([]);
    expect(
      asked.filter((url) => new URL(url).pathname.includes('evil')),
      where,
    ).toEqual([]);
    expect(page.url(), where).toContain(house.daemon.adminUrl);
  }

  const goTo = (hash: string) => seen.page.evaluate(`location.hash = ${JSON.stringify(hash)}`);

  it('has a corpus of more than six hundred', () => {
    expect(PAYLOADS.length).toBeGreaterThan(600);
  });

  it('would be seen if any of it were more than text', async () => {
    const { page } = seen;
    await page.getByRole('row').nth(10).waitFor();
    await page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('beforeend', '<p id="probe" onclick="x"><a href="javascript:x">x</a><video></video></p>')`,
    );
    const found = (await page.evaluate(FOUND)) as typeof NOTHING;
    expect([found.handlers, found.addresses, found.elements.length]).toEqual([
      ['onclick'],
      [['href', 'javascript:x']],
      1,
    ]);
    await page.evaluate(`document.getElementById('probe').remove()`);
    // The policy of the page keeps the handler from running, and says so.
    await expect.poll(() => seen.complaints.length).toBe(1);
    seen.complaints.length = 0;
  });

  it('is text in the list of calls, in its snippets, and in the completion of its filter', async () => {
    const { page } = seen;
    await page.getByRole('row').nth(100).waitFor();
    await expectHarmless(page, 'list');
    for (const words of ['script', 'onerror', 'javascript', 'evil']) {
      await goTo(`#/calls?range=all&filter=${words}`);
      await page.locator('mark', { hasText: words }).first().waitFor();
      await rest(page);
      await expectHarmless(page, `search for ${words}`);
    }
  });

  it.each([0, 1, 2, 3])('is text in every part of a call (share %i)', async (share) => {
    const { page } = seen;
    const id = shares[share] ?? '';
    await goTo(`#/calls/${id}?range=all&tab=conversation&full=1`);
    // Until it is there the call before it stays.
    const article = page.getByRole('article', { name: `Call ${id}` });
    await article.getByText('stopped: ').waitFor();
    await page.keyboard.press('E');
    await page.locator('[data-row=tools] details[open] details[open]').first().waitFor();
    await expectHarmless(page, 'conversation');
    await page.keyboard.press('m');
    await page.getByRole('button', { name: 'Show markdown' }).waitFor();
    await expectHarmless(page, 'conversation as text');
    if (share === 0) {
      const missing = async () => {
        const shown = await page.getByRole('region', { name: 'Conversation' }).innerText();
        return PAYLOADS.slice(0, 40).filter((payload) => /^[ -~]+$/.test(payload) && !shown.includes(payload));
      };
      await expect.poll(missing).toEqual([]);
    }
    await page.keyboard.press('m');
    for (const tab of ['Request', 'Response', 'Timing', 'Headers', 'Cost', 'Diff']) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      await page.getByRole('tabpanel', { name: tab }).waitFor();
      await rest(page);
      await expectHarmless(page, tab);
    }
    const other = shares[(share + 1) % SHARES] ?? '';
    await goTo(`#/calls/${id}?range=all&full=1&tab=diff&diff=${other}`);
    await article.locator(`a[href*="${other}"]`).waitFor();
    await article.getByText(/^Not as it was/).waitFor();
    await rest(page);
    await expectHarmless(page, 'difference');
  });

  it('is text on every other screen', async () => {
    const { page } = seen;
    const screens = ['overview', 'sessions', 'sessions?of=tasks', 'compare', `compare?a=${shares[0]}&b=${shares[1]}`];
    const parts = ['set-up', 'mode', 'providers', 'prices', 'storage', 'all'].map((part) => `settings/${part}`);
    for (const screen of [...screens, ...parts]) {
      await goTo(`#/${screen}${screen.includes('?') ? '&' : '?'}range=all`);
      await rest(page);
      await expectHarmless(page, screen);
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await expectHarmless(page, 'palette');
    await page.keyboard.press('Escape');
  });

  it.each(['tree', 'conversation', 'timeline', 'graph', 'cost'])('is text in a session as %s', async (view) => {
    const { page } = seen;
    const { sessions } = await house.ask<{ sessions: { id: string }[] }>('/api/sessions?limit=50');
    const said = await Promise.all(shares.slice(0, 2).map((id) => house.ask<CallRecord>(`/api/calls/${id}`)));
    const ids = said.flatMap(({ agent_facts: facts }) => facts?.session ?? []);
    expect(sessions.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    for (const id of ids) {
      await goTo(`#/sessions/${encodeURIComponent(id)}?range=all&view=${view}`);
      await rest(page);
      await expectHarmless(page, view);
    }
  });

  it('is text where it is opened by itself: no body of a call runs on the address of the dashboard', async () => {
    const page = await seen.context.newPage();
    await house.call({
      path: '/openai/v1/chat/completions',
      body: { model: 'x', messages: [{ role: 'user', content: 'x' }] },
      reply: {
        headers: { 'content-type': 'text/html' },
        body: ['<script>window.ran=1</script><img src="https://evil.example/x">'],
      },
    });
    const [{ id } = { id: '' }] = await house.stored(SHARES + PAYLOADS.length + 1);
    for (const side of ['request', 'response']) {
      await page.goto(`${house.daemon.adminUrl}/api/calls/${id}/${side}`).catch(() => null);
      expect(await page.evaluate('window.ran ?? null')).toBe(null);
    }
    expect(seen.strangers).toEqual([]);
    await page.close();
  });
});
