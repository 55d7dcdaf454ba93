import { NOWHERE, type SeenCall } from '../../../src/session/seen-call.ts';
import { describe, expect, it, vi } from 'vitest';
import type { Capture, Cost, Outcome } from '../../../src/core/capture.ts';
import type { ConnectionInfo, ExchangeEnd } from '../../../src/core/recorder-port.ts';
import type { ExchangeFacts } from '../../../src/recorder/live-exchange.ts';
import { seenCall } from '../../../src/recorder/place-call.ts';
import { CleanSlices } from '../../../src/recorder/clean-slices.ts';
import { type RecordDeps, recordExchange } from '../../../src/recorder/record-exchange.ts';
import type { PriceQuestion } from '../../../src/pricing/cost.ts';
import type { Metered } from '../../../src/usage/metered.ts';
import { connectionInfo, exchangeEnd, metered, noRereads, usage } from '../../support/exchanges.ts';

const CLEAN = new CleanSlices();

const WALL = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const COST: Cost = {
  nanos: 1_500_000_000,
  source: 'genai-prices',
  price_date: '2026-01-01',
  confidence: 'exact',
  lines: [],
};

interface Case {
  metered?: Partial<Metered>;
  facts?: Partial<ExchangeFacts>;
  connection?: Partial<ConnectionInfo>;
  end?: Partial<ExchangeEnd>;
  deps?: Partial<RecordDeps>;
}

function capturesOf(parts: Case): Capture[] {
  let ids = 0;
  return recordExchange(
    {
      facts: {
        connection: connectionInfo(parts.connection),
        wall: WALL,
        openedAt: 1000,
        responseHeadAt: 1010.5,
        endedAt: 1100.12345,
        requestBytes: 10,
        responseBytes: 20,
        dropped: 0,
        ...parts.facts,
      },
      end: exchangeEnd(parts.end),
      metered: metered(parts.metered),
    },
    {
      price: () => COST,
      newId: () => `call_${++ids}`,
      rereads: noRereads(),
      isDuplicate: () => false,
      estimator: null,
      keepsBodies: () => true,
      place: () => NOWHERE,
      clean: CLEAN,
      ...parts.deps,
    },
  );
}

function recordOf(parts: Case): Capture['record'] {
  return capturesOf(parts)[0]!.record;
}

describe('recorder/record-exchange', () => {
  it.each([
    ['chat', true],
    [null, true],
    ['embeddings', false],
    ['image_generation', false],
    ['transcription', false],
  ])('looks for a conversation in %s: %s', (operation, expected) => {
    const body = '{"model":"m","input":"capital of France"}';
    let seen: SeenCall | null = null;
    const place: RecordDeps['place'] = (placeable) => {
      seen = seenCall(placeable);
      return NOWHERE;
    };
    recordOf({
      metered: {
        operation,
        requestBody: { text: body, bytes: Buffer.from(body), wireBytes: body.length, truncated: false },
      },
      deps: { place },
    });
    expect(seen).toMatchObject({ request: expected ? expect.anything() : null });
  });

  it('makes a record of times, bytes, money and who it was', () => {
    const record = recordOf({
      connection: { runId: 'run_1' },
      metered: {
        requestHeaders: [
          ['X-Claude-Code-Session-Id', 's-1'],
          ['User-Agent', 'claude-cli/2.1.3 (cli)'],
        ],
      },
    });
    expect(record).toMatchObject({
      id: 'call_1',
      started_at: '2026-01-02T03:04:05.678Z',
      provider: 'anthropic',
      host: 'api.anthropic.com',
      duration_ms: 100.123,
      ttfb_ms: 10.5,
      ttft_ms: null,
      cost_usd: 1.5,
      cost: { source: 'genai-prices', confidence: 'exact' },
      run_id: 'run_1',
      session_id: 's-1',
      trace_id: 'run_1',
      client: 'claude-code/2.1.3',
      request_bytes: 10,
      response_bytes: 20,
      inference: true,
      leg: 'primary',
    });
    expect(record.cost).not.toHaveProperty('nanos');
  });

  it.each<[Outcome, boolean, Outcome]>([
    ['client_aborted', true, 'complete'],
    ['client_aborted', false, 'client_aborted'],
    ['upstream_aborted', true, 'upstream_aborted'],
  ])('says of a stream that ended %s, its closing word said: %s, that it is %s', (outcome, finished, expected) => {
    expect(recordOf({ end: { outcome }, metered: { stream: true, finished } }).outcome).toBe(expected);
  });

  it('times the first token of a stream only', () => {
    expect(recordOf({ metered: { stream: true, firstContentAt: 1050.25 } }).ttft_ms).toBe(50.25);
    expect(recordOf({ metered: { stream: false, firstContentAt: 1050.25 } }).ttft_ms).toBeNull();
  });

  it.each<[string, Partial<ConnectionInfo>, string]>([
    ['of a default port', {}, 'api.anthropic.com'],
    ['of a local server', { scheme: 'http', host: 'gpu.lan', port: 11_434 }, 'gpu.lan:11434'],
    ['of an IPv6 address', { scheme: 'http', host: '::1', port: 8000 }, '[::1]:8000'],
  ])('writes the host %s', (_, connection, host) => {
    expect(recordOf({ connection }).host).toBe(host);
  });

  it('takes the host out of an absolute request target', () => {
    expect(recordOf({ metered: { path: 'http://gpu.lan:11434/v1/chat?x=1' } }).path).toBe('/v1/chat?x=1');
    expect(recordOf({ metered: { path: 'http://gpu.lan' } }).path).toBe('/');
  });

  it('asks for no price when nothing is known, and says so instead of 0', () => {
    const price = vi.fn<RecordDeps['price']>();
    const record = recordOf({
      metered: { usage: usage({ input_tokens: null, output_tokens: null, state: 'none' }) },
      deps: { price },
    });
    expect(price).not.toHaveBeenCalled();
    expect(record).toMatchObject({ cost_usd: null, cost: { confidence: 'unpriced' } });
    expect(record.usage.input_tokens).toBeNull();
  });

  it('prices the model that answered, else the one asked for', () => {
    const price = vi.fn<(question: PriceQuestion) => Cost>(() => COST);
    recordOf({ metered: { response_model: 'served' }, deps: { price } });
    recordOf({ metered: { response_model: null, request_model: 'asked' }, deps: { price } });
    expect(price.mock.calls.map(([question]) => question.model)).toEqual(['served', 'asked']);
    expect(price.mock.calls[0]?.[0]).toMatchObject({ provider: 'anthropic', host: 'api.anthropic.com', at: WALL });
  });

  it('counts a re-read no second time and keeps what the provider wrote', () => {
    const price = vi.fn<RecordDeps['price']>();
    const raw = { input_tokens: 3 };
    const record = recordOf({
      metered: { reread: true, isInference: false, usage: usage({ raw }), providerCostUsd: 2 },
      deps: { rereads: noRereads({ countsFirst: () => false }), price },
    });
    expect(record).toMatchObject({ cost_usd: null, anomalies: ['reread'], inference: false });
    expect(record.usage).toMatchObject({ input_tokens: null, output_tokens: null, state: 'none', raw });
    expect(price).not.toHaveBeenCalled();
  });

  it('gives another model inside the answer a record of its own', () => {
    const [main, side, ...more] = capturesOf({
      metered: {
        side: [{ kind: 'advisor', model: 'claude-advisor', usage: usage({ input_tokens: 99 }) }],
        tool_calls: [{ id: 't', name: 'search' }],
      },
    });
    expect(more).toEqual([]);
    expect(main?.record.usage.input_tokens).toBe(10);
    expect(side?.record).toMatchObject({
      id: 'call_2',
      operation: 'advisor',
      inference: false,
      response_model: 'claude-advisor',
      usage: { input_tokens: 99 },
      tool_calls: [],
      request_bytes: 0,
      response_bytes: 0,
    });
    expect(side?.costNanos).toBe(1_500_000_000);
  });

  it('prices each part of a batch by the size of its own requests', () => {
    const price = vi.fn<RecordDeps['price']>(() => COST);
    const side = [{ kind: 'batch_results', model: 'other', usage: usage(), contextTokens: 300_000 }];
    capturesOf({ metered: { contextTokens: 2000, side }, deps: { price } });
    expect(price.mock.calls.map(([question]) => question.contextTokens)).toEqual([2000, 300_000]);
  });

  it('names the error of the wire before that of the answer', () => {
    const inAnswer = { type: 'overloaded_error', message: 'busy' };
    expect(recordOf({ metered: { error: inAnswer } }).error).toEqual(inAnswer);
    const onWire = { type: 'upstream_reset', message: 'reset' };
    expect(recordOf({ metered: { error: inAnswer }, end: { error: onWire } }).error).toEqual(onWire);
  });

  it('calls an upgraded connection what it became and adds its opaque bytes', () => {
    const record = recordOf({
      metered: { status: 101, responseHeaders: [['Upgrade', 'WebSocket']] },
      end: { outcome: 'upgraded', opaqueRequestBytes: 100, opaqueResponseBytes: 200 },
    });
    expect(record).toMatchObject({ transport: 'websocket', request_bytes: 110, response_bytes: 220 });
  });

  it('has no response when no response head came', () => {
    const [capture] = capturesOf({
      metered: { status: null, responseStartLine: null, responseHeaders: [] },
      facts: { responseHeadAt: null },
    });
    expect(capture?.response).toBeNull();
    expect(capture?.record).toMatchObject({ status: null, ttfb_ms: null });
  });

  it('flags what is not whole', () => {
    expect(recordOf({}).capture).toEqual({ truncated: false, dropped: 0 });
    expect(recordOf({ facts: { dropped: 7 } }).capture).toEqual({ truncated: true, dropped: 7 });
    const cut = { text: null, bytes: null, wireBytes: 9, truncated: true };
    expect(recordOf({ metered: { responseBody: cut } }).capture.truncated).toBe(true);
  });

  it('leaves no secret in any part of a capture', () => {
    const secret = 'sk-ant-api03-CANARYCANARYCANARYCANARYCANARY-1234567';
    const body = {
      text: JSON.stringify({ text: secret, api_key: secret }),
      bytes: null,
      wireBytes: 9,
      truncated: false,
    };
    const [capture] = capturesOf({
      metered: {
        path: `/v1/messages?key=${secret}`,
        requestStartLine: `POST /v1/messages?key=${secret} HTTP/1.1`,
        requestHeaders: [
          ['X-Api-Key', secret],
          ['X-Session-ID', secret],
          ['x-agent-name', secret],
        ],
        responseHeaders: [
          ['Set-Cookie', `session=${secret}`],
          ['x-note', secret],
        ],
        requestBody: body,
        responseBody: body,
        request_model: secret,
        error: { type: 'authentication_error', message: `bad key ${secret}` },
        assembled: { text: secret, thinking: secret, toolCalls: [{ id: null, name: secret, input: body.text }] },
        tool_calls: [{ id: null, name: secret }],
      },
    });
    expect(JSON.stringify(capture)).not.toContain('CANARY');
  });
});
