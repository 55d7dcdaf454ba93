import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicCall } from './support/anthropic.ts';
import { violationsOf } from './support/axe.ts';
import { chromiumPath, launch, visit } from './support/browser.ts';
import { type Scripted, type ScriptedCall, startScripted } from './support/scripted.ts';

const ASKED = [
  { role: 'user', content: 'Où est le café? 中文 العربية' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_a', name: 'find_place', input: { near: 'Lisbon' } }] },
  {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 'toolu_a', content: 'line one\nline two\nline three' }],
  },
];
/** A terminal escape and a letter that no font shows. */
const HIDDEN = 'plain \u001b[31mred\u001b[0m and zero\u200bwidth';
const LARGE = 'x'.repeat(5_000_000);

/** What was copied. A text, for the page's own names are none of Node's. */
const clipboard = (page: Page): Promise<string> => page.evaluate('navigator.clipboard.readText()');

/** As a program does that HTTP_PROXY points at the proxy. */
async function throughProxy(proxyUrl: string, body: object): Promise<void> {
  const { hostname, port } = new URL(proxyUrl);
  await new Promise<void>((resolve, reject) => {
    const headers = {
      host: 'api.anthropic.com',
      'content-type': 'application/json',
      'x-api-key': `sk-ant-${'1'.repeat(40)}`,
    };
    const path = 'http://api.anthropic.com/v1/messages';
    const request = httpRequest({ hostname, port, path, method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', resolve);
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

/** So that its pieces come apart on a busy machine, too. */
function slowly(call: ScriptedCall): ScriptedCall {
  const body = call.reply.body.map((piece) => (typeof piece === 'number' ? 10 : piece));
  return { ...call, reply: { ...call.reply, body, isApart: true } };
}

describe.skipIf(chromiumPath === null)('dashboard/call, tabs and actions', () => {
  let browser: Browser;
  let scripted: Scripted;
  const ids = new Map<string, string>();
  /** Stands for api.anthropic.com. */
  let provider: Server;
  const heard: { key: unknown; body: string }[] = [];
  beforeAll(async () => {
    provider = createServer((request, response) => {
      const pieces: string[] = [];
      request.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
      request.on('end', () => {
        heard.push({ key: request.headers['x-api-key'], body: pieces.join('') });
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Yes.' }] }));
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const place = `api.anthropic.com:80:127.0.0.1:${(provider.address() as AddressInfo).port}`;
    [browser, scripted] = await Promise.all([launch(), startScripted(['--connect-to', place])]);
    const text = [{ type: 'text', text: 'It is around the corner, as ever. '.repeat(200) }];
    await scripted.call(slowly(anthropicCall({ model: 'claude-streamed', messages: ASKED, answer: text })));
    await scripted.call(
      anthropicCall({
        model: 'claude-large',
        stream: false,
        messages: [{ role: 'user', content: LARGE }],
        answer: [{ type: 'text', text: HIDDEN }],
      }),
    );
    await throughProxy(scripted.daemon.proxyUrl, {
      model: 'claude-first',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const calls = await scripted.stored(3);
    for (const { id, request_model: model } of calls) ids.set(model ?? '', id);
  });
  afterAll(async () => {
    await browser?.close();
    await scripted?.stop();
    provider?.close();
  });

  const hashOf = (model: string, tab: string, more = ''): string =>
    `#/calls/${ids.get(model)}?range=all&full=1&tab=${tab}${more}`;
  const open = async (model: string, tab: string, more = '') => {
    const visited = await visit(browser, scripted.daemon, hashOf(model, tab, more));
    await visited.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    return visited;
  };

  it('shows a request as a tree that keys open, and copies where a value is', async () => {
    const { page, context, complaints, strangers } = await open('claude-streamed', 'request');
    const tree = page.getByRole('tree', { name: /Body of the request/ });
    await tree.getByRole('treeitem', { name: /near: “Lisbon”/ }).click();
    await page.getByRole('button', { name: 'Copy path' }).click();
    await expect.poll(() => clipboard(page)).toBe('.messages[1].content[0].input.near');
    await tree.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => tree.getByRole('treeitem').count()).toBe(1);
    await page.keyboard.press('ArrowRight');
    await tree.getByRole('treeitem', { name: 'max_tokens: 32000' }).waitFor();
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
    await context.close();
  });

  it('finds words in a body, and goes to the line of a text', async () => {
    const { page, context } = await open('claude-streamed', 'request');
    await page.getByRole('tree').waitFor();
    await page.keyboard.press('f');
    await page.keyboard.type('LINE TWO');
    await page.getByText('1 of 1').waitFor();
    await page.locator('mark', { hasText: 'line two' }).waitFor();
    await expect.poll(() => decodeURIComponent(page.url())).toContain('find=LINE');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.url()).not.toContain('find=');
    await page.keyboard.press('v');
    await page.getByRole('listbox', { name: /Body of the request, \d+ lines/ }).waitFor();
    await context.close();
  });

  it('shows a stream by event, with the time of each, and what one of them says', async () => {
    const { page, context } = await open('claude-streamed', 'response');
    const list = page.getByRole('listbox', { name: /^Events of the answer/ });
    await list.getByRole('option', { name: /\d\.\d{3} s message_stop/ }).waitFor();
    await list.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    const detail = page.getByRole('region', { name: 'The message that is chosen' });
    await detail.getByRole('treeitem', { name: 'stop_reason: “end_turn”' }).waitFor();
    await context.close();
  });

  it('opens a large body in pieces, and all of it when it is asked to', async () => {
    const { page, context, complaints } = await open('claude-large', 'request');
    await page.getByText(/The first 262 kB of 5\.0 MB/).waitFor();
    await page.getByRole('button', { name: 'Load all of it' }).click();
    await page.getByRole('treeitem', { name: 'model: “claude-large”' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('names what cannot be seen in a text', async () => {
    const { page, context } = await open('claude-large', 'response');
    await page.getByRole('treeitem', { name: /ESC\[31m/ }).waitFor();
    await page.getByRole('treeitem', { name: /U\+200B/ }).waitFor();
    await context.close();
  });

  it('shows when things happened, and headers with masked keys', async () => {
    const { page, context } = await open('claude-streamed', 'timing');
    await page.getByRole('region', { name: 'Phases of the call' }).getByText('Before the first words').waitFor();
    await page.getByRole('figure', { name: 'Speed of the answer' }).getByRole('button', { name: 'As table' }).click();
    await page
      .getByRole('table')
      .getByText(/~[\d.K,]+ tokens\/s/)
      .first()
      .waitFor();
    await page.keyboard.press('5');
    const request = page.getByRole('region', { name: 'Request', exact: true });
    await request.getByText('masked', { exact: true }).waitFor();
    expect(await request.textContent()).not.toContain('0'.repeat(12));
    await context.close();
  });

  it('copies a call as curl by a key, and as code by the menu', async () => {
    const { page, context } = await open('claude-streamed', 'headers');
    await page.getByRole('region', { name: 'Request', exact: true }).waitFor();
    await page.keyboard.press('y');
    await page.getByText('Copied as curl').waitFor();
    const curl = await clipboard(page);
    expect(curl).toContain(`-H 'x-api-key: '"$ANTHROPIC_API_KEY"`);
    expect(curl).toContain(JSON.stringify(ASKED));
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Copy as Python' }).click();
    await expect.poll(() => clipboard(page)).toContain('os.environ["ANTHROPIC_API_KEY"]');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Download HAR' }).click();
    expect((await saved).suggestedFilename()).toBe(`${ids.get('claude-streamed')}.har`);
    await context.close();
  });

  it('sends a call again with another body and a key that is typed in, for a price that is told first', async () => {
    const { page, context, complaints } = await open('claude-first', 'request');
    await page.getByRole('tree').waitFor();
    await page.keyboard.press('r');
    const dialog = page.getByRole('dialog', { name: 'Replay' });
    const body = dialog.getByLabel('Body');
    await body.fill('{"model": ');
    await dialog.getByText(/This is no JSON/).waitFor();
    await expect.poll(() => dialog.getByRole('button', { name: /^Send/ }).isDisabled()).toBe(true);
    await body.fill(
      JSON.stringify({ model: 'claude-replayed', max_tokens: 9, messages: [{ role: 'user', content: 'Again' }] }),
    );
    await dialog.getByText(/claude-replayed · ~[\d,]+ tokens in/).waitFor();
    // Words that are marked as far as beside the dialog: nothing of what was typed is lost.
    await body.hover();
    await page.mouse.down();
    await page.mouse.move(5, 5);
    await page.mouse.up();
    expect(await body.inputValue()).toContain('claude-replayed');
    await dialog.getByLabel(/x-api-key/).fill('sk-ant-typed-by-hand-0123456789');
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: /^Send/ }).click();
    await dialog.getByRole('link', { name: 'Open the new call' }).waitFor();
    // What is not stored yet is asked for again, and the browser would complain of each answer that it is not there.
    const calls = await scripted.stored(4);
    await dialog.getByRole('link', { name: 'Open the new call' }).click();
    await page.getByRole('heading', { name: 'claude-replayed' }).waitFor();
    expect(calls[0]).toMatchObject({
      request_model: 'claude-replayed',
      section: `replay of ${ids.get('claude-first')}`,
    });
    expect(heard.at(-1)).toMatchObject({
      key: 'sk-ant-typed-by-hand-0123456789',
      body: expect.stringContaining('Again'),
    });
    const stored = JSON.stringify([calls[0], await page.content()]);
    expect(stored).not.toContain('typed-by-hand');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('has what was written for a replay again after a sign-in, when the session ended meanwhile, and no key', async () => {
    const { page, context } = await open('claude-first', 'request');
    await page.getByRole('tree').waitFor();
    await page.keyboard.press('r');
    const dialog = page.getByRole('dialog', { name: 'Replay' });
    await dialog.getByLabel(/x-api-key/).fill('sk-ant-typed-by-hand-0123456789');
    // No question is under way that could end the session before the body is written.
    await dialog.getByText(/tokens in,/).waitFor();
    await context.clearCookies();
    const written = JSON.stringify({ model: 'half-written', max_tokens: 9, messages: [] });
    await dialog.getByLabel('Body').fill(written);
    await page.getByLabel(/paste the token/).fill(scripted.daemon.token);
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toContain('half-');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByText('this is what you had written').waitFor();
    expect(await dialog.getByLabel('Body').inputValue()).toBe(written);
    expect(await dialog.getByLabel(/x-api-key/).inputValue()).toBe('');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.keyboard.press('r');
    expect(await dialog.getByLabel('Body').inputValue()).not.toContain('half-written');
    await context.close();
  });

  const signs = {
    request: '[role=tree]',
    'request&view=raw': '[role=listbox]',
    response: '[role=tree]',
    timing: 'figure svg',
    headers: 'dd',
  };
  it.each(
    (['light', 'dark'] as const).flatMap((theme) =>
      Object.entries(signs).map(([tab, sign]) => [theme, tab, sign] as const),
    ),
  )('breaks no rule of accessibility (%s, %s)', async (theme, tab, sign) => {
    const { page, context } = await visit(browser, scripted.daemon, hashOf('claude-streamed', tab), { theme });
    await page.locator(`article ${sign}`).first().waitFor();
    if (tab === 'headers') {
      await page.getByRole('button', { name: 'Actions' }).click();
      await page.getByRole('menuitem').first().waitFor();
    }
    expect(await violationsOf(page)).toEqual([]);
    await context.close();
  });

  it('pins a call, says what became of a body that was deleted, and deletes the call after a question', async () => {
    const { page, context } = await open('claude-streamed', 'request');
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Pin', exact: true }).click();
    await page.getByText('pinned', { exact: true }).waitFor();
    const pruned = await fetch(`${scripted.daemon.adminUrl}/api/prune`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scripted.daemon.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ older_than: new Date(Date.now() + 60_000).toISOString(), bodies_only: true }),
    });
    expect(pruned.status).toBe(200);
    await page.goto(`${scripted.daemon.adminUrl}/${hashOf('claude-large', 'request').replace('full=1&', '')}`);
    await page.reload();
    await page.getByText('The request was deleted').waitFor();
    const row = page.getByRole('grid', { name: 'Calls' }).locator(`#row-${ids.get('claude-large')}`);
    await row.waitFor();
    await page.getByText(/because it was too old/).waitFor();
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    // Back, with the question asked: it was about this call, and is about no other.
    const here = page.url();
    await page.evaluate(`location.hash = ${JSON.stringify(hashOf('claude-first', 'request'))}`);
    await page.getByRole('article', { name: `Call ${ids.get('claude-first')}` }).waitFor();
    expect(await dialog.count()).toBe(0);
    await page.goto(here);
    await page.getByRole('article', { name: `Call ${ids.get('claude-large')}` }).waitFor();
    await page.getByText('The request was deleted').waitFor();
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete …' }).click();
    await dialog.getByRole('button', { name: 'Delete the call' }).click();
    await expect.poll(() => page.url()).not.toContain(ids.get('claude-large'));
    const gone = await fetch(`${scripted.daemon.adminUrl}/api/calls/${ids.get('claude-large')}`, {
      headers: { authorization: `Bearer ${scripted.daemon.token}` },
    });
    expect(gone.status).toBe(404);
    await expect.poll(() => row.count()).toBe(0);
    await expect.poll(() => page.getByRole('grid', { name: 'Calls' }).locator('[id^=row-]').count()).toBeGreaterThan(1);
    await context.close();
  });
});
