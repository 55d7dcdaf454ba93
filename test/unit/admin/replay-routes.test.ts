import { beforeEach, describe, expect, it } from 'vitest';
import { replayPlan, type ReplayPlan } from '../../../src/admin/replay.ts';
import { isReplay } from '../../../src/admin/replay-routes.ts';
import type { CallRecord } from '../../../src/core/capture.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { CostQuestion } from '../../../src/core/ports.ts';
import type { StoredExchange, StoredMessage } from '../../../src/core/transfer.ts';
import { anAdminApp, BEARER, idleDeps, idleRecorder, UNPRICED } from '../../support/admin-app.ts';
import { aRunningCall } from '../../support/captures.ts';
import { useCallStore } from '../../support/call-store.ts';
import { aStoredExchange, aStoredMessage } from '../../support/stored-exchanges.ts';

const store = useCallStore();
const ASKED = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'Hi' }],
});

let sent: [ReplayPlan, string][];
let closed: string[];
let questions: CostQuestion[];
let running: { run_id: string | null; id: string }[];

beforeEach(() => {
  sent = [];
  closed = [];
  questions = [];
  running = [{ run_id: 'run_1', id: 'call_new' }];
  store.add({ id: 'call_0001' }, { request: ASKED });
});

async function replay(
  body: unknown,
  failing: Error | null = null,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const app = anAdminApp({
    calls: store.calls,
    recorder: () => ({
      ...idleRecorder,
      running: () => Promise.resolve(running.map((call) => aRunningCall(call))),
      costOf: (question) => {
        questions.push(question);
        return Promise.resolve({ cost_usd: (question.output_tokens ?? 0) / 1000, cost: UNPRICED });
      },
    }),
    net: {
      ...idleDeps().net,
      openRun: () => Promise.resolve({ run_id: 'run_1', proxy_url: 'http://127.0.0.1:4444', local_servers: [] }),
      closeRun: (id) => Promise.resolve(closed.push(id)),
    },
    send: (plan, proxyUrl) => {
      sent.push([plan, proxyUrl]);
      return failing === null ? Promise.resolve({ status: 200, ended: Promise.resolve() }) : Promise.reject(failing);
    },
  });
  const answer = await app.request('/api/calls/call_0001/replay', {
    method: 'POST',
    headers: BEARER,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

function exchange(over: Partial<CallRecord>, message: Partial<StoredMessage> = {}): StoredExchange {
  return aStoredExchange(over, { request: aStoredMessage('POST / HTTP/1.1', ASKED, message) });
}

describe('admin/replay-routes', () => {
  it('says first what it would cost, and sends nothing', async () => {
    const { status, json } = await replay({ dry_run: true });
    expect([status, json]).toEqual([
      200,
      {
        dry_run: true,
        url: 'https://api.anthropic.com/v1/messages?beta=true',
        model: 'claude-sonnet-4-5',
        input_tokens: 1200,
        output_tokens: 340,
        cost_usd: 0.34,
        cost: UNPRICED,
        max_output_tokens: 1000,
        max_cost_usd: 1,
      },
    ]);
    const longer = {
      model: 'claude-opus-4-5',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hi'.repeat(500) }],
    };
    const other = await replay({ body: longer, dry_run: true });
    expect(other.json).toMatchObject({ model: 'claude-opus-4-5', output_tokens: 100, max_output_tokens: 100 });
    expect(other.json['input_tokens']).toBeGreaterThan(10_000);
    expect(questions.at(-1)).toMatchObject({
      provider: 'anthropic',
      model: 'claude-opus-4-5',
      host: 'api.anthropic.com',
    });
    expect(sent).toEqual([]);
  });

  it('sends it through a listener of our own, with the keys that it is given, and names the new call', async () => {
    const { status, json } = await replay({ headers: { 'X-Api-Key': 'sk-new' } });
    expect([status, json]).toEqual([202, { dry_run: false, call: 'call_new', run_id: 'run_1', status: 200 }]);
    const [[plan, proxy] = []] = sent;
    expect(proxy).toBe('http://127.0.0.1:4444');
    expect(plan).toMatchObject({
      method: 'POST',
      url: 'https://api.anthropic.com/v1/messages?beta=true',
      headers: {
        'content-type': 'application/json',
        'x-api-key': 'sk-new',
        'x-llm-proxy-section': 'replay of call_0001',
      },
    });
    expect(Buffer.from(plan?.body ?? '').toString()).toBe(ASKED);
    expect(closed).toEqual(['run_1']);
  });

  it('finds a call that ended at once among those that are stored', async () => {
    running = [];
    store.add({ id: 'call_0002', run_id: 'run_1' }, { request: ASKED });
    expect((await replay({})).json).toMatchObject({ call: 'call_0002' });
  });

  it('gives the listener back when nothing could be sent', async () => {
    const { status, json } = await replay({}, new AppError('upstream_refused', 'the call could not be sent: no'));
    expect([status, json]).toEqual([
      503,
      { error: { type: 'upstream_refused', message: 'the call could not be sent: no' } },
    ]);
    expect(closed).toEqual(['run_1']);
  });

  it.each(['', '[]', '{"headers": []}', '{"headers": {"a": 1}}', '{"dry_run": 1}'])('refuses %s', async (body) => {
    const { status } = await replay(body);
    expect(status).toBe(body === '{"headers": []}' ? 202 : 400);
  });

  it('takes a conversation of some megabytes', async () => {
    const { status } = await replay({ body: { text: 'x'.repeat(3_000_000) }, dry_run: true });
    expect(status).toBe(200);
    expect(['/api/calls/x/replay', '/api/calls/x/replay/y', '/api/calls/replay'].map(isReplay)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('admin/replay', () => {
  it('leaves out what is masked, what the connection sees to and what told of the first call', () => {
    const headers: [string, string][] = [
      ['Host', 'api.anthropic.com'],
      ['X-Api-Key', 'sk-ant-...wxyz'],
      ['Content-Length', '9'],
      ['Accept-Encoding', 'br'],
      ['traceparent', '00-1-1-01'],
      ['X-LLM-Proxy-Section', 'old'],
      ['Anthropic-Version', '2023-06-01'],
    ];
    const plan = replayPlan({
      exchange: exchange({ path: '/v1/m?key=AIza...wxyz&alt=sse', host: 'api.anthropic.com:8443' }, { headers }),
      body: null,
      headers: {},
    });
    expect(plan.url).toBe('https://api.anthropic.com:8443/v1/m?alt=sse');
    expect(plan.headers).toEqual({ 'anthropic-version': '2023-06-01', 'x-llm-proxy-section': 'replay of call_0001' });
  });

  it('sends every line of a header, whatever its name, and all of a query', () => {
    const headers: [string, string][] = [
      ['anthropic-beta', 'a'],
      ['Anthropic-Beta', 'b'],
      ['__proto__', 'c'],
    ];
    const asked = exchange({ host: 'api.anthropic.com', path: '/v1/m?next=/a?b=c&d=e' }, { headers });
    const plan = replayPlan({ exchange: asked, body: null, headers: { 'X-Own': 'f' } });
    expect(Object.entries(plan.headers)).toEqual([
      ['anthropic-beta', 'a, b'],
      ['__proto__', 'c'],
      ['x-own', 'f'],
      ['x-llm-proxy-section', 'replay of call_0001'],
    ]);
    expect(plan.url).toBe('https://api.anthropic.com/v1/m?next=/a?b=c&d=e');
    expect(replayPlan({ exchange: asked, body: null, headers: { 'Anthropic-Beta': 'g' } }).headers).toMatchObject({
      'anthropic-beta': 'g',
    });
  });

  it('sends what was signed here to where it is signed again', () => {
    const path = '/model/anthropic.claude-sonnet-4-5/invoke';
    const signed = exchange({ transport: 'bedrock', host: 'bedrock-runtime.eu-west-1.amazonaws.com', path });
    expect(replayPlan({ exchange: signed, body: null, headers: {} }).url).toBe(path);
  });

  it.each<[string, StoredExchange, string | null, Record<string, string>]>([
    ['a request that is not stored', aStoredExchange({}, { request: null }), null, {}],
    ['a WebSocket', exchange({ transport: 'websocket' }), null, {}],
    ['a body that is not stored', exchange({}, { body: null }), null, {}],
    ['a masked body', exchange({}, { masked: true }), null, {}],
    ['a body that was cut', exchange({}, { truncated: true }), null, {}],
    ['a header of two lines', exchange({}), null, { 'x-a': 'b\r\nx-c: d' }],
    ['a header of no name', exchange({}), null, { 'a b': 'c' }],
    ['a host', exchange({}), null, { Host: 'evil.example' }],
  ])('does not send %s', (_, asked, body, headers) => {
    expect(() => replayPlan({ exchange: asked, body, headers })).toThrow(AppError);
  });
});
