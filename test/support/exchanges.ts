/** Factories of what the recorder sees; each gives a valid object. */
import type { CallRecord, Capture } from '../../src/core/capture.ts';
import type { ConnectionInfo, ExchangeEnd } from '../../src/core/recorder-port.ts';
import { unknownUsage, type Usage } from '../../src/core/usage.ts';
import type { CountingDeps } from '../../src/recorder/counted-usage.ts';
import type { Metered } from '../../src/usage/metered.ts';

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

export function callRecord(fields: Partial<CallRecord> = {}): CallRecord {
  return {
    id: 'call_1',
    started_at: '2026-01-02T03:04:05.678Z',
    provider: 'anthropic',
    operation: 'chat',
    inference: true,
    settles: false,
    host: 'api.anthropic.com',
    path: '/v1/messages',
    method: 'POST',
    status: 200,
    request_model: 'claude-opus-4-5',
    response_model: 'claude-opus-4-5',
    response_id: 'msg_1',
    request_id: null,
    retry_count: null,
    stream: false,
    transport: 'https',
    billing: 'metered',
    service_tier: null,
    speed: null,
    region: null,
    dims: {},
    context_tokens: null,
    usage: usage(),
    anomalies: [],
    cost_usd: null,
    cost: { source: null, price_date: null, confidence: 'unpriced', lines: [] },
    duration_ms: 12,
    ttfb_ms: 10,
    ttft_ms: null,
    stop_reason: 'end_turn',
    tool_calls: [],
    session_id: null,
    parent_session_id: null,
    trace_id: null,
    span_id: null,
    parent_span_id: null,
    task_id: null,
    run_id: null,
    section: null,
    section_path: null,
    customer_id: null,
    tenant_id: null,
    agent: null,
    client: null,
    agent_facts: null,
    mode: 'passthrough',
    leg: 'primary',
    steer: null,
    comparison_id: null,
    outcome: 'complete',
    error: null,
    request_bytes: 100,
    response_bytes: 200,
    capture: { truncated: false, dropped: 0 },
    ...fields,
  };
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
