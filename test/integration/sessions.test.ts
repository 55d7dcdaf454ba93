import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionList, SessionSummary, SessionView } from '../../src/admin/sessions.ts';
import type { CallRecord } from '../../src/core/capture.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { assistant, type Message, toolResult, toolUse, user } from '../support/conversations.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, httpResponse, openTls } from '../support/tunnel-client.ts';

const HOST = 'api.anthropic.com';
const QUESTION = 'Why does the parser stop at the second comma?';
const PROMPT = 'Read the parser and list every place where it gives up.';
const TASK = 'toolu_0123456789abcdefAA';

const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-sessions-'));
const home = join(folder, 'home');
let args: string[];
let daemon: Daemon;
let answer: Buffer = Buffer.alloc(0);
let upstream: Upstream<TLSSocket>;
let answers = 0;

/** What the provider answers next. */
function says(content: string | Message[], status = '200 OK'): void {
  answers += 1;
  const id = `msg_${String(answers).padStart(20, '0')}`;
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const usage = { input_tokens: 100, output_tokens: 10, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const body = {
    id,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: blocks,
    stop_reason: 'end_turn',
    usage,
  };
  answer = httpResponse(JSON.stringify(body), { connection: 'close' }, status);
}

/** Sends a request and takes the whole answer. */
async function ask(
  messages: readonly Message[],
  headers: Record<string, string> = {},
  fields: Message = {},
): Promise<void> {
  const socket = await openTls(daemon, HOST);
  const body = { model: 'claude-sonnet-4-5', max_tokens: 100, messages, ...fields };
  const all = { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-not-a-key-0123456789', ...headers };
  socket.write(httpRequest('POST', '/v1/messages', HOST, all, JSON.stringify(body)));
  socket.resume();
  await once(socket, 'end');
  socket.destroy();
}

async function json<T>(path: string): Promise<T> {
  return (await (await daemon.get(path)).json()) as T;
}

async function calls(): Promise<CallRecord[]> {
  return (await json<{ calls: CallRecord[] }>('/api/calls')).calls;
}

/** Once so many are stored. */
async function stored(count: number): Promise<CallRecord[]> {
  await expect.poll(async () => (await calls()).length).toBe(count);
  return calls();
}

async function sessions(query = ''): Promise<SessionSummary[]> {
  return (await json<SessionList>(`/api/sessions${query}`)).sessions;
}

beforeAll(async () => {
  const ca = makeCa();
  writeFileSync(join(folder, 'ca.pem'), ca.pem);
  upstream = await startTlsUpstream(makeLeaf(ca, { dns: [HOST] }), (socket) => {
    socket.once('data', () => socket.end(answer));
    socket.once('end', () => socket.destroy());
  });
  args = ['--upstream-ca', join(folder, 'ca.pem'), '--connect-to', `${HOST}:443:127.0.0.1:${upstream.port}`];
  daemon = await startDaemon({ args, home });
});

afterAll(async () => {
  await daemon.stop();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('sessions', () => {
  it('follows an agent, its sub-agent and a stranger, and goes on after a restart', async () => {
    const tools = { tools: [{ name: 'Task', input_schema: { type: 'object' } }] };
    const task = toolUse(TASK, 'Task', { prompt: PROMPT });
    says([task]);
    await ask([user(QUESTION)], {}, tools);
    says('There are none.');
    await ask([user(PROMPT)]);
    says('Nobody knows.');
    await ask([user('hi')]);
    await stored(3);
    await daemon.stop();
    daemon = await startDaemon({ args, home });
    says('It does not: it gives up nowhere.');
    await ask([user(QUESTION), assistant([task]), toolResult(TASK, 'There are none.')], {}, tools);
    const [last, stranger, sub, first] = await stored(4);
    expect(last?.session_id).toBe(first?.session_id);
    expect(last?.agent_facts).toMatchObject({
      turn: 2,
      follows: { call: first?.id, how: 'continues' },
      tool_results: [{ id: TASK, name: 'Task', call: first?.id, is_error: false }],
    });
    expect(sub?.parent_session_id).toBe(first?.session_id);
    expect(stranger?.agent_facts).toMatchObject({ follows: null });

    const list = await sessions();
    expect(list.map(({ title }) => title)).toEqual([QUESTION, 'hi', PROMPT]);
    expect(list[0]).toMatchObject({
      calls: 2,
      turns: 2,
      children: 1,
      output_tokens: 20,
      tool_calls: 1,
      models: ['claude-sonnet-4-5'],
    });
    const view = await json<SessionView>(`/api/sessions/${first?.session_id ?? ''}`);
    expect(view.calls.map(({ id }) => id)).toEqual([last?.id, first?.id]);
    expect(await json(`/api/calls/${first?.id ?? ''}/neighbours`)).toEqual({
      previous: null,
      next: last?.id,
      place: 1,
      calls: 2,
    });
    expect(view.descendants.map(({ id }) => id)).toEqual([sub?.session_id]);
    expect(view.with_children).toMatchObject({ sessions: 2, calls: 3, output_tokens: 30 });
    expect(view.edges.map(({ type, from }) => [type, from])).toContainEqual(['continues', first?.id]);
    expect(view.edges.map(({ type, from }) => [type, from])).toContainEqual(['tool_result', first?.id]);
    const text = await runCli(['sessions', first?.session_id ?? '', '--home', home], {});
    expect(text.stdout).toContain(QUESTION);
    expect(text.stdout).toContain('with its sub-agents: 3 calls');
  });

  it('takes the three forms in which Claude Code names its session, and its sub-agents, at their word', async () => {
    const name = '0f7d8c1e-5a52-4b6f-9a8e-3d1b2c4d5e6f';
    says('Yes.');
    await ask([user('one')], { 'x-claude-code-session-id': name });
    await ask([user('two')], {}, { metadata: { user_id: `user_0a1b_account__session_${name}` } });
    await ask([user('three')], {}, { metadata: { user_id: JSON.stringify({ device_id: 'd', session_id: name }) } });
    await ask([user('four')], { 'x-claude-code-session-id': name, 'x-claude-code-agent-id': 'agent-7' });
    await stored(8);
    const list = await sessions(`?q=${name}`);
    expect(list.map((session) => [session.calls, session.agent])).toEqual([
      [1, 'agent-7'],
      [3, null],
    ]);
    expect(list[0]?.parent_session_id).toBe(list[1]?.id);
    const main = await json<SessionView>(`/api/sessions/${name}`);
    expect(main.session.id).toBe(list[1]?.id);
    expect(main.calls.map(({ session_id: id }) => id)).toEqual([name, name, name]);
  });

  it('pages, filters and refuses what means nothing', async () => {
    const first = await json<SessionList>('/api/sessions?limit=2');
    expect(first.sessions).toHaveLength(2);
    const second = await json<SessionList>(`/api/sessions?limit=2&cursor=${first.next_cursor ?? ''}`);
    const all = await sessions();
    expect([...first.sessions, ...second.sessions]).toEqual(all.slice(0, 4));
    expect(await sessions('?provider=openai')).toEqual([]);
    expect(await sessions('?q=second%20COMMA')).toHaveLength(1);
    expect((await daemon.get('/api/sessions?limit=0')).status).toBe(400);
    expect((await daemon.get('/api/sessions/nothing')).status).toBe(404);
    expect((await daemon.get('/api/calls/nothing/neighbours')).status).toBe(404);
  });
});
