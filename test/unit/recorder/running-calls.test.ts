import { beforeEach, describe, expect, it } from 'vitest';
import type { RunningNews } from '../../../src/core/running-call.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';
import { BodyMemory } from '../../../src/recorder/body-memory.ts';
import { LiveExchange } from '../../../src/recorder/live-exchange.ts';
import { RunningCalls } from '../../../src/recorder/running-calls.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';

const KEY = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789';
const HEAD = `POST /v1/messages?key=${KEY} HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Type: application/json\r\nX-Api-Key: ${KEY}\r\nX-Llm-Proxy-Session: s1\r\n\r\n`;
const REQUEST = JSON.stringify({
  model: 'claude-sonnet-4-5',
  stream: true,
  messages: [{ role: 'user', content: 'Hi' }],
});
const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const START = event('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    usage: { input_tokens: 31, output_tokens: 1 },
  },
});
const word = (text: string): string => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });

const directory = await loadRegistry();
let live: LiveExchange[];
let told: RunningNews[];
let running: RunningCalls;
let keeps: boolean;

beforeEach(() => {
  live = [];
  told = [];
  keeps = true;
  running = new RunningCalls({
    live: () => live,
    keepsBodies: () => keeps,
    tell: (news) => told.push(news),
    onError: (error) => {
      throw error;
    },
  });
});

function begin(wall = 1_795_260_000_000): LiveExchange {
  const info = connectionInfo();
  const { host, port, provider } = info;
  const meter = new ExchangeMeter({ directory, host, port, provider, limits: DEFAULT_LIMITS });
  const exchange = new LiveExchange(info, wall, 1000, meter, new BodyMemory(1024 * 1024));
  exchange.head('request', Buffer.from(HEAD), 1000);
  exchange.requestBody(Buffer.from(REQUEST), 1001);
  live.push(exchange);
  return exchange;
}

function answer(exchange: LiveExchange, ...pieces: string[]): void {
  if (exchange.facts.responseHeadAt === null) exchange.head('response', Buffer.from(STREAM), 1100);
  for (const piece of pieces) exchange.responseBody(Buffer.from(piece), 1200);
}

/** What the last look told of the only call. */
function shown(): string | null | undefined {
  running.look();
  return told.at(-1)?.progress[0]?.text ?? null;
}

describe('recorder/running-calls', () => {
  it('tells of the others where one call cannot be told of', () => {
    const errors: unknown[] = [];
    const options = { live: () => live, keepsBodies: () => true, tell: (news: RunningNews) => told.push(news) };
    running = new RunningCalls({ ...options, onError: (error) => errors.push(error) });
    const fault = new Error('no progress');
    begin().progress = () => {
      throw fault;
    };
    const sound = begin();
    running.look();
    running.look();
    expect(told.flatMap(({ started }) => started.map(({ id }) => id))).toEqual([sound.id]);
    expect(running.list().map(({ id }) => id)).toEqual([sound.id]);
    expect(errors).toEqual([fault, fault]);
  });

  it('tells of a call that is here for the second time, of what is new in it, and that it has gone', async () => {
    const exchange = begin();
    running.look();
    expect(told).toEqual([]);
    running.look();
    expect(told.splice(0)).toEqual([
      {
        started: [
          {
            id: exchange.id,
            started_at: '2026-11-21T11:20:00.000Z',
            provider: 'anthropic',
            host: 'api.anthropic.com',
            method: 'POST',
            path: '/v1/messages?key=sk-ant-...6789',
            model: 'claude-sonnet-4-5',
            session_id: 's1',
            run_id: null,
            client: null,
            status: null,
            request_bytes: REQUEST.length,
            bytes: 0,
            input_tokens: null,
            output_tokens: null,
            thinking_chars: 0,
            tool: null,
            text: null,
          },
        ],
        progress: [],
        gone: [],
      },
    ]);
    running.look();
    expect(told).toEqual([]);
    answer(exchange, START, word('Hello '), word('there, '));
    running.look();
    expect(told.splice(0)).toMatchObject([
      {
        started: [],
        progress: [
          {
            id: exchange.id,
            status: 200,
            model: 'claude-sonnet-4-5-20250929',
            // What Anthropic's first event says of the output is no count.
            input_tokens: 31,
            output_tokens: null,
            text: 'Hello there, ',
          },
        ],
      },
    ]);
    const finished = await exchange.end(exchangeEnd(), 1300);
    expect(finished.id).toBe(exchange.id);
    live = [];
    running.look();
    expect(told).toEqual([{ started: [], progress: [], gone: [exchange.id] }]);
  });

  it('says that it thinks, and which tool it calls', () => {
    const exchange = begin();
    running.look();
    running.look();
    const thought = event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Hm, well' } });
    answer(exchange, START, thought);
    running.look();
    expect(told.at(-1)?.progress).toMatchObject([{ thinking_chars: 8, tool: null, text: null }]);
    const block = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} };
    answer(exchange, event('content_block_start', { index: 1, content_block: block }));
    running.look();
    expect(told.at(-1)?.progress).toMatchObject([{ thinking_chars: 8, tool: 'weather' }]);
  });

  it('shows no character of a secret, however it comes', () => {
    for (let cut = 1; cut < KEY.length; cut += 1) {
      const exchange = begin();
      running.look();
      running.look();
      answer(exchange, START, word(`It is ${KEY.slice(0, cut)}`));
      expect(shown(), `cut at ${cut}`).toBe('It is ');
      answer(exchange, word(`${KEY.slice(cut)} `));
      expect(shown()).toBe('It is sk-ant-...6789 ');
      live = [];
      running.look();
    }
  });

  it('shows the end of a long text, from the beginning of a word, and searches more than that for secrets', () => {
    const exchange = begin();
    running.look();
    running.look();
    answer(exchange, START, word('é '.repeat(5000)), word(`-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(1500)}\n`));
    const text = shown() ?? '';
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text).toContain('é é -----BEGIN PRIVATE KEY-----[masked]');
    expect(text).not.toContain('QUJD');
    answer(exchange, word(` ${'🙂'.repeat(9000)}`));
    expect(shown()).toBe('🙂'.repeat(2048));
  });

  it('shows no text of providers whose bodies are not kept', () => {
    keeps = false;
    const exchange = begin();
    running.look();
    running.look();
    answer(exchange, START, word('Secret plans '));
    running.look();
    expect(told.at(-1)?.progress).toMatchObject([{ bytes: exchange.facts.responseBytes, text: null }]);
  });

  it('tells of many calls in turn, and follows no more than anybody looks at', () => {
    const all = Array.from({ length: 600 }, () => begin());
    for (let look = 0; look < 15; look += 1) running.look();
    expect(told.splice(0).map(({ started }) => started.length)).toEqual(Array.from({ length: 10 }, () => 50));
    for (const exchange of all) answer(exchange, START);
    const ids = new Set<string>();
    for (let look = 0; look < 10; look += 1) {
      running.look();
      const { progress = [] } = told.splice(0)[0] ?? {};
      expect(progress).toHaveLength(50);
      for (const { id } of progress) ids.add(id);
    }
    expect(ids.size).toBe(500);
  });

  it('tells all anew to whoever begins to watch', () => {
    begin();
    running.look();
    running.look();
    running.watch(true);
    running.look();
    running.watch(false);
    expect(told.map(({ started }) => started.length)).toEqual([1, 1]);
  });

  it('lists them at once to whoever asks, the oldest first', () => {
    const [later, earlier] = [begin(2000), begin(1000)];
    expect(running.list().map(({ id }) => id)).toEqual([earlier.id, later.id]);
  });
});
