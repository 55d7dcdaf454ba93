import { afterEach, describe, expect, it } from 'vitest';
import { connectionInfo, exchangeEnd } from '../../support/exchanges.ts';
import { HandoverPair, KeepingMeter } from '../../support/fake-recorder.ts';

let pair: HandoverPair;

function open(options: ConstructorParameters<typeof HandoverPair>[0] = {}): HandoverPair {
  pair = new HandoverPair(options);
  pair.net.connection(connectionInfo({ connection: 1 }));
  return pair;
}

afterEach(() => pair.close());

function openExchange(exchange: number): void {
  pair.net.open(exchange, 1, 0, exchange);
  pair.net.head(exchange, 'request', Buffer.from(`POST /${exchange} HTTP/1.1\r\n\r\n`), exchange);
}

const boom = (): never => {
  throw new Error('boom');
};

describe('recorder/receive', () => {
  it.each(['requestHead', 'requestBody', 'responseHead', 'responseBody', 'end'] as const)(
    'loses one exchange only when its meter throws at %s',
    async (step) => {
      open();
      const create = pair.createMeter;
      pair.createMeter = (info) => Object.assign(create(info), pair.meters.length === 2 ? { [step]: boom } : {});
      for (const exchange of [1, 2, 3]) openExchange(exchange);
      for (const exchange of [1, 2, 3]) {
        pair.net.body(exchange, 'request', Buffer.from('ask'), 10);
        pair.net.head(exchange, 'response', Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), 11);
        pair.net.body(exchange, 'response', Buffer.from('answer'), 12);
        pair.net.end(exchange, exchangeEnd(), 13);
      }
      await pair.net.flush();
      expect(pair.finished.map(({ facts }) => facts.openedAt)).toEqual([1, 3]);
      expect(pair.recorderCounters.get('internal_errors', 'part="recorder"')).toBe(1);
      expect(pair.recorderCounters.get('dropped', 'reason="recorder_error"')).toBe(1);
      expect(pair.memory.held).toBe(0);
      expect(pair.receiver.live).toBe(0);
    },
  );

  it('loses one exchange only when a decoder rejects while it drains', async () => {
    open();
    const create = pair.createMeter;
    pair.createMeter = (info) =>
      Object.assign(create(info), pair.meters.length === 1 ? { end: () => Promise.reject(new Error('corrupt')) } : {});
    for (const exchange of [1, 2]) {
      openExchange(exchange);
      pair.net.end(exchange, exchangeEnd(), 10);
    }
    await pair.net.flush();
    expect(pair.finished).toHaveLength(1);
    expect(pair.recorderCounters.get('dropped', 'reason="recorder_error"')).toBe(1);
  });

  it('ends what is live as shutdown when it closes', async () => {
    open();
    openExchange(1);
    openExchange(2);
    pair.net.body(1, 'response', Buffer.from('half of an ans'), 50);
    pair.net.end(2, exchangeEnd(), 60);
    await pair.net.flush();
    await pair.receiver.close();
    expect(pair.finished.map(({ end }) => end.outcome)).toEqual(['complete', 'shutdown']);
    expect(pair.finished[1]?.facts.endedAt).toBe(50);
    expect(pair.receiver.live).toBe(0);
  });

  describe('when memory is short', () => {
    const KILOBYTES_300 = Buffer.alloc(300_000, 'q');

    it('keeps the beginning of each request, says what is missing, and stays bounded', async () => {
      open({ memoryBytes: 1_000_000 });
      for (let exchange = 1; exchange <= 200; exchange += 1) {
        openExchange(exchange);
        for (let offset = 0; offset < KILOBYTES_300.length; offset += 60_000) {
          pair.net.body(exchange, 'request', KILOBYTES_300.subarray(offset, offset + 60_000), exchange);
        }
        await pair.net.flush();
      }
      // 200 x 300 kB came; the cap, and one chunk for each.
      expect(pair.memory.held).toBeLessThan(1_000_000 + 200 * 65_536);
      expect(pair.memory.held).toBeLessThan(200 * 65_536);
      for (let exchange = 1; exchange <= 200; exchange += 1) pair.net.end(exchange, exchangeEnd(), 999);
      await pair.net.flush();
      expect(pair.memory.held).toBe(0);
      expect(pair.finished.every(({ facts }) => facts.requestBytes === 300_000)).toBe(true);
      const cut = pair.finished.filter(({ facts }) => facts.dropped > 0);
      expect(cut.length).toBeGreaterThan(190);
      expect(pair.meters.every((meter) => meter.request.length > 0)).toBe(true);
    });

    it('reads responses to their end but asks the meter to keep no more of them', async () => {
      open({ memoryBytes: 1000 });
      openExchange(1);
      for (let chunk = 0; chunk < 10; chunk += 1) pair.net.body(1, 'response', Buffer.alloc(500, 'a'), 1);
      pair.net.end(1, exchangeEnd(), 2);
      await pair.net.flush();
      const meter = pair.meters[0]!;
      expect(meter.stopped).toBe(true);
      expect(meter.response).toHaveLength(5000);
      expect(pair.finished[0]?.facts).toMatchObject({ responseBytes: 5000, dropped: 0 });
    });
  });

  it('gives every meter views that hold exactly its bytes', async () => {
    open();
    const lengths: number[] = [];
    pair.createMeter = (info) =>
      Object.assign(new KeepingMeter(info), { responseBody: (chunk: Uint8Array) => lengths.push(chunk.byteLength) });
    openExchange(1);
    pair.net.body(1, 'response', Buffer.from('abc'), 1);
    pair.net.body(1, 'response', Buffer.from('defgh'), 1);
    pair.net.end(1, exchangeEnd(), 2);
    await pair.net.flush();
    expect(lengths).toEqual([3, 5]);
  });
});
