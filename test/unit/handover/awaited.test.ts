import { afterEach, describe, expect, it } from 'vitest';
import { untilTrue } from '../../support/async.ts';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';
import { HandoverPair } from '../../support/fake-recorder.ts';

let pair: HandoverPair;

function open(options: ConstructorParameters<typeof HandoverPair>[0] = {}): HandoverPair {
  pair = new HandoverPair(options);
  pair.net.connection(connectionInfo({ connection: 1 }));
  return pair;
}

afterEach(() => pair.close());

/** An exchange that somebody waits for; says who was let go. */
function call(exchange: number, released: number[]): void {
  const { net } = pair;
  net.open(exchange, 1, 1_700_000_000_000, exchange);
  net.head(exchange, 'request', Buffer.from('POST / HTTP/1.1\r\n\r\n'), exchange);
  net.end(exchange, exchangeEnd(), exchange + 1, () => released.push(exchange));
}

const releases = (): Record<string, number> =>
  Object.fromEntries(Object.entries(pair.counters.snapshot()).filter(([key]) => key.startsWith('durability_released')));

describe('handover/awaited', () => {
  it('lets go of each that waits when its call is on record, and not before', async () => {
    open({ settleMs: 900_000 });
    const stored: ((is: boolean) => void)[] = [];
    pair.settle = (settled) => void stored.push(settled);
    const released: number[] = [];
    for (const exchange of [1, 2, 3]) call(exchange, released);
    await untilTrue(() => stored.length === 3);
    expect(released).toEqual([]);
    stored[1]?.(true);
    await untilTrue(() => released.length === 1);
    stored[0]?.(true);
    stored[2]?.(true);
    await untilTrue(() => released.length === 3);
    expect(released).toEqual([2, 1, 3]);
    expect(releases()).toEqual({});
  });

  it('sends at once what somebody waits for, all ends of one turn in one slab', async () => {
    open({ settleMs: 900_000 });
    const released: number[] = [];
    const began = performance.now();
    for (let exchange = 1; exchange <= 20; exchange += 1) call(exchange, released);
    expect(pair.net.unreadBytes).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    const one = pair.net.unreadBytes;
    expect(one).toBeGreaterThan(0);
    expect(one).toBeLessThan(2 * 64 * 1024);
    await untilTrue(() => released.length === 20);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('lets go, and counts, when the record fails', async () => {
    open({ settleMs: 900_000 });
    pair.settle = (settled) => settled(false);
    const released: number[] = [];
    call(1, released);
    await untilTrue(() => released.length === 1);
    expect(releases()).toEqual({ 'durability_released{reason="store_failed"}': 1 });
  });

  it('lets go, and counts, when the time is over, and takes no answer that comes later', async () => {
    open({ settleMs: 5 });
    const stored: ((is: boolean) => void)[] = [];
    pair.settle = (settled) => void stored.push(settled);
    const released: number[] = [];
    call(1, released);
    await untilTrue(() => released.length === 1 && stored.length === 1);
    stored[0]?.(true);
    await pair.net.flush();
    expect(released).toEqual([1]);
    expect(releases()).toEqual({ 'durability_released{reason="timeout"}': 1 });
  });

  it('lets all go when the recorder dies, and each at once while there is none', async () => {
    open({ settleMs: 900_000 });
    pair.settle = () => {};
    const released: number[] = [];
    call(1, released);
    call(2, released);
    await untilTrue(() => pair.finished.length === 2);
    pair.die();
    await untilTrue(() => released.length === 2);
    call(3, released);
    expect(released).toEqual([1, 2, 3]);
    expect(releases()).toEqual({
      'durability_released{reason="recorder_down"}': 2,
      'durability_released{reason="not_recorded"}': 1,
    });
  });

  it('answers for an exchange that cannot be recorded', async () => {
    open({ settleMs: 900_000 });
    pair.createMeter = () => {
      throw new Error('no meter');
    };
    const released: number[] = [];
    call(1, released);
    await untilTrue(() => released.length === 1);
    expect(releases()).toEqual({ 'durability_released{reason="store_failed"}': 1 });
  });
});
