import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../../../src/admin/calls.ts';
import type { ConversationAnswer } from '../../../src/admin/conversation.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import { bodiesOf } from '../../../src/store/blocks/call-bodies.ts';
import { cutBody } from '../../../src/store/blocks/cut.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { notePruned } from '../../../src/store/pruned.ts';
import { anAdminApp, BEARER } from '../../support/admin-app.ts';
import { aCapture, aMessage, anAgentStep } from '../../support/captures.ts';
import { anthropicStream } from '../../support/stored-exchanges.ts';

let folder: string;
let database: Database;
let calls: Calls;
let app: Hono;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-conversation-'));
  database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  calls = new Calls(join(folder, 'calls.db'));
  app = anAdminApp({ calls });
});
afterEach(() => {
  calls.close();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const bytesOf = (beginning: string): string => Buffer.from(`${beginning}and what follows`, 'latin1').toString('base64');
const image = (data: string, media_type = 'image/png'): object => ({
  type: 'image',
  source: { type: 'base64', media_type, data },
});
const SAID = {
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  system: 'Be brief.',
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: [{ type: 'text', text: 'And this?' }, image(bytesOf('\u0089PNG\r\n\u001a\n'))] },
  ],
  tools: [{ name: 'weather', description: 'Of a city', input_schema: { type: 'object' } }],
};

const PNG = bytesOf('\u0089PNG\r\n\u001a\n');

function store(
  request: string | null,
  over: Partial<CallRecord> = {},
  id = 'call_0001',
  response = anthropicStream('Nice 🙂 picture'),
): void {
  const capture = aCapture(
    { id, ...over },
    {
      request: aMessage('POST /v1/messages HTTP/1.1', null, { headers: [['Content-Type', 'application/json']] }),
      response: aMessage('HTTP/1.1 200 OK', null, { headers: [['Content-Type', 'text/event-stream']] }),
      parts: {
        request: request === null ? null : cutBody(Buffer.from(request), 'request'),
        response: request === null ? null : cutBody(Buffer.from(response), 'stream'),
        arrivals: null,
      },
    },
  );
  const { record, costNanos } = capture;
  const writer = new CallWriter(database);
  writer.begin();
  writer.add({ record, costNanos, log: null }, bodiesOf(capture));
  writer.commit();
}

async function get(path: string): Promise<Response> {
  return app.request(path, { headers: BEARER });
}

async function conversation(query = ''): Promise<ConversationAnswer> {
  return (await (await get(`/api/calls/call_0001/conversation${query}`)).json()) as ConversationAnswer;
}

describe('admin/conversation-routes', () => {
  it('gives what was said and answered in one form, with what is new in it', async () => {
    store(JSON.stringify(SAID), { agent_facts: anAgentStep({ messages: 3, new_messages: 1 }) });
    const answer = await conversation();
    expect(answer).toMatchObject({
      call: 'call_0001',
      provider: 'anthropic',
      request: { stored: true, truncated: false, masked: false },
      settings: { model: 'claude-sonnet-4-5', max_tokens: 100 },
      tools: [{ name: 'weather', hosted: false }],
      message_count: 4,
      new_from: 3,
      answer: { role: 'assistant', parts: [{ type: 'text', text: 'Nice 🙂 picture' }], tokens: 340 },
      tokens: { output: { text: 340 } },
    });
    expect(answer.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(answer.messages[3]?.parts).toMatchObject([
      { type: 'text', text: 'And this?' },
      { type: 'image', media: 0, mime: 'image/png', bytes: 24 },
    ]);
    const { input } = answer.tokens;
    expect(Object.values(input ?? {}).reduce((sum, tokens) => sum + tokens, 0)).toBeGreaterThan(1190);
  });

  it.each([
    ['all of a first call', { messages: 3, new_messages: 3 }, 0],
    ['nothing of a call that is sent again', { messages: 3, new_messages: 0 }, 4],
  ])('says that %s is new', async (_, counts, from) => {
    store(JSON.stringify(SAID), { agent_facts: anAgentStep(counts) });
    expect((await conversation()).new_from).toBe(from);
  });

  it('gives some of the messages, and the beginning of long texts, to whoever asks for less', async () => {
    store(JSON.stringify(SAID));
    const { messages, message_count: count } = await conversation('?from=1&to=3');
    expect([messages.map(({ place }) => place), count]).toEqual([[0, 1], 4]);
    const cut = await conversation('?max=6');
    // The sixth unit is half of a picture character: it is left out.
    expect(cut.answer?.parts).toMatchObject([{ text: 'Nice ', chars: 15 }]);
    expect(cut.messages[0]?.parts).toMatchObject([{ text: 'Be bri', chars: 9 }]);
    const past = await conversation('?past=2');
    expect(past.messages.map(({ parts }) => (parts[0]?.type === 'text' ? parts[0].text : null))).toEqual([
      'Be brief.',
      ...messages.slice(0, 2).map(({ parts }) => (parts[0]?.type === 'text' ? parts[0].text.slice(0, 2) : null)),
      'And this?',
    ]);
    expect((await conversation('?max=0')).messages[0]?.parts).toMatchObject([{ text: 'Be brief.' }]);
    for (const query of ['from=x', 'to=-1', 'max=1.5'])
      expect((await get(`/api/calls/call_0001/conversation?${query}`)).status, query).toBe(400);
  });

  it('says what is not there', async () => {
    store(null);
    expect(await conversation()).toMatchObject({
      request: { stored: false },
      response: { stored: false },
      messages: [],
      answer: null,
      new_from: null,
    });
    store('{"messages":[{"role":"us', {}, 'call_0002');
    const cut = await (await get('/api/calls/call_0002/conversation')).json();
    expect(cut).toMatchObject({ request: { stored: true }, messages: [] });
    expect((await get('/api/calls/call_9/conversation')).status).toBe(404);
    expect((await get('/api/calls/call_000/conversation')).status).toBe(409);
  });

  it.each([
    ['\u0089PNG\r\n\u001a\n', 'image/png'],
    ['\u00ff\u00d8\u00ff\u00e0', 'image/jpeg'],
    ['GIF89a', 'image/gif'],
    ['RIFF\u0001\u0000\u0000\u0000WEBPVP8 ', 'image/webp'],
  ])('shows a picture as what its bytes say it is (%j)', async (beginning, type) => {
    store(JSON.stringify({ messages: [{ role: 'user', content: [image(bytesOf(beginning), 'text/html')] }] }));
    const answer = await get('/api/calls/call_0001/media/0');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(Buffer.from(await answer.arrayBuffer()).toString('base64')).toBe(bytesOf(beginning));
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox; frame-ancestors 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['a page', '<html><script>alert(1)</script>', 'text/html'],
    ['a drawing that can run', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">', 'image/svg+xml'],
    ['a page that begins like nothing', 'GIF88a<script>', 'image/png'],
    ['nothing', '', 'image/png'],
  ])('lets %s be saved, never shown', async (_, text, mime) => {
    const data = Buffer.from(text).toString('base64');
    store(JSON.stringify({ messages: [{ role: 'user', content: [image(data === '' ? '=' : data, mime)] }] }));
    const answer = await get('/api/calls/call_0001/media/0');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="call_0001-0"');
  });

  it.each<[string, object]>([
    ['OpenAI', { created: 1, data: [{ b64_json: PNG, revised_prompt: 'A cat' }] }],
    ['the Responses API', { output: [{ type: 'image_generation_call', result: PNG, status: 'completed' }] }],
    ['Gemini', { candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: PNG } }] } }] }],
    [
      'a gateway',
      {
        choices: [{ message: { role: 'assistant', images: [{ image_url: { url: `data:image/png;base64,${PNG}` } }] } }],
      },
    ],
  ])('shows the picture that a model of %s made, behind those of the request', async (_, body) => {
    const asked = JSON.stringify({ messages: [{ role: 'user', content: [image(bytesOf('GIF89a'))] }] });
    for (const response of [
      JSON.stringify(body),
      `event: x\ndata: ${JSON.stringify(body)}\n\ndata: ${JSON.stringify(body)}\n\n`,
    ]) {
      const id = `call_000${response.startsWith('e') ? 2 : 1}`;
      store(asked, {}, id, response);
      const answer = (await (await get(`/api/calls/${id}/conversation`)).json()) as ConversationAnswer;
      const pictures = answer.answer?.parts.filter(({ type }) => type === 'image');
      expect(pictures).toMatchObject([{ media: 1, mime: 'image/png', bytes: 24 }]);
      const shown = await get(`/api/calls/${id}/media/1`);
      expect([shown.headers.get('content-type'), (await get(`/api/calls/${id}/media/2`)).status]).toEqual([
        'image/png',
        404,
      ]);
    }
  });

  it('tells when and why a body went', async () => {
    store(JSON.stringify(SAID));
    notePruned(database, [1], { at: '2026-11-22T12:00:00.000Z', reason: 'age' });
    database.exec('DELETE FROM call_blocks');
    const pruned = { at: '2026-11-22T12:00:00.000Z', reason: 'age' };
    expect(await conversation()).toMatchObject({
      request: { stored: false, pruned },
      response: { stored: false, pruned },
      messages: [],
    });
  });

  it('has no picture where there is none', async () => {
    store(JSON.stringify(SAID));
    for (const [path, status] of [
      ['call_0001/media/1', 404],
      ['call_0001/media/x', 400],
      ['call_0001/media/-1', 400],
      ['call_9/media/0', 404],
    ] as const)
      expect((await get(`/api/calls/${path}`)).status, path).toBe(status);
    store(null, {}, 'call_0002');
    expect(await (await get('/api/calls/call_0002/media/0')).json()).toMatchObject({ error: { type: 'not_stored' } });
  });
});
