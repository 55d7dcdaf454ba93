/** One destination, served from the store for as long as the daemon runs: a batch, then its place on disk, then the next. */
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { CallSource, NumberedCall } from './call-source.ts';
import { DeliveryError, type Destination } from './destination.ts';
import { begunAt, type DeliveryState } from './state-file.ts';

/** The file of the state, as the delivery sees it. */
export interface StateKeeper {
  read(): DeliveryState | null;
  write(state: DeliveryState): void;
  /** ISO 8601 UTC of the first call to send again; null = nobody asked. */
  askedRewind(): string | null;
  forgetRewind(): void;
}

export interface DeliveryOptions {
  destination: Destination;
  calls: CallSource;
  keeper: StateKeeper;
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  log: Logger;
  /** ISO 8601 UTC: where nothing was sent yet, calls that began then or later are. */
  since: string;
  /** Milliseconds: how often the store is asked for newer calls. */
  pollMs?: number;
  /** Milliseconds: the first wait after a failure (doubles up to `maxRetryMs`). */
  retryMs?: number;
  maxRetryMs?: number;
}

const DEFAULTS = { pollMs: 1000, retryMs: 1000, maxRetryMs: 30_000 };
/** Whatever the other side asks for. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;
/** Of each wait, so that many proxies do not come back in one moment. */
const JITTER = 0.25;

export class Delivery {
  readonly #options: DeliveryOptions & typeof DEFAULTS;
  readonly #end = new AbortController();
  #state: DeliveryState | null = null;
  #failures = 0;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #isLast = false;
  /** The failure that the log was told of. */
  #told: string | null = null;

  constructor(options: DeliveryOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Sends what is there, as far as it comes within that time; the rest waits in the store for the next start. */
  async stop(withinMs: number): Promise<void> {
    this.#isLast = true;
    this.#wake?.();
    const late = setTimeout(() => this.#end.abort(), withinMs);
    await this.#running;
    clearTimeout(late);
    await this.#options.destination.close();
  }

  async #run(): Promise<void> {
    // The first step always: where nothing was sent yet it makes the place from which calls count.
    do {
      // A stop is told once, so what came before it is looked for once more.
      const isLast = this.#isLast;
      const wait = await this.#step();
      if (wait === 0) continue;
      if (isLast) return;
      await this.#sleep(wait);
    } while (!this.#end.signal.aborted);
  }

  /** One batch. @returns milliseconds until the next is due */
  async #step(): Promise<number> {
    try {
      const state = this.#read();
      const { destination, calls, pollMs } = this.#options;
      const batch = calls.after(state.seq, destination.batchSize, destination.wantsBodies);
      if (batch.length > 0) await this.#send(batch);
      this.#succeeded();
      return batch.length < destination.batchSize ? pollMs : 0;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #read(): DeliveryState {
    const { calls, keeper } = this.#options;
    const known = this.#state ?? keeper.read();
    const { address } = this.#options.destination;
    const state = known ?? begunAt(calls.before(this.#options.since));
    const since = keeper.askedRewind();
    const place = since === null ? calls.found(state) : calls.before(since);
    // Numbers that were given out again are of calls that nobody has seen yet.
    const high = since === null && place !== state ? Math.min(state.high, place.seq) : state.high;
    if (known === null || place !== state || address !== state.address)
      this.#write({ ...state, ...place, high, address });
    else this.#state = state;
    if (since !== null) keeper.forgetRewind();
    return this.#state ?? state;
  }

  /** In halves where the other side cannot take all at once, or refuses one of them. */
  async #send(batch: readonly NumberedCall[]): Promise<void> {
    // What was imported did not happen now, and elsewhere it may be known already.
    const wanted = batch.filter(({ exchange }) => !exchange.record.anomalies.includes('imported'));
    try {
      const calls = wanted.map(({ exchange }) => exchange);
      const { refused, reason } =
        calls.length === 0 ? NOTHING : await this.#options.destination.send(calls, this.#end.signal);
      this.#advance(batch, { sent: calls.length - refused, refused, reason });
    } catch (error) {
      const isOfThese =
        error instanceof DeliveryError && (error.verdict === 'refused' || error.verdict === 'too_large');
      if (!isOfThese) throw error;
      if (batch.length === 1) return this.#advance(batch, { sent: 0, refused: 1, reason: error.message });
      const middle = batch.length >> 1;
      await this.#send(batch.slice(0, middle));
      await this.#send(batch.slice(middle));
    }
  }

  #advance(batch: readonly NumberedCall[], { sent, refused, reason }: Sent): void {
    const state = this.#state;
    const last = batch.at(-1);
    if (state === null || last === undefined) return;
    const { clock, calls, log, destination } = this.#options;
    const now = new Date(clock.wall()).toISOString();
    const message = reason ?? 'no reason given';
    if (refused > 0) {
      log.warn(
        { sink: destination.name, calls: refused, error: message },
        'calls were refused for good; they are in the database',
      );
    }
    this.#write({
      ...state,
      ...calls.behind(last, state),
      sent: state.sent + sent,
      refused: state.refused + refused,
      high: Math.max(state.high, last.seq),
      missed: state.missed + missedIn(batch, Math.max(state.high, state.seq), last.seq),
      sent_at: sent > 0 ? now : state.sent_at,
      last_refusal: refused > 0 ? { call_id: last.exchange.record.id, message, at: now } : state.last_refusal,
    });
  }

  #write(state: DeliveryState): void {
    // First on disk: what cannot be kept there would be sent again and again without anybody knowing.
    this.#options.keeper.write(state);
    this.#state = state;
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#told = null;
    const { log, destination } = this.#options;
    if (this.#state?.error == null) return;
    log.info({ sink: destination.name, since: this.#state.error.since }, 'calls arrive again');
    this.#write({ ...this.#state, error: null });
  }

  #failed(error: unknown): number {
    const { retryMs, maxRetryMs, random, log, destination } = this.#options;
    if (this.#end.signal.aborted) return maxRetryMs;
    const message = messageOf(error);
    if (this.#told !== message) {
      this.#told = message;
      log.warn({ sink: destination.name, address: destination.address, error: message }, WORDS[verdictOf(error)]);
      this.#remember(message);
    }
    const doubled = Math.min(retryMs * 2 ** Math.min(this.#failures, 20), maxRetryMs);
    this.#failures += 1;
    const asked = error instanceof DeliveryError ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
    return Math.max(doubled * (1 - JITTER * random()), asked, 1);
  }

  #remember(message: string): void {
    const state = this.#state;
    if (state === null) return;
    const since = state.error?.since ?? new Date(this.#options.clock.wall()).toISOString();
    this.#state = { ...state, error: { message, since } };
    try {
      this.#options.keeper.write(this.#state);
    } catch {
      // The disk may be what failed; it is told in the log.
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isLast) return resolve();
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Numbers behind `high` that no call has any more. */
function missedIn(batch: readonly NumberedCall[], high: number, last: number): number {
  return Math.max(last - high, 0) - batch.filter(({ seq }) => seq > high).length;
}

interface Sent {
  sent: number;
  refused: number;
  reason: string | null;
}

const NOTHING = { refused: 0, reason: null };

function verdictOf(error: unknown): 'settings' | 'retry' {
  return error instanceof DeliveryError && error.verdict === 'settings' ? 'settings' : 'retry';
}

const WORDS = {
  settings: 'calls cannot be sent with these settings; they wait in the database, and it is tried again',
  retry: 'calls cannot be sent at the moment; they wait in the database',
} as const;
