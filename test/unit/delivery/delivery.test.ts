import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { StoredExchange } from '../../../src/core/transfer.ts';
import type { CallSource, NumberedCall } from '../../../src/delivery/call-source.ts';
import { Delivery, type DeliveryOptions } from '../../../src/delivery/delivery.ts';
import { DeliveryError, type Destination, TAKEN } from '../../../src/delivery/destination.ts';
import { begunAt, type DeliveryState } from '../../../src/delivery/state-file.ts';
import { untilTrue } from '../../support/async.ts';
import { aRecord } from '../../support/captures.ts';

/** Calls by their numbers; `null` = deleted. */
class Store implements CallSource {
  readonly calls: (StoredExchange | null)[] = [];

  add(over: Parameters<typeof aRecord>[0] = {}): void {
    const id = `call_${this.calls.length + 1}`;
    this.calls.push({ record: aRecord({ id, ...over }), request: null, response: null });
  }

  before = (since: string) => {
    const at = this.calls.findIndex((call) => call !== null && call.record.started_at >= since);
    return { seq: at === -1 ? this.calls.length : at, anchor: null, removals: 0 };
  };
  behind = ({ seq }: NumberedCall) => ({ seq, anchor: null, removals: 0 });
  found = <P>(place: P): P => place;
  after = (seq: number, limit: number) =>
    this.calls
      .map((exchange, index) => ({ seq: index + 1, exchange }))
      .filter((call): call is NumberedCall => call.exchange !== null && call.seq > seq)
      .slice(0, limit);
}

/** Another system, which answers as it is told. */
class Other implements Destination {
  readonly name = 'other';
  readonly address = 'http://other.test';
  readonly wantsBodies = false;
  batchSize = 10;
  readonly batches: string[][] = [];
  isClosed = false;
  answer: (ids: string[], signal: AbortSignal) => Promise<typeof TAKEN> = () => Promise.resolve(TAKEN);

  get ids(): string[] {
    return this.batches.flat();
  }

  send(calls: readonly StoredExchange[], signal: AbortSignal): Promise<typeof TAKEN> {
    const ids = calls.map(({ record }) => record.id);
    this.batches.push(ids);
    return this.answer(ids, signal);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

interface House {
  store: Store;
  other: Other;
  delivery: Delivery;
  /** As on disk. */
  state: () => DeliveryState | null;
  lines: { message: string; fields: Record<string, unknown> }[];
  rewind: (since: string) => void;
  options: DeliveryOptions;
}

/** @param from the state that is on disk; null = none */
function house(from: DeliveryState | null = begun(0), over: Partial<DeliveryOptions> = {}): House {
  const store = new Store();
  const other = new Other();
  const lines: House['lines'] = [];
  let state = from;
  let since: string | null = null;
  const line = (fields: object, message: string): void => void lines.push({ message, fields: { ...fields } });
  const options: DeliveryOptions = {
    destination: other,
    calls: store,
    keeper: {
      read: () => state,
      write: (next) => (state = structuredClone(next)),
      askedRewind: () => since,
      forgetRewind: () => (since = null),
    },
    clock: systemClock,
    random: () => 0,
    since: '2026-11-21T12:00:00.000Z',
    log: { debug: line, info: line, warn: line, error: line },
    pollMs: 2,
    retryMs: 2,
    maxRetryMs: 8,
    ...over,
  };
  const delivery = new Delivery(options);
  onTestFinished(() => delivery.stop(0));
  return { store, other, delivery, state: () => state, lines, rewind: (time) => (since = time), options };
}

const begun = (seq: number): DeliveryState => begunAt({ seq, anchor: null, removals: 0 });
const ids = (...numbers: number[]): string[] => numbers.map((number) => `call_${number}`);

describe('delivery/delivery', () => {
  it('begins with the calls since the start of the daemon, and remembers where', async () => {
    const { store, other, delivery, state } = house(null);
    store.add({ started_at: '2026-11-21T11:59:59.999Z' });
    delivery.start();
    await untilTrue(() => state() !== null);
    expect(state()).toMatchObject({ seq: 1, sent: 0, address: 'http://other.test' });
    store.add();
    store.add();
    await untilTrue(() => state()?.seq === 3);
    expect(other.ids).toEqual(ids(2, 3));
    expect(state()).toMatchObject({ sent: 2, refused: 0, missed: 0, error: null });
    expect(state()?.sent_at).toMatch(/Z$/);
  });

  it('goes on where the process before it ended, in batches that the other side can take', async () => {
    const { store, other, delivery, state } = house(begun(1));
    other.batchSize = 2;
    for (let made = 0; made < 6; made += 1) store.add();
    delivery.start();
    await untilTrue(() => state()?.seq === 6);
    expect(other.batches).toEqual([ids(2, 3), ids(4, 5), ids(6)]);
  });

  it('keeps its place until the other side has taken a batch, and sends it again', async () => {
    const { store, other, delivery, state, lines } = house();
    store.add();
    store.add();
    other.answer = () => {
      expect(state()?.seq ?? 0).toBe(0);
      return other.batches.length < 3
        ? Promise.reject(new DeliveryError('retry', 'it is away'))
        : Promise.resolve(TAKEN);
    };
    delivery.start();
    await untilTrue(() => state()?.seq === 2);
    expect(other.batches).toEqual([ids(1, 2), ids(1, 2), ids(1, 2)]);
    expect(state()).toMatchObject({ sent: 2, refused: 0 });
    await untilTrue(() => state()?.error === null);
    expect(lines.map(({ message }) => message)).toEqual([
      'calls cannot be sent at the moment; they wait in the database',
      'calls arrive again',
    ]);
  });

  it('says why nothing arrives for as long as nothing does, and since when', async () => {
    const { store, other, delivery, state } = house();
    store.add();
    other.answer = () => Promise.reject(new DeliveryError('settings', 'HTTP 401: no such key'));
    delivery.start();
    await untilTrue(() => state()?.error != null && other.batches.length > 3);
    const since = state()?.error?.since;
    await untilTrue(() => other.batches.length > 6);
    expect(state()).toMatchObject({ seq: 0, error: { message: 'HTTP 401: no such key', since } });
  });

  it('gives up the one call that is refused, and no other', async () => {
    const { store, other, delivery, state, lines } = house();
    for (let made = 0; made < 5; made += 1) store.add();
    other.answer = (sent) =>
      sent.includes('call_4') ? Promise.reject(new DeliveryError('refused', 'bad timestamp')) : Promise.resolve(TAKEN);
    delivery.start();
    await untilTrue(() => state()?.seq === 5);
    expect(other.batches.filter((batch) => !batch.includes('call_4')).flat()).toEqual(ids(1, 2, 3, 5));
    expect(state()).toMatchObject({
      sent: 4,
      refused: 1,
      last_refusal: { call_id: 'call_4', message: 'bad timestamp' },
      error: null,
    });
    expect(lines.map(({ fields }) => fields)).toMatchObject([{ calls: 1, error: 'bad timestamp' }]);
  });

  it('counts what the other side says it left out of a batch', async () => {
    const { store, other, delivery, state } = house();
    store.add();
    store.add();
    other.answer = () => Promise.resolve({ refused: 1, reason: 'a span without a name' });
    delivery.start();
    await untilTrue(() => state()?.seq === 2);
    expect(state()).toMatchObject({ sent: 1, refused: 1, last_refusal: { message: 'a span without a name' } });
  });

  it('sends less at once where that is too much, and what was taken of it not again', async () => {
    const { store, other, delivery, state } = house();
    for (let made = 0; made < 4; made += 1) store.add();
    let isAway = true;
    other.answer = (sent) => {
      if (sent.length > 2) return Promise.reject(new DeliveryError('too_large', 'HTTP 413'));
      if (!sent.includes('call_3') || !isAway) return Promise.resolve(TAKEN);
      isAway = false;
      return Promise.reject(new DeliveryError('retry', 'it is away'));
    };
    delivery.start();
    await untilTrue(() => state()?.seq === 4);
    expect(other.batches).toEqual([ids(1, 2, 3, 4), ids(1, 2), ids(3, 4), ids(3, 4)]);
    expect(state()).toMatchObject({ sent: 4, refused: 0 });
  });

  it('sends no imported call, and waits for none', async () => {
    const { store, other, delivery, state } = house();
    store.add({ anomalies: ['imported'] });
    store.add();
    store.add({ anomalies: ['imported'] });
    delivery.start();
    await untilTrue(() => state()?.seq === 3);
    expect(other.ids).toEqual(ids(2));
    expect(state()).toMatchObject({ sent: 1, refused: 0, missed: 0 });
  });

  it('counts calls that were deleted before they could be sent, once', async () => {
    const { store, delivery, state, rewind, other } = house();
    for (let made = 0; made < 5; made += 1) store.add();
    store.calls[1] = null;
    store.calls[2] = null;
    delivery.start();
    await untilTrue(() => state()?.seq === 5);
    expect(state()).toMatchObject({ sent: 3, missed: 2 });
    rewind('2000-01-01T00:00:00.000Z');
    await untilTrue(() => other.ids.length === 6);
    await untilTrue(() => state()?.sent === 6);
    expect(state()).toMatchObject({ missed: 2 });
  });

  it('sends again from a time on when somebody asks for it', async () => {
    const { store, other, delivery, state, rewind } = house();
    for (const hour of ['08', '09', '10']) store.add({ started_at: `2026-11-21T${hour}:00:00.000Z` });
    delivery.start();
    await untilTrue(() => state()?.seq === 3);
    rewind('2026-11-21T09:00:00.000Z');
    await untilTrue(() => other.ids.length === 5);
    expect(other.ids).toEqual(ids(1, 2, 3, 2, 3));
  });

  it('waits as long as the other side asks for', async () => {
    const waits: number[] = [];
    const { store, other, delivery, state, options } = house();
    store.add();
    let asked = 0;
    other.answer = () => {
      waits.push(options.clock.now());
      asked += 1;
      return asked === 1
        ? Promise.reject(new DeliveryError('retry', 'HTTP 429', { retryAfterMs: 60 }))
        : Promise.resolve(TAKEN);
    };
    delivery.start();
    await untilTrue(() => state()?.seq === 1);
    expect((waits[1] ?? 0) - (waits[0] ?? 0)).toBeGreaterThanOrEqual(59);
  });

  it('sends at its end what came last, and what cannot be sent then waits for the next start', async () => {
    const { store, other, delivery, state } = house(begun(0), { pollMs: 60_000, retryMs: 60_000, maxRetryMs: 60_000 });
    store.add();
    delivery.start();
    await untilTrue(() => state()?.seq === 1);
    store.add();
    await delivery.stop(5000);
    expect(other.ids).toEqual(ids(1, 2));
    expect(state()).toMatchObject({ seq: 2, sent: 2 });
    expect(other.isClosed).toBe(true);
  });

  it('is let go of at its end, however long the other side takes', async () => {
    const { store, other, delivery, state } = house();
    store.add();
    other.answer = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DeliveryError('retry', 'ended')), { once: true });
      });
    delivery.start();
    await untilTrue(() => other.batches.length === 1);
    await delivery.stop(1);
    expect(state()?.seq ?? 0).toBe(0);
    expect(other.isClosed).toBe(true);
  });

  it('sends nothing that it cannot remember having sent, and goes on when it can', async () => {
    let isFull = true;
    let kept: DeliveryState | null = begun(0);
    const keeper: DeliveryOptions['keeper'] = {
      read: () => kept,
      write: (next) => {
        if (isFull) throw new Error('ENOSPC: no space left on device');
        kept = next;
      },
      askedRewind: () => null,
      forgetRewind: () => {},
    };
    const { store, other, delivery, lines } = house(null, { keeper });
    store.add();
    delivery.start();
    await untilTrue(() => lines.length > 0);
    expect(lines[0]?.fields['error']).toMatch(/ENOSPC/);
    expect(other.batches).toEqual([]);
    isFull = false;
    await untilTrue(() => kept?.sent === 1);
    expect(other.ids).toEqual(ids(1));
  });
});
