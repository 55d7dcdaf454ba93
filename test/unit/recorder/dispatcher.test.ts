import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Capture } from '../../../src/core/capture.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { Counters } from '../../../src/core/counters.ts';
import { silentLogger } from '../../../src/core/log.ts';
import type { Settled, Sink } from '../../../src/core/sink.ts';
import { CalmLog } from '../../../src/recorder/calm-log.ts';
import { Dispatcher } from '../../../src/recorder/dispatcher.ts';
import type { SinkRunnerOptions } from '../../../src/recorder/sink-runner.ts';
import { capture } from '../../support/exchanges.ts';

const counters = { current: new Counters() };

class MemorySink implements Sink {
  readonly name: string;
  readonly ids: string[] = [];

  constructor(name = 'memory') {
    this.name = name;
  }

  open(): void | Promise<void> {}

  write({ record }: Capture): void {
    this.ids.push(record.id);
  }

  flush(): void | Promise<void> {}

  close(): void | Promise<void> {}
}

const never = (): Promise<void> => new Promise(() => {});
const boom = (): never => {
  throw new Error('boom');
};

function dispatcherOf(sinks: Sink[], options: Partial<SinkRunnerOptions> = {}): Dispatcher {
  counters.current = new Counters();
  const log = new CalmLog(silentLogger, systemClock);
  return new Dispatcher(sinks, { counters: counters.current, log, ...options });
}

function sinkWith(parts: Partial<Sink>): MemorySink {
  return Object.assign(new MemorySink('bad'), parts);
}

function send(dispatcher: Dispatcher, count: number): string[] {
  const ids = Array.from({ length: count }, (_, index) => `call_${index}`);
  for (const id of ids) dispatcher.dispatch(capture({ id }));
  return ids;
}

describe('recorder/dispatcher', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('asks the durable sink alone to say that a capture is stored', async () => {
    const asked: (Settled | undefined)[] = [];
    const keep = (_capture: Capture, settled?: Settled): void => void asked.push(settled);
    const dispatcher = dispatcherOf([sinkWith({ write: keep }), sinkWith({ write: keep, isDurable: true })]);
    await dispatcher.open();
    const settled = vi.fn<Settled>();
    dispatcher.dispatch(capture(), settled);
    expect(asked).toEqual([undefined, settled]);
    expect(settled).not.toHaveBeenCalled();
  });

  it.each<[string, Sink[]]>([
    ['there is no durable sink', [new MemorySink()]],
    ['the durable sink throws', [sinkWith({ write: boom, isDurable: true })]],
    ['the durable sink does not open', [sinkWith({ open: never, isDurable: true })]],
  ])('says at once that nothing is stored when %s', async (_, sinks) => {
    const dispatcher = dispatcherOf(sinks, { timeoutMs: 10 });
    void dispatcher.open();
    await vi.advanceTimersByTimeAsync(5);
    const settled = vi.fn<Settled>();
    dispatcher.dispatch(capture(), settled);
    expect(settled.mock.calls).toEqual([[false]]);
  });

  it.each<[string, Partial<Sink>]>([
    ['throws at write', { write: boom }],
    ['throws at open', { open: boom }],
    ['rejects at open', { open: () => Promise.reject(new Error('disk')) }],
    [
      'rejects at flush and close',
      { flush: () => Promise.reject(new Error('x')), close: () => Promise.reject(new Error('y')) },
    ],
    ['hangs at flush and close', { flush: never, close: never }],
    ['hangs at open', { open: never }],
  ])('serves the other sinks when one %s', async (_, parts) => {
    const good = new MemorySink('good');
    const dispatcher = dispatcherOf([sinkWith(parts), good], { timeoutMs: 100 });
    const opened = dispatcher.open();
    await vi.advanceTimersByTimeAsync(100);
    await opened;
    const ids = send(dispatcher, 100);
    expect(good.ids).toEqual(ids);
    const closed = dispatcher.close();
    await vi.advanceTimersByTimeAsync(200);
    await closed;
    expect(dispatcher.health.map(({ state }) => state)).toEqual(['closed', 'closed']);
  });

  it('counts each capture that a throwing sink loses', async () => {
    const dispatcher = dispatcherOf([sinkWith({ write: boom })]);
    await dispatcher.open();
    send(dispatcher, 5);
    expect(counters.current.get('dropped', 'reason="sink_error",sink="bad"')).toBe(5);
    expect(dispatcher.health).toMatchObject([{ state: 'open', dropped: 5, error: 'boom' }]);
  });

  it('tries a sink again that refuses to open at once, without a promise', async () => {
    let isReady = false;
    const sink = sinkWith({
      open: () => {
        if (!isReady) throw new Error('not yet');
      },
    });
    const dispatcher = dispatcherOf([sink], { retryMs: 10 });
    await dispatcher.open();
    expect(dispatcher.health[0]).toMatchObject({ state: 'failing', error: 'not yet' });
    const ids = send(dispatcher, 2);
    isReady = true;
    await vi.advanceTimersByTimeAsync(20);
    expect(dispatcher.health[0]).toMatchObject({ state: 'open', error: null });
    expect(sink.ids).toEqual(ids);
  });

  it('says what keeps a sink from writing that is open', async () => {
    const sink = sinkWith({ trouble: 'the disk is full' });
    const dispatcher = dispatcherOf([sink]);
    await dispatcher.open();
    expect(dispatcher.health[0]).toMatchObject({ state: 'failing', error: 'the disk is full' });
    Object.assign(sink, { trouble: null });
    expect(dispatcher.health[0]).toMatchObject({ state: 'open', error: null });
  });

  it('counts among its losses what a sink itself could not write', async () => {
    const dispatcher = dispatcherOf([new MemorySink('bad'), new MemorySink('bad_luck')]);
    await dispatcher.open();
    counters.current.add('dropped', 'reason="disk_full",sink="bad"', 3);
    counters.current.add('dropped', 'reason="read_only",sink="bad"', 4);
    counters.current.add('dropped', 'reason="recorder_down"', 5);
    expect(dispatcher.health).toMatchObject([{ dropped: 7 }, { dropped: 0 }]);
  });

  it('closes a sink that fails again and again, opens it anew and gives it what waited', async () => {
    let broken = true;
    const sink = new MemorySink();
    const write = sink.write.bind(sink);
    sink.write = (one) => (broken ? boom() : write(one));
    const opens = vi.spyOn(sink, 'open').mockReturnValue();
    const closes = vi.spyOn(sink, 'close').mockReturnValue();
    const dispatcher = dispatcherOf([sink], { retryMs: 1000 });
    await dispatcher.open();
    send(dispatcher, 15);
    expect(dispatcher.health).toMatchObject([{ state: 'failing', dropped: 10, queued: 5 }]);
    broken = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(closes).toHaveBeenCalledTimes(1);
    expect(opens).toHaveBeenCalledTimes(2);
    expect(sink.ids).toEqual(['call_10', 'call_11', 'call_12', 'call_13', 'call_14']);
    expect(dispatcher.health).toMatchObject([{ state: 'open', dropped: 10, queued: 0, error: null }]);
  });

  it('tries a sink that cannot open again, less and less often', async () => {
    const open = vi.fn<() => Promise<void>>().mockRejectedValue(new Error('no disk'));
    const dispatcher = dispatcherOf([sinkWith({ open })], { retryMs: 1000, maxRetryMs: 4000 });
    await dispatcher.open();
    const attempts: number[] = [];
    for (let second = 0; second < 16; second += 1) {
      attempts.push(open.mock.calls.length);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(attempts).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6]);
    expect(dispatcher.health).toMatchObject([{ state: 'failing', error: 'no disk' }]);
    await dispatcher.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open).toHaveBeenCalledTimes(6);
  });

  it('does not open twice a sink whose opening hangs', async () => {
    const open = vi.fn<() => Promise<void>>().mockImplementation(never);
    const dispatcher = dispatcherOf([sinkWith({ open })], { timeoutMs: 100, retryMs: 100 });
    void dispatcher.open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('bounds by count what waits for a sink, and counts the rest', async () => {
    const sink = sinkWith({ open: never });
    const dispatcher = dispatcherOf([sink], { queueCaptures: 3 });
    void dispatcher.open();
    send(dispatcher, 5);
    expect(dispatcher.health).toMatchObject([{ queued: 3, dropped: 2 }]);
    expect(counters.current.get('dropped', 'reason="queue_full",sink="bad"')).toBe(2);
    await dispatcher.close();
    expect(counters.current.get('dropped', 'reason="sink_closed",sink="bad"')).toBe(3);
  });

  it('bounds by bytes what waits for a sink', () => {
    const dispatcher = dispatcherOf([sinkWith({ open: never })], { queueBytes: 250_000 });
    void dispatcher.open();
    const large = capture();
    const body = { text: 'x'.repeat(100_000), wireBytes: 100_000, truncated: false, masked: false };
    for (let call = 0; call < 3; call += 1) dispatcher.dispatch({ ...large, request: { ...large.request, body } });
    expect(dispatcher.health).toMatchObject([{ queued: 2, dropped: 1 }]);
  });
});
