import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CallRecord } from '../../src/core/capture.ts';
import type { Stats } from '../../src/core/ports.ts';
import { untilTrue } from '../support/async.ts';
import { makeCa, makeLeaf } from '../support/certificates.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { startTlsUpstream, type Upstream } from '../support/tls-upstream.ts';
import { httpRequest, httpResponse, openTls } from '../support/tunnel-client.ts';

const OPENAI = 'api.openai.com';
const ANTHROPIC = 'api.anthropic.com';
const GATEWAY = 'openrouter.ai';
const SSE_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';
const PROMPT = 'Say where the owl sleeps, and say it in a few plain words.';

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

/** A stream that nobody asked for its usage. */
const WITHOUT_USAGE = `${['The owl ', 'sleeps in ', 'the old barn.'].map(chatChunk).join('')}data: [DONE]\n\n`;

function chatChunk(content: string): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }];
  return event({ object: 'chat.completion.chunk', id: 'chatcmpl-owl', model: 'gpt-4o-2024-11-20', choices });
}

/** The beginning of an answer: its input is stated, its output will be. */
const BEGINNING = [
  {
    type: 'message_start',
    message: {
      type: 'message',
      id: 'msg_0123456789abcdef',
      model: 'claude-sonnet-4-5',
      usage: { input_tokens: 100, cache_read_input_tokens: 900, cache_creation_input_tokens: 0, output_tokens: 1 },
    },
  },
  {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: 'The owl sleeps in the old barn behind the' },
  },
]
  .map(event)
  .join('');

const ANSWER = JSON.stringify({
  object: 'chat.completion',
  id: 'chatcmpl-5f4e3d2c1b0a99',
  model: 'gpt-4.1-2025-04-14',
  choices: [{ index: 0, message: { role: 'assistant', content: 'In the barn.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
});

/** A response that is made in the background. */
function job(usage: object | null): Buffer {
  const status = usage === null ? 'in_progress' : 'completed';
  const body = { id: 'resp_0a1b2c3d4e5f6071', object: 'response', model: 'gpt-5', status, output: [], usage };
  return httpResponse(JSON.stringify(body), { connection: 'close' });
}

const folder = mkdtempSync(join(tmpdir(), 'llm-proxy-counts-'));
const home = join(folder, 'home');
let args: string[];
let daemon: Daemon;
let answer: (socket: TLSSocket) => void;
const upstreams: Upstream<TLSSocket>[] = [];

function chatRequest(host: string, path: string, fields: object = {}): Buffer {
  const body = { model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: PROMPT }], ...fields };
  return httpRequest('POST', path, host, { 'content-type': 'application/json' }, JSON.stringify(body));
}

/** What is known at one moment. */
interface Known {
  /** Newest first. */
  calls: CallRecord[];
  stats: Stats;
  metrics: string;
}

async function known(): Promise<Known> {
  const answers = ['/api/calls?limit=50', '/api/stats', '/metrics'].map(async (path) =>
    (await daemon.get(path)).text(),
  );
  const [calls = '', stats = '', metrics = ''] = await Promise.all(answers);
  return { ...(JSON.parse(calls) as Pick<Known, 'calls'>), stats: JSON.parse(stats) as Stats, metrics };
}

/** Once so many calls are stored. */
async function knownOf(count: number): Promise<Known> {
  let latest = await known();
  const isThere = async (): Promise<boolean> => (latest = await known()).calls.length === count;
  await vi.waitUntil(isThere, { timeout: 25_000, interval: 100 });
  return latest;
}

/** Sends a request and takes the whole answer. */
async function wholeCall(host: string, request: Buffer): Promise<string> {
  const socket = await openTls(daemon, host);
  socket.write(request);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, 'end');
  socket.destroy();
  return text;
}

async function streamWithoutUsage(): Promise<void> {
  answer = (socket) => socket.end(SSE_HEAD + WITHOUT_USAGE);
  await wholeCall(OPENAI, chatRequest(OPENAI, '/v1/chat/completions'));
}

async function cutStream(): Promise<void> {
  const chunk = `${Buffer.byteLength(BEGINNING).toString(16)}\r\n${BEGINNING}\r\n`;
  answer = (socket) => socket.write(SSE_HEAD.replace('connection: close', 'transfer-encoding: chunked') + chunk);
  const socket = await openTls(daemon, ANTHROPIC);
  socket.write(chatRequest(ANTHROPIC, '/v1/messages', { model: 'claude-sonnet-4-5' }));
  let seen = '';
  socket.on('data', (piece: Buffer) => (seen += piece.toString()));
  await untilTrue(() => seen.includes('behind the'));
  socket.destroy();
}

async function throughTwoProxies(): Promise<void> {
  const passOn = async (socket: TLSSocket): Promise<void> => {
    const whole = await wholeCall(OPENAI, chatRequest(OPENAI, '/v1/chat/completions', { stream: false }));
    socket.end(whole);
  };
  answer = (socket) => {
    if (socket.servername === GATEWAY) void passOn(socket);
    else socket.end(httpResponse(ANSWER, { connection: 'close' }));
  };
  await wholeCall(GATEWAY, chatRequest(GATEWAY, '/api/v1/chat/completions', { stream: false }));
}

async function timedOut(): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    answer = () => resolve();
  });
  const socket = await openTls(daemon, OPENAI);
  socket.write(chatRequest(OPENAI, '/v1/chat/completions', { model: 'gpt-4o-mini', stream: false }));
  await asked;
  socket.destroy();
}

const pollOfJob = (): Promise<string> =>
  wholeCall(OPENAI, httpRequest('GET', '/v1/responses/resp_0a1b2c3d4e5f6071', OPENAI, {}));

/** Submits a job and polls it once. */
async function unfinishedJob(): Promise<void> {
  answer = (socket) => socket.end(job(null));
  await wholeCall(OPENAI, chatRequest(OPENAI, '/v1/responses', { model: 'gpt-5', stream: false, background: true }));
  await pollOfJob();
}

async function finishedJob(): Promise<void> {
  answer = (socket) => socket.end(job({ input_tokens: 40, input_tokens_details: {}, output_tokens: 8 }));
  await pollOfJob();
  await pollOfJob();
}

describe('what counts', () => {
  /** All calls but those that found the job done. */
  let first: Known;
  /** What `stats` printed then. */
  let printed: string;
  let restarted: Stats;
  let last: Known;
  let restartedAgain: Stats;

  // One daemon, stopped twice: each test reads of it what is about its own model.
  beforeAll(async () => {
    const ca = makeCa();
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    args = ['--upstream-ca', join(folder, 'ca.pem')];
    for (const host of [OPENAI, ANTHROPIC, GATEWAY]) {
      const upstream = await startTlsUpstream(makeLeaf(ca, { dns: [host] }), (socket) => {
        socket.once('data', () => answer(socket));
        // As services do when their client is gone.
        socket.once('end', () => socket.destroy());
      });
      upstreams.push(upstream);
      args.push('--connect-to', `${host}:443:127.0.0.1:${upstream.port}`);
    }
    daemon = await startDaemon({ args, home });
    await streamWithoutUsage();
    await cutStream();
    await throughTwoProxies();
    await timedOut();
    await unfinishedJob();
    first = await knownOf(7);
    printed = (await runCli(['stats', '--home', home], {})).stdout;
    await daemon.stop();
    daemon = await startDaemon({ args, home });
    restarted = (await known()).stats;
    await finishedJob();
    last = await knownOf(9);
    await daemon.stop();
    daemon = await startDaemon({ args, home });
    restartedAgain = (await known()).stats;
    await daemon.stop();
  });

  afterAll(async () => {
    await daemon.kill();
    for (const upstream of upstreams) await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The calls that asked for this model, newest first. */
  const callsOf = ({ calls }: Known, model: string): CallRecord[] =>
    calls.filter(({ request_model: asked, response_model: given }) => asked === model || given === model);

  it('estimates a stream without usage, and keeps the estimate apart', () => {
    const call = first.calls.find(({ response_id: id }) => id === 'chatcmpl-owl');
    expect(call).toMatchObject({
      usage: { source: 'estimate', state: 'final', estimated: ['input_tokens', 'output_tokens'] },
      cost: { confidence: 'estimated' },
    });
    const { input_tokens: input, output_tokens: output } = call!.usage;
    // Fourteen words and a frame; eight words.
    expect(input).toBeGreaterThanOrEqual(14);
    expect(input).toBeLessThanOrEqual(24);
    expect(output).toBeGreaterThanOrEqual(8);
    expect(output).toBeLessThanOrEqual(10);
    expect(first.stats.by_model['openai/gpt-4o-2024-11-20']).toMatchObject({
      requests: 1,
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      calls_without_usage: 0,
      estimated: { calls: 1, input_tokens: input, output_tokens: output, cost_usd: call!.cost_usd },
    });
    expect(first.stats.by_provider['openai']).toMatchObject({ estimated: { calls: 1 } });
    const model = 'provider="openai",model="gpt-4o-2024-11-20"';
    expect(first.metrics).toContain(`llm_proxy_estimated_tokens_total{${model},kind="input"} ${input}`);
    expect(first.metrics).not.toContain(`llm_proxy_tokens_total{${model}`);
    expect(printed).toContain('estimated, not in these');
    expect(printed).toMatch(
      new RegExp(`openai/gpt-4o-2024-11-20 .* ~${input} in, ~${output} out, ~\\$0\\.\\d+ \\(1 call\\)`),
    );
  });

  it('keeps what the provider stated of a cut stream and estimates the rest', () => {
    const [call] = callsOf(first, 'claude-sonnet-4-5');
    expect(call).toMatchObject({
      outcome: 'client_aborted',
      usage: {
        input_tokens: 1000,
        cache_read_tokens: 900,
        source: 'sse',
        state: 'partial',
        estimated: ['output_tokens'],
      },
      anomalies: [],
    });
    const output = call!.usage.output_tokens;
    expect(output).toBeGreaterThanOrEqual(9);
    expect(output).toBeLessThanOrEqual(13);
    const sums = first.stats.by_provider['anthropic']!;
    expect(sums).toMatchObject({
      input_tokens: 1000,
      output_tokens: 0,
      estimated: { calls: 1, input_tokens: 0, output_tokens: output },
    });
    expect(sums.cost_usd).toBeGreaterThan(0);
    expect(sums.cost_usd + sums.estimated.cost_usd).toBeCloseTo(call!.cost_usd ?? 0, 9);
  });

  it('counts a call through two proxies in a row once', () => {
    const both = callsOf(first, 'gpt-4.1-2025-04-14');
    expect(both).toHaveLength(2);
    expect(both.find(({ provider }) => provider === 'openrouter')).toMatchObject({
      inference: false,
      anomalies: ['duplicate'],
      usage: { state: 'none', input_tokens: null },
    });
    expect(first.stats.by_model['openai/gpt-4.1-2025-04-14']).toMatchObject({
      requests: 1,
      input_tokens: 20,
      output_tokens: 5,
      calls_without_usage: 0,
    });
    expect(first.stats.by_provider['openrouter']?.requests ?? 0).toBe(0);
  });

  it('counts a job that is submitted and polled once, also over a restart', () => {
    const before = first.stats.by_model['openai/gpt-5'];
    expect(before).toMatchObject({ requests: 1, calls_without_usage: 1, estimated: { calls: 0 } });
    const [again, settling] = callsOf(last, 'gpt-5');
    expect([again?.anomalies, settling?.settles]).toEqual([['reread'], true]);
    expect(last.stats.by_model['openai/gpt-5']).toMatchObject({
      requests: 1,
      input_tokens: 40,
      output_tokens: 8,
      calls_without_usage: 0,
    });
  });

  it('says that a call which timed out is billed, amount unknown', () => {
    const [call] = callsOf(first, 'gpt-4o-mini');
    expect(call).toMatchObject({
      outcome: 'client_aborted',
      status: null,
      cost_usd: null,
      cost: { confidence: 'unpriced', reason: 'billed_amount_unknown' },
      anomalies: ['billed_amount_unknown'],
    });
    expect(first.stats.by_model['openai/gpt-4o-mini']).toMatchObject({
      requests: 1,
      calls_without_usage: 1,
      billed_unknown_calls: 1,
      errors: 0,
    });
    expect(first.metrics).toContain('llm_proxy_anomalies_total{provider="openai",kind="billed_amount_unknown"} 1');
  });

  it('adds all of that up, and says the same after a restart', () => {
    expect(first.stats).toMatchObject({
      total_requests: 5,
      input_tokens: 1020,
      output_tokens: 5,
      calls_without_usage: 2,
      billed_unknown_calls: 1,
      estimated: { calls: 2 },
    });
    expect(last.stats).toMatchObject({
      total_requests: 5,
      input_tokens: 1060,
      output_tokens: 13,
      calls_without_usage: 1,
    });
    expect(restarted).toEqual(first.stats);
    expect(restartedAgain).toEqual(last.stats);
  });
});
