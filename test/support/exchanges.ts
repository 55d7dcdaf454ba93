/** Factories of what the recorder sees; each gives a valid object. */
import type { CallRecord, Capture } from '../../src/core/capture.ts';
import type { ConnectionInfo, ExchangeEnd } from '../../src/core/recorder-port.ts';
import { unknownUsage, type Usage } from '../../src/core/usage.ts';
import type { CountingDeps } from '../../src/recorder/counted-usage.ts';
import type { Metered } from '../../src/usage/metered.ts';
import { aRecord } from './captures.ts';

export function connectionInfo(fields: Partial<ConnectionInfo> = {}): ConnectionInfo {
  return {
    connection: 1,
    scheme: 'https',
    host: 'api.anthropic.com',
    port: 443,
    provider: 'anthropic',
    runId: null,
    clientAddress: '127.0.0.1',
    ...fields,
  };
}

export function exchangeEnd(fields: Partial<ExchangeEnd> = {}): ExchangeEnd {
  return { outcome: 'complete', error: null, opaqueRequestBytes: 0, opaqueResponseBytes: 0, ...fields };
}

export function usage(fields: Partial<Usage> = {}): Usage {
  return { ...unknownUsage(), input_tokens: 10, output_tokens: 5, source: 'json', state: 'final', ...fields };
}

export function metered(fields: Partial<Metered> = {}): Metered {
  const body = { text: '{}', bytes: null, wireBytes: 2, truncated: false };
  return {
    provider: 'anthropic',
    operation: 'chat',
    isInference: true,
    reread: false,
    dialect: 'anthropic',
    method: 'POST',
    path: '/v1/messages',
    status: 200,
    requestStartLine: 'POST /v1/messages HTTP/1.1',
    responseStartLine: 'HTTP/1.1 200 OK',
    requestHeaders: [['content-type', 'application/json']],
    responseHeaders: [['content-type', 'application/json']],
    request_model: 'claude-opus-4-5',
    response_model: 'claude-opus-4-5',
    response_id: 'msg_1',
    request_id: 'req_1',
    stream: false,
    billing: 'metered',
    service_tier: null,
    speed: null,
    region: null,
    dims: {},
    usage: usage(),
    contextTokens: null,
    side: [],
    anomalies: [],
    stop_reason: 'end_turn',
    finished: false,
    tool_calls: [],
    error: null,
    firstContentAt: null,
    assembled: null,
    requestBody: body,
    responseBody: body,
    arrivals: [],
    providerCostUsd: null,
    ...fields,
  };
}

/** Of a recorder that has seen nothing before. */
export function noRereads(fields: Partial<CountingDeps['rereads']> = {}): CountingDeps['rereads'] {
  return { countsFirst: () => true, submit: () => {}, settle: () => null, ...fields };
}

/** A call without a price, made by a client that nobody knows. */
export function callRecord(fields: Partial<CallRecord> = {}): CallRecord {
  return aRecord({
    id: 'call_1',
    started_at: '2026-01-02T03:04:05.678Z',
    path: '/v1/messages',
    request_model: 'claude-opus-4-5',
    response_model: 'claude-opus-4-5',
    request_id: null,
    usage: usage(),
    cost_usd: null,
    cost: { source: null, price_date: null, confidence: 'unpriced', lines: [] },
    duration_ms: 12,
    ttfb_ms: 10,
    client: null,
    request_bytes: 100,
    response_bytes: 200,
    ...fields,
  });
}

export function capture(fields: Partial<CallRecord> = {}, costNanos: number | null = null): Capture {
  const body = { text: '{}', wireBytes: 2, truncated: false, masked: false };
  return {
    record: callRecord(fields),
    costNanos,
    request: { startLine: 'POST /v1/messages HTTP/1.1', headers: [], body },
    response: { startLine: 'HTTP/1.1 200 OK', headers: [], body },
    assembled: null,
    parts: { request: null, response: null, arrivals: null },
    session: null,
  };
}
