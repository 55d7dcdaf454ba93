/** Calls with all that is odd in a list, as lines of our jsonl for `POST /api/import`. Written for these tests. */
import type { CallRecord } from '../../../src/core/capture.ts';
import type { Daemon } from './daemon.ts';

export interface OddCall {
  secondsAgo: number;
  /** What the user said, and what was answered. */
  asked?: string;
  answered?: string;
  record?: Partial<CallRecord>;
  usage?: Partial<CallRecord['usage']>;
}

let made = 0;

/** @param now Unix ms */
export function lineOfCall(
  { secondsAgo, asked = 'hello', answered = 'good day', record, usage }: OddCall,
  now: number,
) {
  made += 1;
  const model = record?.request_model ?? 'claude-sonnet-4-5';
  const request = JSON.stringify({ model, messages: [{ role: 'user', content: asked }] });
  const response = JSON.stringify({
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: answered }],
  });
  return JSON.stringify({
    id: `call_0199${String(made).padStart(28, '0')}`,
    started_at: new Date(now - secondsAgo * 1000).toISOString(),
    provider: 'anthropic',
    operation: 'messages',
    inference: true,
    settles: false,
    host: 'api.anthropic.com',
    path: '/v1/messages',
    method: 'POST',
    status: 200,
    request_model: model,
    response_model: model,
    response_id: `msg_${made}`,
    request_id: `req_${made}`,
    retry_count: null,
    stream: false,
    transport: 'https',
    billing: 'metered',
    service_tier: null,
    speed: null,
    region: null,
    dims: {},
    context_tokens: null,
    anomalies: [],
    cost_usd: 0.0123,
    cost: { source: 'genai-prices', price_date: '2026-11-01', confidence: 'exact', lines: [] },
    duration_ms: 4210,
    ttfb_ms: 700,
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
    client: 'openai-python/2.8.0',
    agent_facts: null,
    mode: 'passthrough',
    leg: 'primary',
    outcome: 'complete',
    error: null,
    request_bytes: Buffer.byteLength(request),
    response_bytes: Buffer.byteLength(response),
    capture: { truncated: false, dropped: 0 },
    ...record,
    usage: {
      input_tokens: 1234,
      output_tokens: 210,
      cache_read_tokens: 1000,
      cache_write_tokens: null,
      cache_write_5m_tokens: null,
      cache_write_1h_tokens: null,
      reasoning_tokens: null,
      tool_prompt_tokens: null,
      units: {},
      source: 'json',
      state: 'final',
      estimated: [],
      raw: null,
      ...usage,
    },
    request: { line: 'POST /v1/messages HTTP/1.1', headers: [['Content-Type', 'application/json']], body: request },
    response: { line: 'HTTP/1.1 200 OK', headers: [['Content-Type', 'application/json']], body: response },
  });
}

/** Into the store of a daemon, as `llm-proxy import` does it. */
export async function importCalls({ adminUrl, token }: Daemon, calls: readonly OddCall[]): Promise<void> {
  const now = Date.now();
  const answer = await fetch(`${adminUrl}/api/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: calls.map((call) => lineOfCall(call, now)).join('\n'),
  });
  const { added } = (await answer.json()) as { added: number };
  if (added !== calls.length) throw new Error(`${added} of ${calls.length} calls were taken`);
}

/** Long names, other scripts, the smallest and the largest amounts, what is not known, what went wrong. */
export const ODD_CALLS: readonly OddCall[] = [
  {
    secondsAgo: 40,
    asked: 'Where does the walrus sleep?',
    answered: 'The walrus sleeps on the ice, near the <b>walrus</b> hole.',
    record: { request_model: `a-model-${'with-a-very-long-name-'.repeat(14)}end`, client: 'claude-code/2.0.42' },
  },
  {
    secondsAgo: 90,
    asked: 'اكتب قصيدة عن البحر والسماء',
    answered: 'البحر أزرق والسماء زرقاء والمطر قريب',
    record: { request_model: 'نموذج-اللغة-الكبير', response_model: 'نموذج-اللغة-الكبير', customer_id: 'عميل-٧' },
  },
  {
    secondsAgo: 130,
    asked: '日本の首都はどこですか',
    answered: '東京です。',
    record: { request_model: '大規模言語モデル', response_model: '大規模言語モデル', customer_id: '株式会社例' },
  },
  {
    secondsAgo: 200,
    record: { cost_usd: 0.0000012 },
    usage: { input_tokens: 3, output_tokens: 1, cache_read_tokens: null },
  },
  {
    secondsAgo: 260,
    record: {
      cost_usd: 12_345.67,
      duration_ms: 754_000,
      tool_calls: [
        { id: '1', name: 'bash' },
        { id: '2', name: 'bash' },
      ],
    },
    usage: {
      input_tokens: 123_456_789,
      cache_read_tokens: 99_000_000,
      output_tokens: 1_234_567,
      reasoning_tokens: 900_000,
    },
  },
  {
    secondsAgo: 320,
    record: {
      status: 429,
      outcome: 'complete',
      cost_usd: null,
      stop_reason: null,
      error: { type: 'rate_limit_error', message: 'slow down' },
    },
    usage: { input_tokens: null, output_tokens: null, cache_read_tokens: null, state: 'none' },
  },
  {
    secondsAgo: 380,
    record: { status: 502, cost_usd: null, error: { type: 'api_error', message: 'bad gateway' }, retry_count: 2 },
    usage: { input_tokens: null, output_tokens: null, cache_read_tokens: null, state: 'none' },
  },
  {
    secondsAgo: 440,
    record: {
      provider: 'openai',
      operation: 'chat.completions',
      host: 'api.openai.com',
      path: '/v1/chat/completions',
      request_model: 'gpt-5.1',
      response_model: 'gpt-5.1-2025-11-13',
      stream: true,
      ttft_ms: 640,
      outcome: 'client_aborted',
      cost_usd: 0.0421,
      cost: { source: 'genai-prices', price_date: '2026-11-01', confidence: 'estimated', lines: [] },
    },
    usage: { state: 'partial', estimated: ['output_tokens'], output_tokens: 310 },
  },
  {
    secondsAgo: 500,
    record: {
      request_model: 'house-model',
      response_model: 'house-model',
      cost_usd: null,
      cost: { source: null, price_date: null, confidence: 'unpriced', lines: [] },
    },
  },
  {
    secondsAgo: 560,
    record: {
      request_model: 'claude-opus-4-5',
      response_model: 'claude-haiku-4-5',
      section_path: 'plan/research',
      section: 'research',
      customer_id: 'acme',
    },
  },
  {
    secondsAgo: 620,
    record: {
      status: null,
      outcome: 'upstream_error',
      cost_usd: null,
      error: { type: 'unreachable', message: 'no route' },
    },
    usage: { input_tokens: null, output_tokens: null, cache_read_tokens: null, state: 'none' },
  },
];
