import type { Counters } from '../core/counters.ts';
import type { Logger } from '../core/log.ts';
import type { SettledMessage } from './rows.ts';

/** Why an end went out unsettled. */
export type ReleaseReason = 'timeout' | 'store_failed' | 'recorder_down' | 'not_recorded';

interface Waiting {
  settled: () => void;
  timer: NodeJS.Timeout;
}

/** People are told that answers go out unsettled, and told no more for so long. */
const CALM_MS = 60_000;

/** Who waits for the record of a call. Each is answered once, at the latest when its time is over. */
export class Awaited {
  readonly #waiting = new Map<number, Waiting>();
  readonly #waitMs: number;
  readonly #counters: Counters;
  readonly #log: Logger;
  #isCalm = true;

  constructor(waitMs: number, counters: Counters, log: Logger) {
    this.#waitMs = waitMs;
    this.#counters = counters;
    this.#log = log;
  }

  add(exchange: number, settled: () => void): void {
    const timer = setTimeout(() => this.#release(exchange, 'timeout'), this.#waitMs);
    this.#waiting.set(exchange, { settled, timer });
  }

  settle({ stored, lost }: SettledMessage): void {
    for (const exchange of stored) this.#take(exchange)?.();
    for (const exchange of lost) this.#release(exchange, 'store_failed');
  }

  releaseAll(reason: ReleaseReason): void {
    for (const exchange of this.#waiting.keys()) this.#release(exchange, reason);
  }

  /** For a call that will never be on record. */
  refuse(reason: ReleaseReason, settled: () => void): void {
    this.#counters.add('durability_released', `reason="${reason}"`);
    this.#warn(reason);
    settled();
  }

  #warn(reason: ReleaseReason): void {
    if (!this.#isCalm) return;
    this.#isCalm = false;
    setTimeout(() => {
      this.#isCalm = true;
    }, CALM_MS).unref();
    this.#log.warn({ reason }, 'answers end before their calls are on record, although durability is strict');
  }

  #release(exchange: number, reason: ReleaseReason): void {
    const settled = this.#take(exchange);
    if (settled !== null) this.refuse(reason, settled);
  }

  /** Null = its time was over. */
  #take(exchange: number): (() => void) | null {
    const waiting = this.#waiting.get(exchange);
    if (waiting === undefined) return null;
    this.#waiting.delete(exchange);
    clearTimeout(waiting.timer);
    return waiting.settled;
  }
}
