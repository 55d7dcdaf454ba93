import { afterEach, describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SLAB_BYTES } from '../../../src/handover/rows.ts';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';
import { untilTrue } from '../../support/async.ts';
import { HandoverPair, type KeepingMeter } from '../../support/fake-recorder.ts';

let pair: HandoverPair;

function open(options: ConstructorParameters<typeof HandoverPair>[0] = {}): HandoverPair {
  pair = new HandoverPair(options);
  pair.net.connection(connectionInfo({ connection: 1 }));
  return pair;
}

afterEach(() => pair.close());

/** Rows of one exchange, one function each, in their order. */
function rowsOf(exchange: number, request: Buffer, response: Buffer, cuts: readonly number[]): (() => void)[] {
  const { net } = pair;
  const chunks = (body: Buffer, side: 'request' | 'response'): (() => void)[] => {
    const rows: (() => void)[] = [];
    let from = 0;
    for (let turn = 0; from < body.length; turn += 1) {
      const piece = body.subarray(from, from + (cuts[turn % cuts.length] ?? 1));
      from += piece.length;
      rows.push(() => {
        // As a relay does it: the chunk is used again after the call.
        const chunk = Buffer.from(piece);
        net.body(exchange, side, chunk, exchange);
        chunk.fill(0);
      });
    }
    return rows;
  };
  return [
    () => net.open(exchange, 1, 1_700_000_000_000 + exchange, exchange),
    () => net.head(exchange, 'request', Buffer.from(`POST /${exchange} HTTP/1.1\r\n\r\n`), exchange),
    ...chunks(request, 'request'),
    () => net.head(exchange, 'response', Buffer.from(`HTTP/1.1 200 ${exchange}\r\n\r\n`), exchange + 0.5),
    ...chunks(response, 'response'),
    () => net.end(exchange, exchangeEnd(), exchange + 1.25),
  ];
}

function bodyOf(exchange: number, length: number): Buffer {
  return Buffer.alloc(length, `${exchange}:`);
}

describe('handover/slab-recorder', () => {
  it('delivers 50 interleaved exchanges byte by byte as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            request: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 60_000, max: 200_000 })),
            response: fc.integer({ min: 0, max: 5000 }),
            cuts: fc.array(fc.oneof(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 4000, max: 90_000 })), {
              minLength: 1,
              maxLength: 4,
            }),
          }),
          { minLength: 50, maxLength: 50 },
        ),
        fc.infiniteStream(fc.nat()),
        async (exchanges, picks) => {
          open();
          const waiting = exchanges.map((spec, index) =>
            rowsOf(index + 1, bodyOf(index + 1, spec.request), bodyOf(index + 1, spec.response), spec.cuts),
          );
          for (const pick of picks) {
            const rows = waiting[pick % waiting.length];
            if (rows === undefined) break;
            rows.shift()?.();
            if (rows.length === 0) waiting.splice(waiting.indexOf(rows), 1);
            if (waiting.length === 0) break;
          }
          await pair.net.flush();
          expect(pair.finished).toHaveLength(50);
          for (const meter of pair.meters) {
            const exchange = Number(/\/(\d+)/.exec(meter.requestHeads[0] ?? '')?.[1]);
            const spec = exchanges[exchange - 1]!;
            expect(meter.request.equals(bodyOf(exchange, spec.request))).toBe(true);
            expect(meter.response.equals(bodyOf(exchange, spec.response))).toBe(true);
            expect(meter.responseHeads).toEqual([`HTTP/1.1 200 ${exchange}\r\n\r\n`]);
          }
          expect(pair.counters.snapshot()).toEqual({});
          pair.close();
        },
      ),
      { numRuns: 10 },
    );
  });

  it('tells times, connection and how it ended', async () => {
    open();
    pair.net.connection(
      connectionInfo({ connection: 2, host: 'gpu.lan', port: 11_434, scheme: 'http', runId: 'run_1' }),
    );
    pair.net.open(7, 2, 1_700_000_000_123, 1000.25);
    pair.net.head(7, 'response', Buffer.from('HTTP/1.1 101 Switching\r\n\r\n'), 1010.5);
    const error = { type: 'upstream_reset', message: 'gone – ü' };
    pair.net.end(7, exchangeEnd({ outcome: 'upstream_aborted', error, opaqueResponseBytes: 9 }), 1020.75);
    await pair.net.flush();
    expect(pair.finished[0]).toMatchObject({
      facts: { wall: 1_700_000_000_123, openedAt: 1000.25, responseHeadAt: 1010.5, endedAt: 1020.75 },
      end: { outcome: 'upstream_aborted', error, opaqueRequestBytes: 0, opaqueResponseBytes: 9 },
    });
    expect(pair.finished[0]?.facts.connection).toMatchObject({ host: 'gpu.lan', port: 11_434, runId: 'run_1' });
  });

  it('records the next call of a connection that was idle while 20,000 others came and went', async () => {
    open();
    for (let connection = 2; connection <= 20_001; connection += 1) {
      pair.net.connection(connectionInfo({ connection }));
      pair.net.disconnected(connection);
    }
    for (const row of rowsOf(1, bodyOf(1, 1), bodyOf(1, 1), [1])) row();
    await pair.net.flush();
    expect(pair.finished).toHaveLength(1);
    // Those that are over are forgotten in time.
    pair.net.open(2, 2, 0, 0);
    expect(pair.counters.snapshot()).toEqual({ 'dropped{reason="connection_forgotten"}': 1 });
  });

  it('keeps a head in one piece, also one that is larger than a slab', async () => {
    open();
    const head = `POST / HTTP/1.1\r\nx: ${'y'.repeat(SLAB_BYTES + 10)}\r\n\r\n`;
    pair.net.open(1, 1, 0, 0);
    pair.net.body(1, 'request', Buffer.alloc(SLAB_BYTES - 100), 0);
    pair.net.head(1, 'request', Buffer.from(head), 0);
    pair.net.end(1, exchangeEnd(), 1);
    await pair.net.flush();
    expect(pair.meters[0]?.requestHeads).toEqual([head]);
  });

  it('hands over by itself within some milliseconds', async () => {
    open();
    for (const row of rowsOf(1, bodyOf(1, 10), bodyOf(1, 10), [10])) row();
    await untilTrue(() => pair.finished.length === 1, 'hand-over without a flush');
  });

  it('gets its buffers back: memory in flight returns to zero', async () => {
    open();
    for (let exchange = 1; exchange <= 20; exchange += 1) {
      for (const row of rowsOf(exchange, bodyOf(exchange, 100_000), bodyOf(exchange, 1000), [30_000])) row();
    }
    expect(pair.net.unreadBytes).toBeGreaterThan(1_000_000);
    await pair.net.flush();
    await untilTrue(() => pair.net.unreadBytes === 0, 'credit came back');
  });

  describe('while the recorder is behind', () => {
    const usage = Buffer.from('data: {"usage":{"output_tokens":42}}\n\n');

    it('cuts request bodies and says by how much', async () => {
      open({ budgetBytes: 400_000 });
      pair.hold();
      for (const row of rowsOf(1, bodyOf(1, 1_000_000), Buffer.from('ok'), [50_000])) row();
      expect(pair.net.unreadBytes).toBeLessThan(500_000);
      pair.release();
      await pair.net.flush();
      const meter = pair.meters[0]!;
      expect(meter.request.length).toBeLessThan(400_000);
      expect(meter.gaps).toEqual([`request ${1_000_000 - meter.request.length}`]);
      expect(pair.finished[0]?.facts).toMatchObject({
        requestBytes: 1_000_000,
        dropped: 1_000_000 - meter.request.length,
      });
      expect(meter.response.toString()).toBe('ok');
      expect(pair.counters.get('dropped', 'reason="request_body_cut"')).toBe(1);
    });

    it('keeps the tail of a response, where the usage is', async () => {
      open({ budgetBytes: 300_000 });
      pair.hold();
      pair.net.open(1, 1, 0, 0);
      for (let chunk = 0; chunk < 100; chunk += 1) pair.net.body(1, 'response', Buffer.alloc(10_000, 'x'), 1);
      pair.net.body(1, 'response', usage, 2);
      pair.net.end(1, exchangeEnd(), 3);
      pair.release();
      await pair.net.flush();
      const meter = pair.meters[0]!;
      expect(meter.response.subarray(-usage.length).equals(usage)).toBe(true);
      expect(meter.gaps).toHaveLength(1);
      expect(meter.response.length + Number(meter.gaps[0]?.split(' ')[1])).toBe(1_000_000 + usage.length);
      expect(pair.finished[0]?.facts.responseBytes).toBe(1_000_000 + usage.length);
    });

    it('goes on with whole bodies once the recorder has caught up', async () => {
      open({ budgetBytes: 300_000 });
      pair.hold();
      pair.net.open(1, 1, 0, 0);
      for (let chunk = 0; chunk < 100; chunk += 1) pair.net.body(1, 'response', Buffer.alloc(10_000, 'x'), 1);
      pair.release();
      await untilTrue(() => pair.net.unreadBytes === 0, 'credit came back');
      pair.net.body(1, 'response', usage, 2);
      pair.net.end(1, exchangeEnd(), 3);
      await pair.net.flush();
      const meter = pair.meters[0]!;
      expect(meter.response.subarray(-usage.length).equals(usage)).toBe(true);
      expect(meter.gaps).toHaveLength(1);
    });

    it('delivers heads and ends of what is open, and refuses new exchanges at twice the budget', async () => {
      open({ budgetBytes: 100_000 });
      pair.hold();
      pair.net.open(1, 1, 0, 0);
      for (let head = 0; head < 10; head += 1) pair.net.head(1, 'response', Buffer.alloc(60_000, 'h'), 1);
      expect(pair.net.unreadBytes).toBeGreaterThan(200_000);
      pair.net.open(2, 1, 0, 0);
      pair.net.body(2, 'request', Buffer.from('lost'), 0);
      pair.net.end(2, exchangeEnd(), 1);
      pair.net.end(1, exchangeEnd(), 2);
      pair.release();
      await pair.net.flush();
      expect(pair.finished).toHaveLength(1);
      expect(pair.counters.get('dropped', 'reason="recorder_stalled"')).toBe(1);
    });
  });

  describe('flush', () => {
    it('waits for exchanges that a decoder still drains', async () => {
      open();
      let settle!: () => void;
      const drained = new Promise<void>((resolve) => (settle = resolve));
      const create = pair.createMeter;
      pair.createMeter = (info) => {
        const meter = create(info) as KeepingMeter;
        const ended = meter.end();
        meter.end = () => drained.then(() => ended);
        return meter;
      };
      pair.net.open(1, 1, 0, 0);
      pair.net.end(1, exchangeEnd(), 1);
      let flushed = false;
      const flush = pair.net.flush().then(() => (flushed = true));
      await untilTrue(() => pair.receiver.live === 0, 'end row read');
      await nextTurn();
      expect(flushed).toBe(false);
      settle();
      await flush;
      expect(pair.finished).toHaveLength(1);
    });

    it('sends the counters first', async () => {
      open();
      pair.counters.add('upgrades', 'protocol="other"', 3);
      await pair.net.flush();
      expect(pair.netCounters).toEqual([{ 'upgrades{protocol="other"}': 3 }]);
    });

    it('resolves at once without a recorder', async () => {
      open({ attached: false });
      await expect(pair.net.flush()).resolves.toBeUndefined();
    });
  });

  describe('when the recorder dies', () => {
    it('counts what is lost, tells its owner, resolves fences and lets traffic go on', async () => {
      open();
      pair.net.open(1, 1, 0, 0);
      pair.net.open(2, 1, 0, 0);
      pair.hold();
      pair.net.end(2, exchangeEnd(), 1);
      const fence = pair.net.flush();
      pair.die();
      await fence;
      await untilTrue(() => pair.lost.length === 1, 'owner told');
      expect(pair.lost).toEqual([2]);
      expect(pair.counters.get('dropped', 'reason="recorder_died"')).toBe(2);
      pair.net.body(1, 'response', Buffer.from('x'), 2);
      pair.net.end(1, exchangeEnd(), 3);
      pair.net.open(3, 1, 0, 0);
      pair.net.end(3, exchangeEnd(), 3);
      expect(pair.counters.get('dropped', 'reason="recorder_down"')).toBe(1);
      expect(pair.net.unreadBytes).toBe(0);
    });

    it('tells the next recorder of old connections and records new exchanges on them', async () => {
      open();
      pair.net.open(1, 1, 0, 0);
      await pair.net.flush();
      pair.die();
      await untilTrue(() => pair.lost.length === 1, 'owner told');
      pair.attach();
      pair.net.body(1, 'response', Buffer.from('late row of a lost exchange'), 2);
      pair.net.end(1, exchangeEnd(), 3);
      pair.net.open(2, 1, 0, 0);
      pair.net.end(2, exchangeEnd(), 4);
      await pair.net.flush();
      expect(pair.finished).toHaveLength(1);
      expect(pair.finished[0]?.facts.connection.host).toBe('api.anthropic.com');
      expect(pair.recorderCounters.snapshot()).toEqual({});
    });
  });
});
