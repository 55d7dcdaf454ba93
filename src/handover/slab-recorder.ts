import type { MessagePort } from 'node:worker_threads';
import { OUTCOMES } from '../core/capture.ts';
import type { Counters } from '../core/counters.ts';
import { messageOf } from '../core/errors.ts';
import { NumberTable } from '../core/number-table.ts';
import type { Logger } from '../core/log.ts';
import type { ConnectionInfo, ExchangeEnd, RecorderPort, Side } from '../core/recorder-port.ts';
import { Awaited } from './awaited.ts';
import { ConnectionTable } from './connection-table.ts';
import { encodeConnection, encodeEnd, ROW, type RecorderMessage } from './rows.ts';
import { type Slab, SlabPool } from './slab.ts';
import { Tail } from './tail.ts';

export interface SlabRecorderOptions {
  counters: Counters;
  log: Logger;
  /** The recorder is gone: traffic goes on unrecorded until `attach` brings another. */
  onDetached?: (lostExchanges: number) => void;
  /** Bytes that the recorder has not read yet, at which bodies are cut. */
  budgetBytes?: number;
  /** Milliseconds that an end may wait for its record. */
  settleMs?: number;
}

/** Kept of a response while the recorder is behind. */
const TAIL_BYTES = 64 * 1024;
/** All tails together; beyond, each new one is small. A thousand stalled streams stay at 32 + 8 MB. */
const ALL_TAILS_BYTES = 32 * 1024 * 1024;
const SMALL_TAIL_BYTES = 8 * 1024;
const BUDGET_BYTES = 64 * 1024 * 1024;
const FLUSH_MS = 10;
const COUNTERS_MS = 1000;
/** A store that takes longer has failed, as far as the client is concerned. */
const SETTLE_MS = 250;
const LIVE_CONNECTIONS = 262_144;
/** With so many slabs unread the timer sends no more half-empty ones: a recorder that is behind gets full slabs. */
const UNREAD_SLABS = 4;

interface Live {
  /** Request body bytes left out and not yet told. */
  requestGap: number;
  tail: Tail | null;
}

/**
 * The net thread's side of the recorder: copies rows into slabs (a copy of 300 kB costs 0.18 ms, a transferred
 * relay chunk is lost to the relay) and hands them over every 10 ms, or when a slab is full. Never waits, never
 * throws, and never holds more than twice its budget: past the budget bodies are cut, at twice the budget new
 * exchanges are not recorded at all.
 */
export class SlabRecorder implements RecorderPort {
  readonly #options: SlabRecorderOptions;
  readonly #budget: number;
  readonly #pool = new SlabPool();
  readonly #connections = new ConnectionTable(LIVE_CONNECTIONS);
  readonly #live = new NumberTable<Live>();
  readonly #fences = new Map<number, () => void>();
  readonly #awaited: Awaited;
  /** Slabs out, oldest first: they are acknowledged in order. */
  readonly #unread: { size: number; ends: number }[] = [];
  #unreadBytes = 0;
  #tailBytes = 0;
  #port: MessagePort | null = null;
  #recorder = 0;
  #lastFence = 0;
  #slab: Slab | null = null;
  #timer: NodeJS.Timeout | null = null;
  #hurry: NodeJS.Immediate | null = null;
  #countersTimer: NodeJS.Timeout | null = null;
  #lastCounters = '';

  constructor(options: SlabRecorderOptions) {
    this.#options = options;
    this.#budget = options.budgetBytes ?? BUDGET_BYTES;
    this.#awaited = new Awaited(options.settleMs ?? SETTLE_MS, options.counters, options.log);
  }

  /** Bytes that the recorder has not read yet. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** From now on rows go to the recorder behind `port`; an earlier one is given up. */
  attach(port: MessagePort): void {
    if (this.#port !== null) this.#giveUp();
    this.#port = port;
    this.#recorder += 1;
    port.on('message', (message: RecorderMessage) => this.#receive(port, message));
    port.on('close', () => {
      if (this.#port === port) this.#detach();
    });
    port.unref();
    this.#lastCounters = '';
    this.#countersTimer = setInterval(() => this.#postCounters(), COUNTERS_MS).unref();
  }

  connection(info: ConnectionInfo): void {
    this.#forget(this.#connections.add(info));
  }

  disconnected(connection: number): void {
    this.#forget(this.#connections.end(connection));
  }

  open(exchange: number, connection: number, wall: number, at: number): void {
    const known = this.#connections.use(connection, this.#recorder);
    const refusal = this.#refusal(known === null);
    if (refusal !== null) {
      this.#drop(refusal);
      return;
    }
    if (known?.tell === true) this.#whole(ROW.connection, connection, 0, encodeConnection(known.info));
    this.#live.set(exchange, { requestGap: 0, tail: null });
    this.#row(ROW.open, exchange, at, connection, wall);
  }

  head(exchange: number, side: Side, head: Uint8Array, at: number): void {
    if (this.#live.get(exchange) === undefined) return;
    this.#whole(side === 'request' ? ROW.requestHead : ROW.responseHead, exchange, at, head);
  }

  body(exchange: number, side: Side, bytes: Uint8Array, at: number): void {
    const live = this.#live.get(exchange);
    if (live === undefined) return;
    if (side === 'request') this.#requestBody(exchange, live, bytes, at);
    else this.#responseBody(exchange, live, bytes, at);
  }

  end(exchange: number, end: ExchangeEnd, at: number, settled?: () => void): void {
    const live = this.#live.get(exchange);
    if (live === undefined) {
      if (settled !== undefined) this.#awaited.refuse('not_recorded', settled);
      return;
    }
    this.#tellRequestGap(exchange, live, at);
    this.#releaseTail(exchange, live, at, this.#unreadBytes > 2 * this.#budget);
    this.#live.delete(exchange);
    const kind = settled === undefined ? ROW.end : ROW.awaitedEnd;
    this.#whole(kind, exchange, at, encodeEnd(end), OUTCOMES.indexOf(end.outcome));
    if (this.#slab !== null) this.#slab.ends += 1;
    if (settled === undefined) return;
    this.#awaited.add(exchange, settled);
    // One slab for all the ends that this turn of the loop brings.
    this.#hurry ??= setImmediate(() => this.#send());
  }

  /** Resolves when all rows before it are recorded, or when there is no recorder to wait for. */
  flush(): Promise<void> {
    if (this.#port === null) return Promise.resolve();
    this.#postCounters();
    const fence = ++this.#lastFence;
    return new Promise((resolve) => {
      this.#fences.set(fence, resolve);
      this.#row(ROW.fence, fence, 0, 0, 0);
      this.#send();
    });
  }

  /** Hands over what is left and lets go of the recorder. */
  close(): void {
    const port = this.#port;
    if (port === null) return;
    this.#postCounters();
    this.#send();
    this.#letGo();
    port.close();
  }

  /** The recorder, too. */
  #forget(gone: ReturnType<ConnectionTable['end']>): void {
    if (gone === null || gone.toldTo !== this.#recorder || this.#port === null) return;
    this.#row(ROW.forget, gone.connection, 0, 0, 0);
  }

  #refusal(forgotten: boolean): string | null {
    if (this.#port === null) return 'recorder_down';
    if (forgotten) return 'connection_forgotten';
    return this.#unreadBytes > 2 * this.#budget ? 'recorder_stalled' : null;
  }

  #requestBody(exchange: number, live: Live, bytes: Uint8Array, at: number): void {
    // Requests give way first: no usage is in them.
    if (this.#unreadBytes + bytes.length > this.#budget * 0.75) {
      if (live.requestGap === 0) this.#drop('request_body_cut');
      live.requestGap += bytes.length;
      return;
    }
    this.#tellRequestGap(exchange, live, at);
    this.#pieces(ROW.requestBody, exchange, at, bytes);
  }

  #responseBody(exchange: number, live: Live, bytes: Uint8Array, at: number): void {
    if (this.#unreadBytes + bytes.length > this.#budget) {
      live.tail ??= new Tail(this.#tailBytes < ALL_TAILS_BYTES ? TAIL_BYTES : SMALL_TAIL_BYTES);
      const before = live.tail.kept;
      live.tail.push(bytes);
      this.#tailBytes += live.tail.kept - before;
      return;
    }
    this.#releaseTail(exchange, live, at, false);
    this.#pieces(ROW.responseBody, exchange, at, bytes);
  }

  #tellRequestGap(exchange: number, live: Live, at: number): void {
    if (live.requestGap > 0) this.#row(ROW.requestGap, exchange, at, 0, live.requestGap);
    live.requestGap = 0;
  }

  #releaseTail(exchange: number, live: Live, at: number, overLimit: boolean): void {
    const tail = live.tail;
    if (tail === null) return;
    live.tail = null;
    this.#tailBytes -= tail.kept;
    const missing = overLimit ? tail.missing + tail.kept : tail.missing;
    if (missing > 0) {
      this.#drop('response_body_cut');
      this.#row(ROW.responseGap, exchange, at, 0, missing);
    }
    if (overLimit) return;
    for (const bytes of tail.bytes()) this.#pieces(ROW.responseBody, exchange, at, bytes);
  }

  /** Bytes that may be cut over slabs. */
  #pieces(kind: number, exchange: number, at: number, bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.length) {
      const slab = this.#slabWith(1);
      const piece = bytes.subarray(offset, offset + slab.room);
      slab.put(kind, exchange, at, piece);
      offset += piece.length;
    }
  }

  /** Bytes that must stay in one piece: heads, JSON. */
  #whole(kind: number, exchange: number, at: number, bytes: Uint8Array, extra = 0): void {
    this.#slabWith(bytes.length).put(kind, exchange, at, bytes, extra);
  }

  #row(kind: number, exchange: number, at: number, offset: number, length: number): void {
    this.#slabWith(0).putRow(kind, exchange, at, offset, length);
  }

  #slabWith(bytes: number): Slab {
    if (this.#slab !== null && (this.#slab.full || this.#slab.room < bytes)) this.#send();
    this.#slab ??= this.#pool.take(bytes);
    this.#timer ??= setTimeout(() => this.#onTimer(), FLUSH_MS).unref();
    return this.#slab;
  }

  #onTimer(): void {
    this.#timer = null;
    // The next acknowledgement sends what waits.
    if (this.#unread.length < UNREAD_SLABS) this.#send();
  }

  #send(): void {
    const slab = this.#slab;
    if (slab === null || this.#port === null) return;
    this.#slab = null;
    this.#disarm();
    const message = slab.message();
    this.#unread.push({ size: slab.size, ends: slab.ends });
    this.#unreadBytes += slab.size;
    this.#port.postMessage(message, [message.buffer]);
  }

  #receive(port: MessagePort, message: RecorderMessage): void {
    if (port !== this.#port) return;
    if ('stored' in message) {
      this.#awaited.settle(message);
      return;
    }
    if ('fence' in message) {
      this.#fences.get(message.fence)?.();
      this.#fences.delete(message.fence);
      return;
    }
    this.#unreadBytes -= this.#unread.shift()?.size ?? 0;
    this.#pool.give(message.buffer);
    if (this.#timer === null && this.#unread.length < UNREAD_SLABS) this.#send();
  }

  #postCounters(): void {
    const counters = this.#options.counters.snapshot();
    const text = JSON.stringify(counters);
    if (text === this.#lastCounters) return;
    this.#lastCounters = text;
    this.#port?.postMessage({ counters });
  }

  #detach(): void {
    const lost = this.#giveUp();
    try {
      this.#options.onDetached?.(lost);
    } catch (error) {
      this.#options.log.error({ error: messageOf(error) }, 'the recorder is gone and its owner failed to act');
    }
  }

  /** Returns how many exchanges, live or handed over and unread, go with the recorder. */
  #giveUp(): number {
    const ended = this.#unread.reduce((sum, slab) => sum + slab.ends, this.#slab?.ends ?? 0);
    const lost = this.#live.size + ended;
    if (lost > 0) this.#options.counters.add('dropped', 'reason="recorder_died"', lost);
    this.#letGo();
    return lost;
  }

  #letGo(): void {
    this.#port = null;
    this.#slab = null;
    this.#live.clear();
    this.#tailBytes = 0;
    this.#unread.length = 0;
    this.#unreadBytes = 0;
    this.#disarm();
    if (this.#countersTimer !== null) clearInterval(this.#countersTimer);
    this.#countersTimer = null;
    for (const resolve of this.#fences.values()) resolve();
    this.#fences.clear();
    this.#awaited.releaseAll('recorder_down');
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#hurry !== null) clearImmediate(this.#hurry);
    this.#hurry = null;
  }

  #drop(reason: string): void {
    this.#options.counters.add('dropped', `reason="${reason}"`);
  }
}
