import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { StoredExchange } from '../../../src/core/transfer.ts';
import type { MeterDirectory } from '../../../src/interchange/answer-of.ts';
import { createSessionHtml } from '../../../src/interchange/session-html.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';
import { anAgentStep, aUsage } from '../../support/captures.ts';
import { aStoredExchange, aStoredMessage, written } from '../../support/stored-exchanges.ts';

let directory: MeterDirectory;
beforeAll(async () => {
  directory = await loadRegistry();
});

const page = (exchanges: StoredExchange[], title: string | null = 'A session'): Promise<string> =>
  written(createSessionHtml({ version: '1.2.3', directory, title, bodies: true }), exchanges);

/** A call that says these messages. */
function saying(messages: unknown[], over: Partial<CallRecord> = {}, more: object = {}): StoredExchange {
  const body = JSON.stringify({ model: 'claude-sonnet-4-5', messages, ...more });
  return aStoredExchange(over, { request: aStoredMessage('POST /v1/messages HTTP/1.1', body) });
}

const costing = (over: Partial<CallRecord>): StoredExchange => aStoredExchange({ cost_usd: 0.5, ...over });

const user = (content: unknown): object => ({ role: 'user', content });

const pictureOf = (data: string): object => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data },
});

const HOSTILE = [
  '<script>globalThis.hacked = 1</script>',
  '"><img src=x onerror=alert(1)>',
  '</title></style></pre></details><svg onload=alert(1)>',
  '<!-- --><a href="javascript:alert(1)">here</a>',
  '<style>@import url(https://evil.test/x.css)</style>',
  '&lt;script&gt;',
];

describe('interchange/session-html', () => {
  it('allows no script, no address and no style but its own', async () => {
    const html = await page([aStoredExchange()]);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1]?.replaceAll('&#39;', "'");
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    expect(html).not.toMatch(/<(?:script|link|iframe|object|form)\b|\sstyle=|\son\w+=|https?:\/\//i);
  });

  it.each(HOSTILE)('writes %s as text wherever it was captured', async (hostile) => {
    const image = { type: 'image', source: { type: 'base64', media_type: hostile, data: 'AAAA' } };
    const messages = [
      user(hostile),
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: hostile, input: { [hostile]: hostile } }],
      },
      user([{ type: 'tool_result', tool_use_id: 'toolu_1', content: hostile, is_error: true }, image]),
    ];
    const tools = [{ name: hostile, description: hostile, input_schema: { [hostile]: hostile } }];
    const over = { response_model: hostile, section_path: hostile, error: { type: hostile, message: hostile } };
    const html = await page([saying(messages, over, { system: hostile, tools })], hostile);
    const [, body = ''] = html.split('<body>');
    const tags = new Set([...html.matchAll(/<\/?([a-z0-9!-]+)/gi)].map(([, name]) => name?.toLowerCase()));
    for (const name of ['script', 'svg', 'link']) expect(tags).not.toContain(name);
    expect(body).not.toMatch(/<(?:img|a)[^>]*(?:onerror|javascript:)/i);
    expect(body).not.toMatch(/<style/i);
    expect(html.match(/<\/title>/g)).toHaveLength(1);
    expect(body).toContain(
      hostile.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    );
  });

  it('says what cannot be seen: controls, turned directions, lone halves', async () => {
    const html = await page([saying([user('a\u001b[31m\u202eb\ud800c\u200bd')])]);
    for (const code of ['001B', '202E', 'D800', '200B']) expect(html).toContain(`<i>U+${code}</i>`);
    expect(html).not.toMatch(/[\u001b\u202e\u200b]/);
  });

  it('writes what was said before only with the call that brought it', async () => {
    const first = saying([user('First words')], { id: 'call_1', agent_facts: anAgentStep() }, { system: 'Be brief' });
    const second = saying(
      [user('First words'), { role: 'assistant', content: 'Hi there' }, user('Second words')],
      {
        id: 'call_2',
        agent_facts: anAgentStep({ messages: 3, new_messages: 1, follows: { call: 'call_1', how: 'continues' } }),
      },
      { system: 'Be brief' },
    );
    const html = await page([first, second]);
    expect(html.match(/First words/g)).toHaveLength(1);
    expect(html.match(/Second words/g)).toHaveLength(1);
    expect(html.match(/Be brief/g)).toHaveLength(1);
  });

  it('folds tools without a script, and marks sub-agents, retries and errors', async () => {
    const html = await page([
      saying([user('Go')], { id: 'call_1', agent_facts: anAgentStep() }),
      saying([user('Search')], {
        id: 'call_2',
        parent_session_id: 'ses_1',
        agent_facts: anAgentStep({ session: 'ses_2', follows: { call: 'call_1', how: 'delegates' } }),
      }),
      saying([user('Search')], {
        id: 'call_3',
        status: 529,
        error: { type: 'overloaded_error', message: 'Busy' },
        agent_facts: anAgentStep({ session: 'ses_2', follows: { call: 'call_2', how: 'retries' } }),
      }),
    ]);
    expect(html).toContain('<article id="call-2" class="sub">');
    expect(html).toContain('a sub-agent, after call <a href="#call-1">1</a>');
    expect(html).toContain('the same request again, after call <a href="#call-2">2</a>');
    expect(html).toContain('overloaded_error: Busy');
  });

  it('never says 0 of what is unknown, and marks what is a guess', async () => {
    const none = { source: null, price_date: null, confidence: 'unpriced' as const, lines: [] };
    const html = await page([
      aStoredExchange({
        usage: aUsage({ input_tokens: null, output_tokens: null, cache_read_tokens: null }),
        cost_usd: null,
        cost: none,
      }),
      aStoredExchange({ usage: aUsage({ input_tokens: 1234, estimated: ['input_tokens'] }), cost_usd: 0.0000012 }),
    ]);
    expect(html).toContain('? in · ? out · unpriced');
    expect(html).toContain('~1,234 in');
    expect(html).toContain('$0.0000012');
    expect(html).toContain('2 calls · ≥ $0.0000012, 1 without a known price');
  });

  it('counts no copy of a comparison, and says of a sum with a guess in it that it is one', async () => {
    const copied = await page([costing({ id: 'call_1' }), costing({ id: 'call_2', leg: 'shadow' })]);
    expect(copied).toContain('>1 call · $0.50');
    expect(copied).toContain(' (copy)</h2>');
    const { cost } = costing({}).record;
    const guessed = await page([costing({ cost: { ...cost, confidence: 'estimated' } }), costing({})]);
    expect(guessed).toContain('>2 calls · ~$1.00');
  });

  it('has pictures in it that are pictures by their bytes, and no others', async () => {
    const png = Buffer.from('\u0089PNG\r\n\u001a\n and more', 'latin1').toString('base64');
    const html = await page([saying([user([pictureOf(png), pictureOf('PHN2Zz4=')])])]);
    expect(html.match(/<img [^>]*src="data:image\/png;base64,/g)).toHaveLength(1);
    expect(html).toContain('image, image/png, 5 bytes: not in this page');
  });

  it('says so where nothing is stored, and where there is no call', async () => {
    expect(await page([aStoredExchange({}, { request: null, response: null })])).toContain(
      'What was said is not stored.',
    );
    expect(await page([])).toContain('No calls.');
  });
});
