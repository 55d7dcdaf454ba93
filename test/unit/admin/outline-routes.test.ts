import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../../../src/admin/calls.ts';
import type { OutlinePage } from '../../../src/admin/outline-routes.ts';
import type { TokenShares } from '../../../src/admin/token-shares.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { SessionPart } from '../../../src/core/sessions.ts';
import { bodiesOf } from '../../../src/store/blocks/call-bodies.ts';
import { cutBody } from '../../../src/store/blocks/cut.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { MAX_STEPS } from '../../../src/store/outline.ts';
import { anAdminApp, BEARER } from '../../support/admin-app.ts';
import { aCapture, aMessage, anAgentStep, aUsage } from '../../support/captures.ts';

let folder: string;
let database: Database;
let calls: Calls;
let app: Hono;
let writer: CallWriter;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-proxy-outline-'));
  database = openDatabase(join(folder, 'calls.db'));
  migrate(database);
  writer = new CallWriter(database);
  calls = new Calls(join(folder, 'calls.db'));
  app = anAdminApp({ calls });
});
afterEach(() => {
  calls.close();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const part = (id: string, parent: string | null = null, title: string | null = null): SessionPart => ({
  session: { id, client_session_id: null, parent_session_id: parent, title, title_rank: 1 },
  edges: [],
  tip: null,
});

function write(id: string, session: SessionPart | null, over: Partial<CallRecord> = {}, request: object | null = null) {
  const facts = session === null ? null : anAgentStep({ session: session.session.id });
  const capture = aCapture(
    { id, agent_facts: facts, ...over },
    {
      request: aMessage('POST /v1/messages HTTP/1.1', null, { headers: [['Content-Type', 'application/json']] }),
      response: aMessage('HTTP/1.1 200 OK', null, { headers: [['Content-Type', 'application/json']] }),
      parts: {
        request: request === null ? null : cutBody(Buffer.from(JSON.stringify(request)), 'request'),
        response: null,
        arrivals: null,
      },
    },
  );
  const { record, costNanos } = capture;
  writer.begin();
  writer.add({ record, costNanos, log: null, session }, bodiesOf(capture));
  writer.commit();
}

async function get<T>(path: string, status = 200): Promise<T> {
  const answer = await app.request(path, { headers: BEARER });
  expect(answer.status).toBe(status);
  return (await answer.json()) as T;
}

const SAID = {
  model: 'claude-sonnet-4-5',
  system: 'Be brief, and kind.',
  tools: [{ name: 'weather', description: 'Of a city', input_schema: { type: 'object' } }],
  messages: [
    { role: 'user', content: 'What is the weather?' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Ulm' } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Fog, as on most days.' }] },
  ],
};

describe('admin/outline-routes', () => {
  it('gives a session and all below it with all their calls, and no more of a call than is drawn', async () => {
    write('call_1', part('ses_a', null, 'Fix it'));
    write('call_2', part('ses_b', 'ses_a'), {
      agent_facts: anAgentStep({ session: 'ses_b', follows: { call: 'call_1', how: 'delegates' } }),
      tool_calls: [
        { id: 'x', name: 'Read' },
        { id: 'y', name: 'Read' },
      ],
      error: { type: 'overloaded', message: 'A secret of the provider' },
    });
    write('call_3', part('ses_c'));
    const outline = await get<OutlinePage>('/api/sessions/ses_a/outline');
    expect(outline.trace).toBeNull();
    expect(outline.sessions.map(({ id }) => id)).toEqual(['ses_a', 'ses_b']);
    expect(outline.steps.map(({ id, session }) => [id, session])).toEqual([
      ['call_1', 'ses_a'],
      ['call_2', 'ses_b'],
    ]);
    const [, step] = outline.steps;
    expect(step).toMatchObject({ tools: ['Read', 'Read'], error_type: 'overloaded' });
    expect(step?.facts?.follows).toEqual({ call: 'call_1', how: 'delegates' });
    expect(JSON.stringify(step)).not.toContain('secret');
    expect(outline.more).toBe(false);
  });

  it('goes on behind what was told, and says when there is more', async () => {
    writer.write(
      Array.from({ length: MAX_STEPS + 3 }, (_, index) => {
        const { record, costNanos } = aCapture({ id: `call_${index}`, agent_facts: anAgentStep({ session: 'ses_a' }) });
        return { record, costNanos, log: null, session: part('ses_a') };
      }),
    );
    const first = await get<OutlinePage>('/api/sessions/ses_a/outline');
    expect(first.steps).toHaveLength(MAX_STEPS);
    expect(first.more).toBe(true);
    const second = await get<OutlinePage>(`/api/sessions/ses_a/outline?after=${first.after}`);
    expect(second.steps).toHaveLength(3);
    expect(second.more).toBe(false);
    const third = await get<OutlinePage>(`/api/sessions/ses_a/outline?after=${second.after}`);
    expect(third).toMatchObject({ steps: [], after: second.after, more: false });
  });

  it('gives a task with the sessions that it took, and calls of no session', async () => {
    write('call_1', part('ses_a'), { task_id: 'build' });
    write('call_2', null, { task_id: 'build' });
    write('call_3', part('ses_b'), { task_id: 'other' });
    const outline = await get<OutlinePage>('/api/traces/build/outline');
    expect(outline.trace).toMatchObject({ trace_id: 'build', kind: 'task' });
    expect(outline.sessions.map(({ id }) => id)).toEqual(['ses_a']);
    expect(outline.steps.map(({ id, session }) => [id, session])).toEqual([
      ['call_1', 'ses_a'],
      ['call_2', null],
    ]);
  });

  it('says what a session’s tokens went to, and of how many calls nobody can', async () => {
    const usage = aUsage({ input_tokens: 1000, output_tokens: 0 });
    write('call_1', part('ses_a'), { usage }, SAID);
    write('call_2', part('ses_a'), { usage });
    write('call_3', part('ses_b', 'ses_a'), { usage: aUsage({ input_tokens: null, output_tokens: null }) }, SAID);
    const shares = await get<TokenShares>('/api/sessions/ses_a/tokens');
    expect(shares).toMatchObject({ calls: 3, unread: 1, unstated: 1, more: false });
    const { input } = shares;
    expect(Object.values(input).reduce((sum, tokens) => sum + tokens, 0)).toBeGreaterThan(995);
    expect(input.tool_results).toBeGreaterThan(0);
    expect(shares.tool_results).toEqual({ weather: input.tool_results });
    expect(shares.known_input).toBeGreaterThan(995);
    const rest = await get<TokenShares>(`/api/sessions/ses_a/tokens?after=${shares.after}`);
    expect(rest).toMatchObject({ calls: 0, more: false });
  });

  it('refuses what is not there, and a place that means nothing', async () => {
    await get('/api/sessions/ses_none/outline', 404);
    await get('/api/traces/none/outline', 404);
    await get('/api/sessions/ses_none/tokens', 404);
    await get('/api/traces/none/tokens', 404);
    write('call_1', part('ses_a'));
    await get('/api/sessions/ses_a/outline?after=soon', 400);
  });

  it('lists sessions with the messages of their latest request and what is below them, or only those that nobody sent', async () => {
    write('call_1', part('ses_a'), { agent_facts: anAgentStep({ session: 'ses_a', messages: 3 }), cost_usd: 1 });
    write('call_2', part('ses_a'), {
      agent_facts: anAgentStep({ session: 'ses_a', messages: 5 }),
      customer_id: 'acme',
    });
    write('call_3', part('ses_b', 'ses_a'));
    type List = { sessions: { id: string; messages: number; customer_id: string; below: { calls: number } | null }[] };
    const all = await get<List>('/api/sessions');
    expect(all.sessions.map(({ id }) => id).toSorted()).toEqual(['ses_a', 'ses_b']);
    const { sessions } = await get<List>('/api/sessions?top=1');
    expect(sessions).toMatchObject([
      { id: 'ses_a', messages: 5, customer_id: 'acme', below: { sessions: 1, calls: 1 } },
    ]);
  });
});

describe('admin/session-export-routes', () => {
  it('gives a session with its sub-agents as one page that loads nothing', async () => {
    write('call_1', part('ses_a', null, '<b>Fix</b> it'), {}, SAID);
    write('call_2', part('ses_b', 'ses_a'), {
      agent_facts: anAgentStep({ session: 'ses_b', follows: { call: 'call_1', how: 'delegates' } }),
    });
    const answer = await app.request('/api/sessions/ses_a/export', { headers: BEARER });
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="session-ses_a.html"');
    const page = await answer.text();
    expect(page).toContain('&lt;b&gt;Fix&lt;/b&gt; it');
    expect(page).toContain('What is the weather?');
    expect(page.match(/<article /g)).toHaveLength(2);
    expect(page.trimEnd().endsWith('</html>')).toBe(true);
  });

  it.each([
    ['jsonl', 2],
    ['har', 2],
  ])('gives it as %s', async (format, count) => {
    write('call_1', part('ses_a'), {}, SAID);
    write('call_2', part('ses_b', 'ses_a'));
    write('call_3', part('ses_c'));
    const answer = await app.request(`/api/sessions/ses_a/export?format=${format}`, { headers: BEARER });
    const text = await answer.text();
    const found =
      format === 'har'
        ? (JSON.parse(text) as { log: { entries: unknown[] } }).log.entries
        : text
            .trimEnd()
            .split('\n')
            .map((line): unknown => JSON.parse(line));
    expect(found).toHaveLength(count);
  });

  it('knows no other formats, and no session that is not there', async () => {
    write('call_1', part('ses_a'));
    await get('/api/sessions/ses_a/export?format=exe', 400);
    await get('/api/sessions/ses_x/export', 404);
  });
});
