import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CallRecord, Capture } from '../../../src/core/capture.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { Counters } from '../../../src/core/counters.ts';
import { silentLogger } from '../../../src/core/log.ts';
import { emptyPurge } from '../../../src/core/purge.ts';
import type { LiveChange } from '../../../src/core/live-call.ts';
import type { Sink } from '../../../src/core/sink.ts';
import { SlabRecorder } from '../../../src/handover/slab-recorder.ts';
import { loadRegistry } from '../../../src/providers/registry.ts';
import { JOURNAL_TICK_MS } from '../../../src/recorder/live-journal.ts';
import { Recorder, type RecorderOptions } from '../../../src/recorder/recorder.ts';
import { ExchangeMeter } from '../../../src/usage/meter.ts';
import { DEFAULT_LIMITS } from '../../../src/usage/metered.ts';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';

const directory = await loadRegistry();

class KeepingSink implements Sink {
  readonly name = 'keeping';
  readonly captures: Capture[] = [];
  flushed = 0;

  open(): void {}

  write(capture: Capture): void {
    this.captures.push(capture);
  }

  flush(): void {
    this.flushed = this.captures.length;
  }

  close(): void {}
}

interface House {
  net: SlabRecorder;
  recorder: Recorder;
  sink: KeepingSink;
  counters: Counters;
  recorderCounters: Counters;
  records: CallRecord[];
}

let house: House;

async function open(options: Partial<RecorderOptions> = {}): Promise<House> {
  const sink = new KeepingSink();
  const records: CallRecord[] = [];
  const counters = new Counters();
  const recorderCounters = new Counters();
  const recorder = new Recorder({
    createMeter: ({ host, port, provider }) =>
      new ExchangeMeter({ directory, host, port, provider, limits: DEFAULT_LIMITS }),
    price: () => ({ nanos: 1000, source: 'override', price_date: null, confidence: 'exact', lines: [] }),
    totals: { load: () => ({ models: [], since: null }), loadRun: () => [] },
    answers: { isCounted: () => false, submitted: () => null },
    sessions: { onLoaded: () => {}, session: () => null, callOfResponse: () => null },
    reprice: () => Promise.resolve({ models: [], next_cursor: null }),
    imports: { providerOf: () => null, isStored: () => false },
    estimator: null,
    keepsBodies: () => true,
    sinks: [sink],
    metricsText: (net) => JSON.stringify(net),
    onRecord: (record) => records.push(record),
    counters: recorderCounters,
    clock: systemClock,
    log: silentLogger,
    ...options,
  });
  await recorder.open();
  const net = new SlabRecorder({ counters, log: silentLogger });
  const { port1, port2 } = new MessageChannel();
  recorder.attach(port2);
  net.attach(port1);
  house = { net, recorder, sink, counters, recorderCounters, records };
  return house;
}

afterEach(async () => {
  vi.useRealTimers();
  house.net.close();
  await house.recorder.close();
});

function ask(exchange: number, connection: number, stream: boolean): void {
  const body = JSON.stringify({ model: `model-${exchange}`, stream, messages: [{ role: 'user', content: 'hi' }] });
  const head = `POST /v1/messages HTTP/1.1\r\nhost: api.anthropic.com\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nx-session-id: s-${exchange}\r\n\r\n`;
  house.net.open(exchange, connection, Date.now(), exchange);
  house.net.head(exchange, 'request', Buffer.from(head), exchange);
  house.net.body(exchange, 'request', Buffer.from(body), exchange);
}

/** The chunks of an answer that says `input` and `output` tokens. */
function answer(exchange: number, stream: boolean, input: number, output: number): string[] {
  const usage = { input_tokens: input, output_tokens: 1 };
  const message = {
    id: `msg_${exchange}`,
    type: 'message',
    role: 'assistant',
    model: `model-${exchange}`,
    content: [],
    usage,
  };
  if (!stream) return [JSON.stringify({ ...message, usage: { input_tokens: input, output_tokens: output } })];
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...Array.from({ length: 5 }, (_, index) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: `${exchange}.${index} ` },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: output } },
    { type: 'message_stop' },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function respond(exchange: number, stream: boolean): void {
  const type = stream ? 'text/event-stream' : 'application/json';
  house.net.head(exchange, 'response', Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n\r\n`), exchange + 1);
}

describe('recorder/recorder', () => {
  it('keeps no body while recording is off, and the usage all the same', async () => {
    const { recorder, net, sink } = await open();
    net.connection(connectionInfo({ connection: 1 }));
    const bodies = async (exchange: number): Promise<unknown[]> => {
      ask(exchange, 1, false);
      respond(exchange, false);
      net.body(exchange, 'response', Buffer.from(answer(exchange, false, 10, 20).join('')), exchange);
      net.end(exchange, exchangeEnd(), exchange);
      await net.flush();
      const capture = sink.captures.at(-1);
      expect(capture?.record.usage).toMatchObject({ input_tokens: 10, output_tokens: 20 });
      return [capture?.request.body.text, capture?.response?.body.text, capture?.parts?.request ?? null];
    };
    expect(recorder.tracing()).toBe(true);
    expect(recorder.tracing(false)).toBe(false);
    expect(await bodies(1)).toEqual([null, null, null]);
    recorder.tracing(true);
    expect(await bodies(2)).toEqual([
      expect.stringContaining('model-2'),
      expect.stringContaining('msg_2'),
      expect.anything(),
    ]);
  });

  it.each([
    ['while recording is off', false, true],
    ['where the store takes none', true, false],
  ])('keeps no body of a call in flight either %s', async (_, tracing, takesBodies) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const kept: LiveChange[] = [];
    const keep = (changes: readonly LiveChange[]): boolean => kept.push(...changes) > 0;
    const { recorder, net } = await open({ live: { takesBodies, keep, adopt: () => {}, discard: () => {} } });
    recorder.tracing(tracing);
    net.connection(connectionInfo({ connection: 1 }));
    ask(1, 1, false);
    await net.flush();
    vi.advanceTimersByTime(10 * JOURNAL_TICK_MS);
    expect(kept).toMatchObject([{ facts: { requestBytes: expect.any(Number) }, parts: [] }]);
    recorder.tracing(true);
    vi.advanceTimersByTime(10 * JOURNAL_TICK_MS);
    expect(kept.slice(1).flatMap(({ parts }) => parts.map(({ side }) => side))).toEqual(tracing ? [] : ['request']);
  });

  it('asks the store for what it knows of sessions again when calls were purged', async () => {
    const names = { client_session_id: 's-1', parent_session_id: null };
    const life = {
      open: () => {},
      close: () => Promise.resolve(),
      metrics: () => '',
      prune: () => Promise.reject(new Error('not asked')),
      purge: () => Promise.resolve({ ...emptyPurge(), calls: 1 }),
      pin: () => 'unknown' as const,
    };
    let isPurged = false;
    const { recorder, net, sink } = await open({
      life,
      sessions: {
        onLoaded: () => {},
        session: (id) => (isPurged ? { facts: { id, ...names, title: null, title_rank: 1000 }, toolCalls: 0 } : null),
        callOfResponse: () => null,
      },
    });
    net.connection(connectionInfo({ connection: 1 }));
    const title = async (): Promise<unknown> => {
      ask(1, 1, false);
      respond(1, false);
      net.end(1, exchangeEnd(), 1);
      await net.flush();
      return sink.captures.at(-1)?.session?.session.title;
    };
    expect(await title()).toBe('hi');
    isPurged = true;
    await recorder.purge({ kind: 'session', id: 's-1' }, null);
    expect(await title()).toBeNull();
  });

  it('meters 100 interleaved exchanges without a mix-up', async () => {
    await open();
    const exchanges = Array.from({ length: 100 }, (_, index) => index + 1);
    const waiting = new Map<number, string[]>();
    for (const exchange of exchanges) {
      house.net.connection(connectionInfo({ connection: exchange, runId: exchange % 2 === 0 ? 'run_even' : null }));
      ask(exchange, exchange, exchange % 3 !== 0);
    }
    for (const exchange of exchanges) {
      respond(exchange, exchange % 3 !== 0);
      waiting.set(exchange, answer(exchange, exchange % 3 !== 0, 1000 + exchange, 5000 + exchange));
    }
    while (waiting.size > 0) {
      for (const [exchange, chunks] of waiting) {
        const chunk = chunks.shift();
        if (chunk !== undefined) house.net.body(exchange, 'response', Buffer.from(chunk), exchange + 2);
        else {
          house.net.end(exchange, exchangeEnd(), exchange + 3);
          waiting.delete(exchange);
        }
      }
    }
    await house.net.flush();
    expect(house.sink.captures).toHaveLength(100);
    for (const { record, assembled } of house.sink.captures) {
      const exchange = Number(record.session_id?.slice(2));
      expect(record).toMatchObject({
        request_model: `model-${exchange}`,
        response_model: `model-${exchange}`,
        response_id: `msg_${exchange}`,
        usage: { input_tokens: 1000 + exchange, output_tokens: 5000 + exchange, state: 'final' },
        run_id: exchange % 2 === 0 ? 'run_even' : null,
        duration_ms: 3,
        outcome: 'complete',
      });
      if (record.stream) expect(assembled?.text).toBe([0, 1, 2, 3, 4].map((index) => `${exchange}.${index} `).join(''));
    }
    expect(house.records).toHaveLength(100);
    expect(house.recorder.stats()).toMatchObject({ total_requests: 100, input_tokens: 105_050, cost_usd: 100e-6 });
    expect(new Set(house.records.map(({ id }) => id)).size).toBe(100);
  });

  it('has every call of a run in its summary once a fence has passed', async () => {
    await open();
    for (let call = 1; call <= 50; call += 1) {
      const runId = call % 2 === 0 ? 'run_a' : 'run_b';
      house.net.connection(connectionInfo({ connection: call, runId }));
      ask(call, call, false);
      respond(call, false);
      house.net.body(call, 'response', Buffer.from(answer(call, false, call, 1).join('')), call + 1);
      house.net.end(call, exchangeEnd(), call + 2);
      if (call % 10 === 0) {
        await house.net.flush();
        expect(house.recorder.runSummary('run_a').totals.requests).toBe(call / 2);
        expect(house.recorder.runSummary('run_b').totals.requests).toBe(call / 2);
      }
    }
    expect(house.recorder.runSummary('run_a').totals.input_tokens).toBe(650);
  });

  it('records a cut stream as partial and never as 0', async () => {
    await open();
    house.net.connection(connectionInfo());
    ask(1, 1, true);
    respond(1, true);
    const [start = ''] = answer(1, true, 77, 5);
    house.net.body(1, 'response', Buffer.from(start), 3);
    house.net.end(1, exchangeEnd({ outcome: 'client_aborted' }), 4);
    ask(2, 1, true);
    house.net.end(2, exchangeEnd({ outcome: 'upstream_aborted' }), 5);
    await house.net.flush();
    const [cut, silent] = house.records;
    expect(cut).toMatchObject({
      outcome: 'client_aborted',
      usage: { input_tokens: 77, output_tokens: null, state: 'partial' },
    });
    expect(silent).toMatchObject({ usage: { input_tokens: null, output_tokens: null, state: 'none' }, cost_usd: null });
    expect(house.recorder.stats()).toMatchObject({ total_requests: 2, errors: 1, calls_without_usage: 1 });
  });

  it('lists a model list but does not count it as a request', async () => {
    await open();
    house.net.connection(connectionInfo());
    house.net.open(1, 1, Date.now(), 1);
    house.net.head(1, 'request', Buffer.from('GET /v1/models HTTP/1.1\r\nhost: api.anthropic.com\r\n\r\n'), 1);
    respond(1, false);
    house.net.body(1, 'response', Buffer.from('{"data":[]}'), 2);
    house.net.end(1, exchangeEnd(), 3);
    await house.net.flush();
    expect(house.records).toMatchObject([{ method: 'GET', path: '/v1/models', inference: false }]);
    expect(house.recorder.stats().total_requests).toBe(0);
  });

  it('records a call whose price cannot be found out', async () => {
    await open({
      price: () => {
        throw new Error('no table');
      },
    });
    house.net.connection(connectionInfo());
    ask(1, 1, false);
    respond(1, false);
    house.net.body(1, 'response', Buffer.from(answer(1, false, 3, 4).join('')), 2);
    house.net.end(1, exchangeEnd(), 3);
    await house.net.flush();
    expect(house.records).toMatchObject([{ usage: { input_tokens: 3 }, cost_usd: null }]);
    expect(house.recorderCounters.get('internal_errors', 'part="pricing"')).toBe(1);
  });

  it('hands the counters of the net thread to the metrics, and says how its sinks are', async () => {
    await open();
    house.counters.add('upgrades', 'protocol="other"', 1);
    house.net.connection(connectionInfo());
    house.net.open(1, 1, 0, 0);
    await house.net.flush();
    expect(JSON.parse(await house.recorder.metrics())).toEqual({ 'upgrades{protocol="other"}': 1 });
    expect(house.recorder.health()).toMatchObject({ live: 1, sinks: [{ name: 'keeping', state: 'open' }] });
  });

  it('ends what is live as shutdown and flushes its sinks when it closes', async () => {
    await open();
    house.net.connection(connectionInfo());
    ask(1, 1, true);
    respond(1, true);
    house.net.body(1, 'response', Buffer.from(answer(1, true, 9, 5)[0] ?? ''), 3);
    await house.net.flush();
    await house.recorder.close();
    expect(house.records).toMatchObject([{ outcome: 'shutdown', usage: { input_tokens: 9, state: 'partial' } }]);
    expect(house.sink.flushed).toBe(1);
  });
});
