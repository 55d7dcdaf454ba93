// Calls through the sink as the recorder gives them, bodies cut and hashed included, while another process keeps the
// search index up with them, as the reader thread does.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createWords, randomFrom } from './store-calls.mjs';
import { product } from './store-product.mjs';

const NOTHING = { debug() {}, info() {}, warn() {}, error() {} };
const SESSIONS = 8;
const MIN_HISTORY = 100_000;
const GROWTH = 400_000;

/** @returns {Promise<{name: string, bar: number, perSecond: number, lost: number}[]>} */
export async function ingestAll({ db, seconds }) {
  const indexer = fork(join(import.meta.dirname, 'store-indexer.mjs'), [db]);
  try {
    await once(indexer, 'message');
    return [
      { name: 'calls of 2 kB', bar: 3000, ...(await ingest(db, seconds, smallCalls())) },
      { name: 'calls of 300 kB that resend their history', bar: 300, ...(await ingest(db, seconds, agentCalls())) },
    ];
  } finally {
    indexer.disconnect();
    await once(indexer, 'exit');
  }
}

async function ingest(path, seconds, bodies) {
  const { createSqliteSink, Counters, cutBody } = await product();
  const counters = new Counters();
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const sink = createSqliteSink({ path }, null, { counters, log: NOTHING, clock });
  sink.open();
  const write = () => {
    const { request, response } = bodies.next().value;
    sink.write(captureOf(request, response, cutBody));
  };
  // Each session once: what it said before it is measured has been stored before.
  for (let count = 0; count < SESSIONS; count += 1) write();
  await sink.flush();
  const started = performance.now();
  const before = process.cpuUsage();
  let calls = 0;
  while (performance.now() - started < seconds * 1000) {
    // A slab of rows is taken in one turn; the next one comes with the next turn.
    for (let count = 0; count < 16; count += 1, calls += 1) write();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await sink.flush();
  const { user, system } = process.cpuUsage(before);
  const perSecond = (calls / (performance.now() - started)) * 1000;
  await sink.close();
  const lost = Object.entries(counters.snapshot()).reduce(
    (sum, [key, count]) => sum + (key.startsWith('dropped') ? count : 0),
    0,
  );
  return { perSecond: (perSecond * (calls - lost)) / calls, lost, cpu: (user + system) / calls };
}

/** Made before the clock runs: what is measured is storing them. */
function* smallCalls() {
  const { text } = createWords(randomFrom(11));
  const made = Array.from({ length: 5000 }, () => ({
    request: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: text(180) }] }),
    response: JSON.stringify({ choices: [{ message: { role: 'assistant', content: text(100) } }] }),
  }));
  for (let number = 0; ; number += 1) {
    const { request, response } = made[number % made.length];
    // Every call says something new.
    const asked = `${request.slice(0, -4)} ${number}"}]}`;
    yield { request: Buffer.from(asked), response: Buffer.from(response.replace(': "', `: "${number} `)) };
  }
}

/** Sessions that grow from 100 to 500 kB by 3.5 kB with each turn, each at another point of that. */
function* agentCalls() {
  const { text } = createWords(randomFrom(12));
  const texts = Array.from({ length: 2000 }, () => text(250));
  let said = 0;
  const message = (role) => `{"role":"${role}","content":"${(said += 1)} ${texts[said % texts.length]}"}`;
  const turn = () => `,${message('assistant')},${message('user')}`;
  const start = (length) => {
    let history = message('user');
    while (history.length < length) history += turn();
    return Buffer.from(history);
  };
  const live = Array.from({ length: SESSIONS }, (_, place) => start(MIN_HISTORY + (place / SESSIONS) * GROWTH));
  const head = Buffer.from('{"model":"claude-sonnet-4-5","messages":[');
  const tail = Buffer.from(']}');
  for (;;) {
    for (const [place, history] of live.entries()) {
      yield {
        request: Buffer.concat([head, history, tail]),
        response: Buffer.from(`{"type":"message","content":[{"type":"text","text":"${said} ${texts[said % 100]}"}]}`),
      };
      const isLong = history.length > MIN_HISTORY + GROWTH;
      live[place] = isLong ? start(MIN_HISTORY) : Buffer.concat([history, Buffer.from(turn())]);
    }
  }
}

const bodyOf = (bytes) => ({ text: null, wireBytes: bytes.length, truncated: false, masked: false });

let made = 0;

function captureOf(request, response, cutBody) {
  const usage = {
    source: 'json',
    state: 'final',
    units: {},
    estimated: [],
    raw: null,
    input_tokens: Math.ceil(request.length / 4),
    output_tokens: 100,
  };
  made += 1;
  const record = {
    id: `call_ingest${process.pid}_${made.toString(36)}`,
    started_at: new Date().toISOString(),
    provider: 'openai',
    operation: 'chat',
    inference: true,
    settles: false,
    host: 'api.openai.com',
    path: '/v1/chat/completions',
    method: 'POST',
    status: 200,
    request_model: 'gpt-4o-mini',
    response_model: 'gpt-4o-mini-2024-07-18',
    response_id: `chatcmpl-${made.toString(36)}`,
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
    usage,
    anomalies: [],
    cost_usd: 0.001,
    cost: { source: 'genai-prices', price_date: '2026-09-23', confidence: 'exact', lines: [] },
    duration_ms: 500 + (made % 1000),
    ttfb_ms: 300,
    ttft_ms: null,
    stop_reason: 'stop',
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
    mode: 'passthrough',
    steer: null,
    comparison_id: null,
    leg: 'primary',
    outcome: 'complete',
    error: null,
    request_bytes: request.length,
    response_bytes: response.length,
    capture: { truncated: false, dropped: 0 },
    agent_facts: null,
  };
  const headers = [
    ['Content-Type', 'application/json'],
    ['Host', 'api.openai.com'],
  ];
  return {
    record,
    costNanos: 1_000_000,
    request: { startLine: 'POST /v1/chat/completions HTTP/1.1', headers, body: bodyOf(request) },
    response: { startLine: 'HTTP/1.1 200 OK', headers, body: bodyOf(response) },
    assembled: null,
    parts: { request: cutBody(request, 'request'), response: cutBody(response, 'document'), arrivals: null },
    session: null,
  };
}
