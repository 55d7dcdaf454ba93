/** Valid captures, of which a test changes what it is about. */
import type { CallRecord, Capture, CapturedMessage, CostLine } from '../../src/core/capture.ts';
import type { RunningCall } from '../../src/core/running-call.ts';
import type { AgentFacts } from '../../src/core/sessions.ts';
import { unknownUsage, type Usage } from '../../src/core/usage.ts';

export function aUsage(counts: Partial<Usage> = {}): Usage {
  return {
    ...unknownUsage(),
    input_tokens: 1200,
    output_tokens: 340,
    cache_read_tokens: 1000,
    cache_write_tokens: 0,
    source: 'json',
    state: 'final',
    raw: { input_tokens: 200, cache_read_input_tokens: 1000, output_tokens: 340 },
    ...counts,
  };
}

/** One line of a bill, from the price table unless said otherwise. */
export function aLine(unit: string, nanos: number | null, over: Partial<CostLine> = {}): CostLine {
  return {
    unit,
    amount: 100,
    price_usd: 1,
    per: 1e6,
    nanos,
    source: 'genai-prices',
    price_date: '2026-09-23',
    ...over,
  };
}

export function aRecord(over: Partial<CallRecord> = {}): CallRecord {
  return {
    id: 'call_0001',
    started_at: '2026-11-21T12:00:00.000Z',
    provider: 'anthropic',
    operation: 'chat',
    inference: true,
    settles: false,
    host: 'api.anthropic.com',
    path: '/v1/messages?beta=true',
    method: 'POST',
    status: 200,
    request_model: 'claude-sonnet-4-5',
    response_model: 'claude-sonnet-4-5-20250929',
    response_id: 'msg_1',
    request_id: 'req_1',
    retry_count: null,
    stream: false,
    transport: 'https',
    billing: 'metered',
    service_tier: null,
    speed: null,
    region: null,
    dims: {},
    context_tokens: null,
    usage: aUsage(),
    anomalies: [],
    cost_usd: 0.006,
    cost: {
      source: 'genai-prices',
      price_date: '2026-09-23',
      confidence: 'exact',
      lines: [
        {
          unit: 'input_tokens',
          amount: 2000,
          price_usd: 3,
          per: 1_000_000,
          nanos: 6_000_000,
          source: 'genai-prices anthropic/claude-sonnet-4-5',
          price_date: '2026-09-23',
        },
      ],
    },
    duration_ms: 1234.5,
    ttfb_ms: 300.25,
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
    client: 'anthropic-sdk-typescript/1.11.0',
    agent_facts: null,
    mode: 'passthrough',
    leg: 'primary',
    steer: null,
    comparison_id: null,
    outcome: 'complete',
    error: null,
    request_bytes: 820,
    response_bytes: 640,
    capture: { truncated: false, dropped: 0 },
    ...over,
  };
}

export function aMessage(startLine: string, body: string | null, over: Partial<CapturedMessage> = {}): CapturedMessage {
  return {
    startLine,
    headers: [['Content-Type', 'application/json']],
    body: { text: body, wireBytes: body === null ? 0 : Buffer.byteLength(body), truncated: false, masked: false },
    ...over,
  };
}

export function aCapture(over: Partial<CallRecord> = {}, parts: Partial<Omit<Capture, 'record'>> = {}): Capture {
  const record = aRecord(over);
  return {
    record,
    costNanos: record.cost_usd === null ? null : Math.round(record.cost_usd * 1e9),
    request: aMessage(
      `POST ${record.path} HTTP/1.1`,
      '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Hello"}]}',
    ),
    response: aMessage('HTTP/1.1 200 OK', '{"type":"message","content":[{"type":"text","text":"Hi there"}]}'),
    assembled: null,
    parts: { request: null, response: null, arrivals: null },
    session: null,
    ...parts,
  };
}

/** A call as a step of its conversation. */
export function anAgentStep(over: Partial<AgentFacts> = {}): AgentFacts {
  return {
    session: 'ses_1',
    follows: null,
    turn: 1,
    messages: 1,
    new_messages: 1,
    tool_results: [],
    tool_errors: 0,
    error_recovered: false,
    tool_streak: 0,
    tool_retries: 0,
    session_tool_calls: 0,
    error_class: null,
    changes: null,
    ...over,
  };
}

/** A call under way. */
export function aRunningCall(over: Partial<RunningCall> = {}): RunningCall {
  return {
    id: 'call_0001',
    started_at: '2026-11-21T12:00:00.000Z',
    provider: 'anthropic',
    host: 'api.anthropic.com',
    method: 'POST',
    path: '/v1/messages',
    model: 'claude-sonnet-4-5',
    session_id: null,
    run_id: null,
    client: null,
    status: 200,
    request_bytes: 100,
    bytes: 200,
    input_tokens: 31,
    output_tokens: null,
    thinking_chars: 0,
    tool: null,
    text: null,
    ...over,
  };
}
