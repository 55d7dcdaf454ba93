import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Capture } from '../../../src/core/capture.ts';
import type { ExchangeEnd } from '../../../src/core/recorder-port.ts';
import { loadRegistry, type ProviderRegistry } from '../../../src/providers/registry.ts';
import { CleanSlices } from '../../../src/recorder/clean-slices.ts';
import { recordExchange } from '../../../src/recorder/record-exchange.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import { connectionInfo, exchangeEnd, noRereads } from '../../support/exchanges.ts';
import { HandoverPair } from '../../support/fake-recorder.ts';
import { frame } from '../../support/websocket.ts';

let directory: ProviderRegistry;
let pair: HandoverPair;
beforeAll(async () => {
  directory = await loadRegistry();
});
beforeEach(() => {
  pair = new HandoverPair({ budgetBytes: 400_000 });
  pair.createMeter = ({ host, port, provider }) =>
    new ExchangeMeter({ directory, host, port, provider, limits: DEFAULT_LIMITS });
  pair.net.connection(connectionInfo({ host: 'api.openai.com', provider: 'openai' }));
});
afterEach(() => pair.close());

const SECRET = `sk-proj-${'k'.repeat(40)}`;

function upgraded(path = '/v1/responses', more = ''): void {
  pair.net.open(1, 1, 1_790_000_000_000, 1000);
  const head = `GET ${path} HTTP/1.1\r\nHost: api.openai.com\r\nUpgrade: websocket\r\n${more}\r\n`;
  pair.net.head(1, 'request', Buffer.from(head), 1000);
  pair.net.head(1, 'response', Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'), 1010);
}

let bytes = { request: 0, response: 0 };
const says = (message: object, at: number): void => {
  const sent = frame(JSON.stringify(message), { masked: true });
  bytes.request += sent.length;
  pair.net.body(1, 'request', sent, at);
};
const hears = (message: object, at: number): void => {
  const sent = frame(JSON.stringify(message));
  bytes.response += sent.length;
  pair.net.body(1, 'response', sent, at);
};

/** The records of what has ended, the connection's last. */
async function captures(fields: Partial<ExchangeEnd> = {}): Promise<Capture[]> {
  const opaque = { opaqueRequestBytes: bytes.request, opaqueResponseBytes: bytes.response };
  pair.net.end(1, exchangeEnd({ outcome: 'upgraded', ...opaque, ...fields }), 9000);
  await pair.net.flush();
  bytes = { request: 0, response: 0 };
  let count = 0;
  return pair.finished.flatMap((finished) =>
    recordExchange(finished, {
      price: () => ({ nanos: 1000, source: 'override', price_date: null, confidence: 'exact', lines: [] }),
      newId: () => `call_${(count += 1)}`,
      rereads: noRereads(),
      isDuplicate: () => false,
      estimator: null,
      keepsBodies: () => true,
      place: () => ({ sessionId: null, parentSessionId: null, facts: null, part: null }),
      clean: new CleanSlices(),
    }),
  );
}

const done = (id: string, input: number, output: number): object => ({
  type: 'response.completed',
  response: { id, object: 'response', model: 'gpt-x', usage: { input_tokens: input, output_tokens: output } },
});

describe('recorder: what was said on a WebSocket', () => {
  it('is a call per answer, told as it ends, and the connection is none', async () => {
    upgraded();
    says({ type: 'response.create', model: 'gpt-x', generate: false }, 1100);
    hears({ type: 'response.created', response: { id: 'w' } }, 1200);
    hears(done('w', 90, 0), 1300);
    says({ type: 'response.create', model: 'gpt-x', previous_response_id: 'w', input: 'hi' }, 2000);
    hears({ type: 'response.created', response: { id: 'a' } }, 2100);
    hears({ type: 'response.output_text.delta', item_id: 'm', delta: 'Hello' }, 2250);
    hears(done('a', 100, 7), 2400);
    await pair.net.flush();
    expect(pair.finished).toHaveLength(2);
    const total = { ...bytes };
    const records = (await captures()).map(({ record }) => record);
    const [warmUp, answer, connection] = records;
    expect(records.map(({ inference, usage }) => [inference, usage.input_tokens, usage.output_tokens])).toEqual([
      [false, 90, 0],
      [true, 100, 7],
      [false, null, null],
    ]);
    expect(answer).toMatchObject({
      started_at: '2026-09-21T14:13:21.000Z',
      operation: 'responses',
      transport: 'websocket',
      status: 101,
      outcome: 'complete',
      stream: true,
      response_id: 'a',
      parent_span_id: connection?.id,
      span_id: null,
      duration_ms: 400,
      ttfb_ms: 100,
      ttft_ms: 250,
      cost_usd: 0.000001,
    });
    expect(connection).toMatchObject({ outcome: 'upgraded', transport: 'websocket', cost_usd: null, anomalies: [] });
    expect(warmUp?.response_id).toBe('w');
    expect(records.reduce((sum, { request_bytes }) => sum + request_bytes, 0)).toBe(total.request);
    expect(records.reduce((sum, { response_bytes }) => sum + response_bytes, 0)).toBe(total.response);
    expect(connection?.response_bytes).toBeGreaterThan(0);
  });

  it('bears no secret of the URL, of the protocols, of the first message or of an answer', async () => {
    upgraded(
      `/v1/realtime?model=m&key=${SECRET}`,
      `Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.${SECRET}\r\n`,
    );
    says({ type: 'session.update', session: { instructions: `use ${SECRET}` }, 'xi-api-key': SECRET }, 1);
    says({ type: 'response.create' }, 2);
    hears({ type: 'session.created', session: { id: 'sess_9' } }, 3);
    hears({ type: 'response.output_text.delta', response_id: 'r', delta: SECRET }, 4);
    hears({ ...done('r', 1, 2), type: 'response.done' }, 5);
    const all = await captures();
    expect(JSON.stringify(all)).not.toContain(SECRET);
    expect(all[0]?.request.body).toMatchObject({ masked: true, truncated: false });
    expect(all[0]?.request.body.text).toContain('session.update');
    expect(all.map(({ record }) => [record.operation, record.session_id])).toEqual([
      ['realtime', 'sess_9'],
      ['realtime', null],
    ]);
  });

  it.each([
    [{}, 'client_aborted', null],
    [{ upstreamLeft: true as const }, 'upstream_aborted', 'upstream_closed'],
    [{ outcome: 'shutdown' as const }, 'shutdown', null],
  ])('is cut with its connection, and billed at nobody knows what: %j', async (end, outcome, error) => {
    upgraded();
    says({ type: 'response.create', model: 'gpt-x' }, 1100);
    hears({ type: 'response.created', response: { id: 'a' } }, 1200);
    const [answer] = (await captures(end)).map(({ record }) => record);
    expect(answer).toMatchObject({ outcome, inference: true, usage: { state: 'none' }, cost_usd: null });
    expect(answer?.error?.type ?? null).toBe(error);
    expect(answer?.anomalies).toEqual(['billed_amount_unknown']);
    expect(pair.memory.held).toBe(0);
  });

  it('is not read where bytes are missing, and the connection says so', async () => {
    upgraded();
    hears(done('a', 10, 3), 1100);
    pair.net.body(1, 'response', Buffer.from('this is no frame'), 1200);
    hears(done('b', 10, 3), 1300);
    says({ type: 'response.create', model: 'm' }, 1400);
    const [answer, connection] = (await captures()).map(({ record }) => record);
    expect(answer?.usage.input_tokens).toBe(10);
    expect(connection).toMatchObject({ inference: false, anomalies: ['websocket_unread_framing'] });
    expect(pair.recorderCounters.get('unparsed', 'reason="websocket_framing"')).toBe(1);
  });

  it('is read on when the recorder was behind for a while, and the connection says that some of it was not', async () => {
    upgraded();
    hears(done('a', 10, 3), 1100);
    await pair.net.flush();
    pair.hold();
    for (let index = 0; index < 300; index += 1) {
      hears({ type: 'response.output_text.delta', response_id: 'x', delta: 'y'.repeat(5000) }, 1200);
    }
    pair.release();
    await pair.net.flush();
    hears(done('b', 20, 3), 1300);
    const records = (await captures()).map(({ record }) => record);
    expect(records.map(({ response_id, usage }) => [response_id, usage.input_tokens])).toEqual([
      ['a', 10],
      ['b', 20],
      ['x', null],
      [null, null],
    ]);
    expect(records.at(-1)).toMatchObject({ anomalies: ['websocket_unread_gap'], capture: { truncated: true } });
    expect(pair.counters.get('dropped', 'reason="response_body_cut"')).toBe(1);
  });

  it('holds what is not whole in the memory that is counted, and gives it back', async () => {
    upgraded();
    const long = frame('x'.repeat(100_000));
    pair.net.body(1, 'response', long.subarray(0, 60_000), 1100);
    await pair.net.flush();
    expect(pair.memory.held).toBeGreaterThanOrEqual(59_000);
    pair.net.body(1, 'response', long.subarray(60_000), 1200);
    await pair.net.flush();
    expect(pair.memory.held).toBe(0);
    await captures({ opaqueResponseBytes: long.length });
  });

  it('costs no other answer when it cannot be recorded', async () => {
    upgraded();
    const push = pair.finished.push.bind(pair.finished);
    pair.finished.push = () => {
      pair.finished.push = push;
      throw new Error('boom');
    };
    hears(done('a', 10, 3), 1100);
    hears(done('b', 20, 3), 1200);
    const records = (await captures()).map(({ record }) => record);
    expect(records.map(({ usage }) => usage.input_tokens)).toEqual([20, null]);
    expect(pair.recorderCounters.get('dropped', 'reason="recorder_error"')).toBe(1);
  });
});
