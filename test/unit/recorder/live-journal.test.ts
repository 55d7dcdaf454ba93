import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LeftOverCall, LiveCalls, LiveChange, LiveFacts, LivePart } from '../../../src/core/live-call.ts';
import type { ConnectionInfo } from '../../../src/core/recorder-port.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';
import { BodyMemory } from '../../../src/recorder/body-memory.ts';
import { interruptedExchange } from '../../../src/recorder/interrupted.ts';
import { LiveExchange } from '../../../src/recorder/live-exchange.ts';
import { LiveJournal } from '../../../src/recorder/live-journal.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import { untilTrue } from '../../support/async.ts';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';

const KEY = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789';
const REQUEST = JSON.stringify({
  model: 'claude-sonnet-4-5',
  messages: [{ role: 'user', content: `my key is ${KEY}` }],
});
const HEAD = `POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Type: application/json\r\nX-Api-Key: ${KEY}\r\n\r\n`;
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

/** Keeps what it is told as the store does. */
class Kept implements LiveCalls {
  readonly calls = new Map<string, LeftOverCall>();
  readonly changes: LiveChange[][] = [];
  works = true;

  keep(changes: readonly LiveChange[]): boolean {
    if (!this.works) return false;
    this.changes.push([...changes]);
    for (const { id, facts, parts } of changes) {
      const before = this.calls.get(id);
      const all = new Map<string, LivePart>();
      for (const part of [...(before?.parts ?? []), ...parts]) all.set(`${part.side} ${part.part}`, part);
      this.calls.set(id, { id, facts: facts ?? (before?.facts as LiveFacts), parts: [...all.values()] });
    }
    return true;
  }

  adopt(): void {}

  discard(): void {}

  get only(): LeftOverCall {
    const [call] = this.calls.values();
    if (call === undefined || this.calls.size > 1) throw new Error(`${this.calls.size} calls`);
    return call;
  }

  text(side: LivePart['side'], call = this.only): string {
    const parts = call.parts.filter((part) => part.side === side).map(({ bytes }) => Buffer.from(bytes));
    return Buffer.concat(parts).toString();
  }
}

const onError = (error: unknown): never => {
  throw error;
};

function stream(exchange: LiveExchange, text: string, at = 1200): void {
  if (exchange.facts.responseHeadAt === null) exchange.head('response', Buffer.from(STREAM), 1100);
  exchange.responseBody(Buffer.from(text), at);
}

const directory = await loadRegistry();
const createMeter = ({ host, port, provider }: ConnectionInfo): ExchangeMeter =>
  new ExchangeMeter({ directory, host, port, provider, limits: DEFAULT_LIMITS });

describe('recorder/live-journal', () => {
  let kept: Kept;
  let live: LiveExchange[];
  let journal: LiveJournal;
  let keepsBodies = true;
  beforeEach(() => {
    kept = new Kept();
    live = [];
    keepsBodies = true;
    journal = new LiveJournal({ calls: kept, live: () => live, keepsBodies: () => keepsBodies, onError });
  });

  function open(info = connectionInfo()): LiveExchange {
    const exchange = new LiveExchange(info, 1_790_000_000_000, 1000, createMeter(info), new BodyMemory(Infinity));
    live.push(exchange);
    exchange.head('request', Buffer.from(HEAD), 1000);
    exchange.requestBody(Buffer.from(REQUEST), 1001);
    return exchange;
  }

  function look(times: number): void {
    for (let count = 0; count < times; count += 1) journal.look();
  }

  it('keeps the others where one call cannot be looked at', () => {
    const errors: unknown[] = [];
    const told = { calls: kept, live: () => live, keepsBodies: () => true, onError: (e: unknown) => errors.push(e) };
    journal = new LiveJournal(told);
    const broken = open();
    const fault = new Error('no view');
    broken.view = () => {
      throw fault;
    };
    const sound = open();
    look(2);
    expect([kept.only.id, errors]).toEqual([sound.id, [fault]]);
  });

  it('keeps nothing of a call that it sees only once', () => {
    open();
    look(1);
    live = [];
    look(5);
    expect(kept.calls.size).toBe(0);
  });

  it('keeps no secret', () => {
    stream(open(), START + word(`said ${KEY} once`) + word('and on'));
    look(2);
    const written = JSON.stringify(kept.only.facts) + kept.text('request') + kept.text('response');
    expect(written).not.toContain(KEY);
    expect(written).not.toContain(KEY.slice(13, 30));
    expect(kept.text('request')).toContain('my key is sk-ant-');
    expect(kept.text('response')).toContain('said sk-ant-');
  });

  it('keeps no half of a secret, wherever the answer stands at that moment', () => {
    const answer = `${START}${word(`said ${KEY} once`)}`;
    for (const type of ['text/event-stream', 'application/json', 'text/plain']) {
      for (let cut = 1; cut <= answer.length; cut += 1) {
        kept = new Kept();
        live = [];
        journal = new LiveJournal({ calls: kept, live: () => live, keepsBodies: () => true, onError: () => {} });
        const exchange = open();
        exchange.head('response', Buffer.from(STREAM.replace('text/event-stream', type)), 1100);
        exchange.responseBody(Buffer.from(answer.slice(0, cut)), 1200);
        look(2);
        expect(kept.text('response'), `${type} cut at ${cut}`).not.toMatch(/sk-ant-api03-[a-z]/);
      }
    }
  });

  it('goes on where it was: each second the whole lines that are new', () => {
    const exchange = open();
    stream(exchange, START + word('one').slice(0, 20));
    look(2);
    expect(kept.text('response')).toBe(`${START}event: content_block_d`.slice(0, START.length));
    stream(exchange, word('one').slice(20) + word('two'), 1300);
    look(2);
    expect(kept.text('response')).toBe(START);
    look(1);
    expect(kept.text('response')).toBe(START + word('one') + word('two'));
    const writes = kept.changes.length;
    look(8);
    expect(kept.changes.length).toBe(writes);
  });

  it('writes again what the store did not take', () => {
    stream(open(), START);
    kept.works = false;
    look(4);
    kept.works = true;
    look(1);
    expect(kept.text('response')).toBe(START);
    expect(kept.only.facts.requestBytes).toBe(REQUEST.length);
  });

  it('writes no body of a provider whose bodies are not kept', () => {
    keepsBodies = false;
    stream(open(), START);
    look(6);
    expect(kept.only.parts).toEqual([]);
    expect(kept.only.facts.responseBytes).toBe(START.length);
  });

  it('spreads the bodies of many calls over its looks, and their heads not', () => {
    const large = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'word '.repeat(100_000) }] });
    for (let call = 0; call < 20; call += 1) open().requestBody(Buffer.from(large), 1001);
    look(2);
    expect(kept.calls.size).toBe(20);
    const bytes = (): number =>
      [...kept.calls.values()].flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.bytes.length, 0);
    expect(bytes()).toBeLessThanOrEqual(1024 * 1024);
    look(4 * 20);
    expect([...kept.calls.values()].every(({ parts }) => parts.length === 1)).toBe(true);
  });

  it('gives a call the id that its record will have, whether it ends or not', async () => {
    const exchange = open();
    stream(exchange, START);
    look(2);
    const finished = await exchange.end(exchangeEnd(), 1500);
    expect(finished.id).toBe(kept.only.id);
  });

  it('is enough to meter the call once more: as interrupted, with what was seen', async () => {
    const exchange = open();
    stream(exchange, START);
    look(2);
    stream(exchange, word('Hello ') + word('world') + word('!').slice(0, 30), 1900);
    look(4);
    const finished = await interruptedExchange(kept.only, createMeter);
    const { metered, facts, end, id } = finished;
    expect(id).toBe(kept.only.id);
    expect(end.outcome).toBe('interrupted');
    expect(metered.usage).toMatchObject({ state: 'partial', input_tokens: 31 });
    expect(metered).toMatchObject({
      request_model: 'claude-sonnet-4-5',
      response_model: 'claude-sonnet-4-5-20250929',
      response_id: 'msg_1',
      status: 200,
      stream: true,
      firstContentAt: null,
    });
    expect(metered.assembled?.text).toBe('Hello world');
    expect(facts.requestBytes).toBe(REQUEST.length);
    expect(facts.responseBytes).toBe(exchange.facts.responseBytes);
    expect(facts.endedAt - facts.openedAt).toBe(900);
    expect(metered.requestHeaders.find(([name]) => name === 'X-Api-Key')?.[1]).not.toBe(KEY);
  });

  it('reads a compressed stream that it kept as it reads any', async () => {
    const exchange = open();
    const head = STREAM.replace('\r\n\r\n', '\r\nContent-Encoding: gzip\r\n\r\n');
    exchange.head('response', Buffer.from(head), 1100);
    exchange.responseBody(gzipSync(START + word('Hello')), 1200);
    await untilTrue(() => (exchange.view()?.response.length ?? 0) > START.length);
    look(2);
    expect(kept.only.facts.responseHead).not.toContain('gzip');
    const { metered } = await interruptedExchange(kept.only, createMeter);
    expect(metered.usage.input_tokens).toBe(31);
    expect(metered.anomalies).toEqual([]);
  });
});
