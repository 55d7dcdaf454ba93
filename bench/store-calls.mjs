// Calls as a team of coding agents makes them: sessions of up to 200 turns whose requests grow with each turn, some plain
// calls between them, six providers, words with the frequencies of a language. Bodies are lists of blocks that know their
// length: 100 GB of requests without the bytes, because each block is looked at once only, as in real life.
import { createHash } from 'node:crypto';
import { officeHours, TITLES } from './office.mjs';

const TURNS = 200;
const LIVE_SESSIONS = 60;
const VOCABULARY = 40_000;
const TOOLS = ['bash', 'read_file', 'edit_file', 'grep', 'glob', 'web_fetch', 'todo_write', 'task', 'list_dir', 'test'];

/** How often each is called, out of 100, and USD per million tokens: input, cached, output. */
const MODELS = [
  { share: 34, provider: 'anthropic', model: 'claude-sonnet-4-5-20250929', prices: [3, 0.3, 15] },
  { share: 8, provider: 'anthropic', model: 'claude-opus-4-5-20251101', prices: [5, 0.5, 25] },
  { share: 12, provider: 'anthropic', model: 'claude-haiku-4-5-20251001', prices: [1, 0.1, 5] },
  { share: 18, provider: 'openai', model: 'gpt-5.1-2025-11-13', prices: [1.25, 0.125, 10] },
  { share: 10, provider: 'openai', model: 'gpt-4o-mini-2024-07-18', prices: [0.15, 0.075, 0.6] },
  { share: 8, provider: 'google', model: 'gemini-2.5-pro', prices: [1.25, 0.31, 10] },
  { share: 4, provider: 'openrouter', model: 'qwen/qwen3-coder', prices: [0.22, 0.02, 0.95] },
  { share: 4, provider: 'mistral', model: 'codestral-2508', prices: [0.3, 0.03, 0.9] },
  { share: 2, provider: 'deepseek', model: 'deepseek-chat', prices: [0.28, 0.028, 0.42] },
];
const HOSTS = {
  anthropic: ['api.anthropic.com', '/v1/messages'],
  openai: ['api.openai.com', '/v1/chat/completions'],
  google: ['generativelanguage.googleapis.com', '/v1beta/models/gemini-2.5-pro:generateContent'],
  openrouter: ['openrouter.ai', '/api/v1/chat/completions'],
  mistral: ['api.mistral.ai', '/v1/chat/completions'],
  deepseek: ['api.deepseek.com', '/chat/completions'],
};
const CLIENTS = ['claude-code/2.0.42', 'codex/0.58.0', 'openai-python/2.8.0', 'cursor', 'anthropic-sdk-python/0.74.1'];

/** @param {number} seed 32 bits @returns {() => number} in [0, 1), the same row for the same seed */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** Word N is about 1 / (N + 2) as frequent as the first one. */
export function createWords(random) {
  const syllables = 'ba de fi go lu ma ne pi ro su ta ve wi xo zu ka le mi no pu ra se ti vo'.split(' ');
  const words = Array.from({ length: VOCABULARY }, (_, rank) => {
    let text = '';
    for (let rest = rank + syllables.length; rest > 0; rest = Math.floor(rest / syllables.length))
      text += syllables[rest % syllables.length];
    return text;
  });
  const ranks = new Uint16Array(1 << 17);
  const weights = words.map((_, rank) => 1 / (rank + 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let at = 0;
  let sum = 0;
  for (const [rank, weight] of weights.entries()) {
    sum += weight;
    for (; at < (sum / total) * ranks.length && at < ranks.length; at += 1) ranks[at] = rank;
  }
  const text = (count) => {
    let result = '';
    for (let index = 0; index < count; index += 1)
      result += `${index === 0 ? '' : ' '}${words[ranks[Math.floor(random() * ranks.length)]]}`;
    return result;
  };
  return { words, text };
}

/** A list of blocks in place of bytes; the bytes of those that are new. */
class Body {
  blocks = [];
  messages = [];
  system = null;
  tools = null;
  #length = 0;
  #fresh = new Map();

  /** @param {string} text @param {string} hash of it, when it is known */
  push(text, kind, role, hash = hashOf(text)) {
    const start = this.#length;
    this.#length += Buffer.byteLength(text);
    this.#fresh.set(start, text);
    this.blocks.push({ start, end: this.#length, kind, role, message: -1, hash });
  }

  /** As CutBody.bytes, as far as the writer of blocks looks. */
  get bytes() {
    const fresh = this.#fresh;
    return { length: this.#length, subarray: (start) => Buffer.from(fresh.get(start) ?? '') };
  }

  /** They were written. */
  settle() {
    this.#fresh.clear();
  }
}

const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/**
 * @param {{calls: number, seed?: number, since: number, until: number, office?: boolean}} options times in milliseconds;
 *   `office`: in working hours, and under titles that a person would give; else evenly
 * @yields {{stored: object, bodies: object, rawBytes: number, settle: () => void}} as CallWriter.add takes them
 */
export function* generateCalls({ calls, seed = 1, since, until, office = false }) {
  const random = randomFrom(seed);
  const words = createWords(random);
  const shared = {
    system: words.text(1800),
    tools: JSON.stringify(TOOLS.map((name) => ({ name, text: words.text(120) }))),
  };
  const pick = (list) => list[Math.floor(random() * list.length)];
  const world = { random, words, shared, pick, titles: office ? TITLES : ['A session'], streams: office };
  const timeAt = office ? officeHours(since, until) : (share) => since + Math.floor(share * (until - since));
  const live = Array.from({ length: LIVE_SESSIONS }, () => newSession(world));
  for (let number = 0; number < calls; number += 1) {
    const at = timeAt(number / calls);
    if (random() < 0.1) yield plainCall(world, number, at);
    else {
      const place = Math.floor(random() * live.length);
      yield nextTurn(world, live[place], number, at);
      if (live[place].turn >= live[place].turns) live[place] = newSession(world);
    }
  }
}

function newSession({ random, words, shared, pick, titles }) {
  const id = `ses_${Math.floor(random() * 2 ** 48).toString(16)}${Math.floor(random() * 2 ** 32).toString(16)}`;
  const body = new Body();
  body.push('{"model":"m","max_tokens":32000,"messages":[', 'glue', null);
  body.push(shared.system, 'system', 'system');
  body.push(shared.tools, 'tools', null);
  const first = JSON.stringify({ role: 'user', content: words.text(60) });
  body.push(first, 'message', 'user');
  body.messages.push({ start: 0, end: 0, role: 'user', fingerprint: hashOf(first) });
  const who = {
    client: pick(CLIENTS),
    customer: random() < 0.3 ? `customer-${Math.floor(random() ** 2 * 200)}` : null,
  };
  return {
    id,
    body,
    kind: modelAt(random() * 100),
    turn: 0,
    turns: Math.ceil(TURNS * (0.25 + random() * 1.5)),
    title: pick(titles),
    ...who,
  };
}

function modelAt(share) {
  let sum = 0;
  for (const kind of MODELS) {
    sum += kind.share;
    if (share < sum) return kind;
  }
  return MODELS[0];
}

function nextTurn(world, session, number, at) {
  const { random, words, pick } = world;
  session.turn += 1;
  const tool = pick(TOOLS);
  const callId = `toolu_${number.toString(36)}`;
  const answer = JSON.stringify({
    role: 'assistant',
    content: words.text(35),
    tool: { id: callId, name: tool, input: words.text(12) },
  });
  const requestBytes = session.body.bytes.length;
  const call = {
    stored: storedOf(world, number, at, session, { requestBytes, tools: [{ id: callId, name: tool }] }),
    bodies: bodiesOf(session.kind, session.body, answer),
    rawBytes: requestBytes,
    settle() {
      // What is said now is sent again with the next request.
      session.body.settle();
      session.body.push(`,${answer}`, 'message', 'assistant');
      session.body.push(
        `,${JSON.stringify({ role: 'user', result: callId, content: words.text(20 + Math.floor(random() ** 3 * 400)) })}`,
        'message',
        'user',
      );
    },
  };
  return call;
}

function plainCall(world, number, at) {
  const { random, words, pick } = world;
  const body = new Body();
  body.push(JSON.stringify({ messages: [{ role: 'user', content: words.text(40) }] }), 'message', 'user');
  const kind = modelAt(random() * 100);
  const session = { id: null, kind, turn: 0, client: pick(CLIENTS), customer: null };
  return {
    stored: storedOf(world, number, at, session, { requestBytes: body.bytes.length, tools: [] }),
    bodies: bodiesOf(kind, body, JSON.stringify({ content: words.text(40) })),
    rawBytes: body.bytes.length,
    settle() {},
  };
}

function bodiesOf({ provider }, body, answer) {
  const [host, path] = HOSTS[provider];
  const answered = new Body();
  answered.push(answer, 'message', 'assistant');
  const request = {
    startLine: `POST ${path} HTTP/1.1`,
    headers: [
      ['host', host],
      ['content-type', 'application/json'],
    ],
  };
  const response = { startLine: 'HTTP/1.1 200 OK', headers: [['content-type', 'application/json']] };
  return {
    request: { message: request, cut: body, flags: 2, arrivals: null },
    response: { message: response, cut: answered, flags: 2, arrivals: null },
    peer: `${host} chat`,
  };
}

function storedOf({ random, streams }, number, at, session, { requestBytes, tools }) {
  const { provider, model, prices } = session.kind;
  const [host, path] = HOSTS[provider];
  const fails = random() < 0.03;
  const status = fails ? (random() < 0.7 ? 429 : 529) : 200;
  const input = Math.ceil(requestBytes / 4);
  const cached = session.turn > 1 ? Math.floor(input * 0.9) : 0;
  const output = Math.ceil(40 + random() * 600);
  const duration = 400 + output * 12 * (0.5 + random()) + input * 0.02;
  const [inputPrice, cachedPrice, outputPrice] = prices;
  const nanos = fails
    ? null
    : Math.round(((input - cached) * inputPrice + cached * cachedPrice + output * outputPrice) * 1000);
  const line = (unit, amount, price) => ({
    unit,
    amount,
    price_usd: price,
    per: 1e6,
    nanos: Math.round(amount * price * 1000),
    source: `genai-prices ${provider}/${model}`,
    price_date: '2026-09-23',
  });
  const usage = fails
    ? { ...NO_USAGE }
    : {
        ...NO_USAGE,
        input_tokens: input,
        output_tokens: output,
        cache_read_tokens: cached,
        source: 'json',
        state: 'final',
        raw: { input_tokens: input, output_tokens: output, cached_tokens: cached },
      };
  const record = {
    id: `call_${at.toString(36)}${number.toString(36).padStart(6, '0')}`,
    started_at: new Date(at).toISOString(),
    provider,
    operation: 'chat',
    inference: true,
    settles: false,
    host,
    path,
    method: 'POST',
    status,
    request_model: model,
    response_model: fails ? null : model,
    response_id: fails ? null : `msg_${Math.floor(random() * 2 ** 52).toString(36)}${number.toString(36)}`,
    request_id: `req_${number.toString(36)}`,
    retry_count: null,
    stream: streams,
    transport: 'https',
    billing: 'metered',
    service_tier: null,
    speed: null,
    region: null,
    dims: {},
    context_tokens: null,
    usage,
    anomalies: [],
    cost_usd: nanos === null ? null : nanos / 1e9,
    cost: {
      source: nanos === null ? null : 'genai-prices',
      price_date: '2026-09-23',
      confidence: nanos === null ? 'unpriced' : 'exact',
      lines: fails
        ? []
        : [
            line('input_tokens', input - cached, inputPrice),
            line('cache_read_tokens', cached, cachedPrice),
            line('output_tokens', output, outputPrice),
          ],
    },
    duration_ms: duration,
    ttfb_ms: 300 + random() * 500,
    ttft_ms: streams && !fails ? 320 + random() ** 3 * 2400 + input * 0.004 : null,
    stop_reason: fails ? null : tools.length > 0 ? 'tool_use' : 'end_turn',
    tool_calls: fails ? [] : tools,
    session_id: session.id,
    parent_session_id: null,
    trace_id: null,
    span_id: null,
    parent_span_id: null,
    task_id: null,
    run_id: null,
    section: null,
    section_path: null,
    customer_id: session.customer,
    tenant_id: null,
    agent: null,
    client: session.client,
    mode: 'passthrough',
    steer: null,
    comparison_id: null,
    leg: 'primary',
    outcome: 'complete',
    error: fails
      ? { type: status === 429 ? 'rate_limit_error' : 'overloaded_error', message: 'try again later' }
      : null,
    request_bytes: requestBytes,
    response_bytes: 900,
    capture: { truncated: false, dropped: 0 },
    agent_facts: null,
  };
  return {
    session: sessionPart(session),
    record,
    costNanos: nanos,
    log: { file: '/home/user/.llm-proxy/logs/anthropic-2026-11-21_10-00-00.log', offset: number * 100, length: 100 },
  };
}

const NO_USAGE = {
  input_tokens: null,
  output_tokens: null,
  cache_read_tokens: null,
  cache_write_tokens: null,
  cache_write_5m_tokens: null,
  cache_write_1h_tokens: null,
  reasoning_tokens: null,
  tool_prompt_tokens: null,
  input_audio_tokens: null,
  output_audio_tokens: null,
  input_image_tokens: null,
  output_image_tokens: null,
  input_video_tokens: null,
  cache_read_audio_tokens: null,
  units: {},
  source: null,
  state: 'none',
  estimated: [],
  raw: null,
};

/** As the recorder finds it: here the client names its sessions. */
function sessionPart({ id, title }) {
  if (id === null) return null;
  const session = { id, client_session_id: id, parent_session_id: null, title, title_rank: 1 };
  return { session, edges: [], tip: null };
}
