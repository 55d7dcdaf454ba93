/** Factories of what the recorder sees; each gives a valid object. */
import type { ConnectionInfo, ExchangeEnd } from '../../src/core/recorder-port.ts';
import { unknownUsage, type Usage } from '../../src/core/usage.ts';
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
    usage: usage(),
    side: [],
    anomalies: [],
    stop_reason: 'end_turn',
    tool_calls: [],
    error: null,
    firstContentAt: null,
    assembled: null,
    requestBody: body,
    responseBody: body,
    providerCostUsd: null,
    ...fields,
  };
}
