import type { Outcome } from '../core/capture.ts';
import { newId } from '../core/ids.ts';
import type { ConnectionInfo, ExchangeEnd, Side } from '../core/recorder-port.ts';
import type { Metered, MeterProgress, MeterView } from '../usage/metered.ts';
import type { BodyMemory } from './body-memory.ts';
import type { JournalMark } from './live-journal.ts';

/** What the recorder needs of usage/meter.ts. Bytes are valid during the call only. */
export interface Meter {
  requestHead(raw: Uint8Array): void;
  requestBody(chunk: Uint8Array): void;
  responseHead(raw: Uint8Array, at: number): void;
  responseBody(chunk: Uint8Array, at: number): void;
  /** So many body bytes are missing at this place. */
  requestGap(bytes: number): void;
  responseGap(bytes: number): void;
  /** What has come so far. */
  view?(): MeterView;
  /** What it says so far. @param length of the text: so much of its end, in characters */
  progress?(length: number): MeterProgress;
  /** Memory is short: keep no more of a streamed body, but read on. */
  stopKeeping?(): void;
  end(outcome: Outcome, at: number): Metered | Promise<Metered>;
}

/** What the rows say of one exchange beside what its bytes say. Times: `clock.now()` of the net thread. */
export interface ExchangeFacts {
  readonly connection: ConnectionInfo;
  readonly wall: number;
  readonly openedAt: number;
  responseHeadAt: number | null;
  endedAt: number;
  /** Body bytes on the wire, kept or not. */
  requestBytes: number;
  responseBytes: number;
  /** Body bytes that were not kept for want of memory. */
  dropped: number;
}

export interface FinishedExchange {
  /** Under which the journal or the live view knows it; absent or null = its record gives it one. */
  id?: string | null;
  facts: ExchangeFacts;
  end: ExchangeEnd;
  metered: Metered;
  /** The name of its conversation, where it was recorded elsewhere. What the request itself says comes first. */
  session?: string | null;
}

/** A request is known by its first kilobytes (`model` mostly comes first), so that much is read even when memory is short. */
const ALWAYS_READ = 16 * 1024;

/** One exchange from its first row to its last. */
export class LiveExchange {
  readonly facts: ExchangeFacts;
  /** Of the journal; null = it has not seen this exchange. */
  mark: JournalMark | null = null;
  readonly #meter: Meter;
  readonly #memory: BodyMemory;
  #id: string | null = null;
  #held = 0;
  #keeping = true;
  #requestCut = false;

  constructor(connection: ConnectionInfo, wall: number, openedAt: number, meter: Meter, memory: BodyMemory) {
    this.facts = {
      connection,
      wall,
      openedAt,
      responseHeadAt: null,
      endedAt: openedAt,
      requestBytes: 0,
      responseBytes: 0,
      dropped: 0,
    };
    this.#meter = meter;
    this.#memory = memory;
  }

  /** That its record will have; made when it is first asked for. */
  get id(): string {
    this.#id ??= newId('call', this.facts.wall);
    return this.#id;
  }

  head(side: Side, raw: Uint8Array, at: number): void {
    this.facts.endedAt = at;
    if (side === 'request') {
      this.#meter.requestHead(raw);
      return;
    }
    this.facts.responseHeadAt ??= at;
    this.#meter.responseHead(raw, at);
  }

  requestBody(chunk: Uint8Array, at: number): void {
    this.facts.endedAt = at;
    if (this.#requestCut || (this.#memory.short && this.facts.requestBytes >= ALWAYS_READ)) {
      this.#requestCut = true;
      this.#missing('request', chunk.length);
      return;
    }
    this.facts.requestBytes += chunk.length;
    this.#hold(chunk.length);
    this.#meter.requestBody(chunk);
  }

  responseBody(chunk: Uint8Array, at: number): void {
    this.facts.endedAt = at;
    this.facts.responseBytes += chunk.length;
    if (this.#keeping && this.#memory.short) {
      this.#keeping = false;
      this.#meter.stopKeeping?.();
    }
    if (this.#keeping) this.#hold(chunk.length);
    this.#meter.responseBody(chunk, at);
  }

  /** @param bytes lost on the way from the net thread. */
  gap(side: Side, bytes: number): void {
    if (side === 'request') this.#requestCut = true;
    this.#missing(side, bytes);
  }

  /** Null = its meter does not tell. */
  view(): MeterView | null {
    return this.#meter.view?.() ?? null;
  }

  /** Null = its meter does not tell. */
  progress(length: number): MeterProgress | null {
    return this.#meter.progress?.(length) ?? null;
  }

  /** The last call; a promise only when a decoder must drain. The memory counts as given back at once. */
  end(end: ExchangeEnd, at: number): FinishedExchange | Promise<FinishedExchange> {
    this.facts.endedAt = at;
    this.release();
    const metered = this.#meter.end(end.outcome, at);
    const finish = (metered: Metered): FinishedExchange => ({
      id: this.#id,
      facts: this.facts,
      end,
      metered,
    });
    return metered instanceof Promise ? metered.then(finish) : finish(metered);
  }

  release(): void {
    this.#memory.release(this.#held);
    this.#held = 0;
  }

  #missing(side: Side, bytes: number): void {
    this.facts.dropped += bytes;
    if (side === 'request') {
      this.facts.requestBytes += bytes;
      this.#meter.requestGap(bytes);
    } else {
      this.facts.responseBytes += bytes;
      this.#meter.responseGap(bytes);
    }
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#memory.hold(bytes);
  }
}
