import type { Capture } from '../core/capture.ts';
import type { Counters } from '../core/counters.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import type { SinkHealth } from '../core/ports.ts';
import type { Settled, Sink } from '../core/sink.ts';
import type { CalmLog } from './calm-log.ts';

export interface SinkRunnerOptions {
  counters: Counters;
  log: CalmLog;
  /** Bounds of what waits for a sink that is not open. */
  queueCaptures?: number;
  queueBytes?: number;
  /** Milliseconds: the wait before the first new attempt to open (doubles up to `maxRetryMs`), and for open, flush, close. */
  retryMs?: number;
  maxRetryMs?: number;
  timeoutMs?: number;
}

const DEFAULTS = {
  queueCaptures: 1000,
  queueBytes: 16 * 1024 * 1024,
  retryMs: 1000,
  // A disk that has room again is found within seconds.
  maxRetryMs: 5000,
  timeoutMs: 5000,
};

/** So many writes in a row must fail before the sink is closed and opened anew. */
const FAILURES = 10;

/** One sink behind its own wall: it may throw, reject, hang or refuse to open, and costs its own captures only. */
export class SinkRunner {
  readonly #sink: Sink;
  readonly #options: SinkRunnerOptions & typeof DEFAULTS;
  readonly #queue: { capture: Capture; bytes: number }[] = [];
  #queuedBytes = 0;
  #state: SinkHealth['state'] = 'closed';
  #error: string | null = null;
  #failures = 0;
  #retryMs: number;
  #opening: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(sink: Sink, options: SinkRunnerOptions) {
    this.#sink = sink;
    this.#options = { ...DEFAULTS, ...options };
    this.#retryMs = this.#options.retryMs;
  }

  get health(): SinkHealth {
    const trouble = this.#state === 'open' ? (this.#sink.trouble ?? null) : null;
    return {
      name: this.#sink.name,
      state: trouble === null ? this.#state : 'failing',
      queued: this.#queue.length,
      // Also what the sink itself could not write.
      dropped: this.#options.counters.sum('dropped', `sink="${this.#sink.name}"`),
      error: trouble ?? this.#error,
    };
  }

  /** Resolves when the sink is open or the first attempt has failed; further attempts go on by themselves. */
  async open(): Promise<void> {
    this.#state = 'opening';
    try {
      await this.#within('open', () => this.#openOnce());
      if (this.#isClosed()) return;
      this.#state = 'open';
      this.#error = null;
      this.#failures = 0;
      this.#retryMs = this.#options.retryMs;
      this.#drain();
    } catch (error) {
      this.#failed('open', error);
      this.#retryLater();
    }
  }

  get isDurable(): boolean {
    return this.#sink.isDurable === true;
  }

  /** @param settled nobody waits for a sink that is not open: it may take long. */
  write(capture: Capture, settled?: Settled): void {
    if (this.#state === 'open') {
      this.#writeNow(capture, settled);
      return;
    }
    if (this.#state !== 'closed') this.#enqueue(capture);
    settled?.(false);
  }

  async flush(): Promise<void> {
    if (this.#state !== 'open') return;
    try {
      await this.#within('flush', () => this.#sink.flush());
    } catch (error) {
      this.#failed('flush', error);
    }
  }

  async close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    if (wasOpen) await this.flush();
    this.#state = 'closed';
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#drop('sink_closed', this.#queue.length);
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    if (wasOpen) await this.#closeSink();
  }

  /** An attempt that hangs is waited for again, not doubled. */
  #openOnce(): Promise<void> {
    this.#opening ??= (async () => {
      try {
        // A sink may throw at once, before this promise is kept, and it would be kept for ever.
        await Promise.resolve();
        await this.#sink.open();
      } finally {
        this.#opening = null;
      }
    })();
    return this.#opening;
  }

  async #closeSink(): Promise<void> {
    try {
      await this.#within('close', () => this.#sink.close());
    } catch (error) {
      this.#failed('close', error);
    }
  }

  #writeNow(capture: Capture, settled?: Settled): void {
    try {
      this.#sink.write(capture, settled);
      this.#failures = 0;
    } catch (error) {
      settled?.(false);
      this.#drop('sink_error', 1);
      this.#failed('write', error);
      this.#failures += 1;
      if (this.#failures < FAILURES) return;
      this.#state = 'failing';
      void this.#closeSink().then(() => this.#retryLater());
    }
  }

  #enqueue(capture: Capture): void {
    const bytes = sizeOf(capture);
    const { queueCaptures, queueBytes } = this.#options;
    if (this.#queue.length >= queueCaptures || this.#queuedBytes + bytes > queueBytes) {
      this.#drop('queue_full', 1);
      return;
    }
    this.#queue.push({ capture, bytes });
    this.#queuedBytes += bytes;
  }

  #drain(): void {
    const waiting = this.#queue.splice(0);
    this.#queuedBytes = 0;
    for (const { capture } of waiting) this.write(capture);
  }

  #retryLater(): void {
    if (this.#isClosed()) return;
    this.#state = 'failing';
    this.#timer = setTimeout(() => void this.open(), this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, this.#options.maxRetryMs);
  }

  /** The state may have changed during an await. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** A promise that never settles is left behind; the sink is treated as failed. */
  async #within(step: string, run: () => void | Promise<void>): Promise<void> {
    const running = run();
    if (!(running instanceof Promise)) return;
    const { timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${step} took more than ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      await Promise.race([running, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(step: string, error: unknown): void {
    this.#error = messageOf(error);
    this.#options.counters.add('internal_errors', `part="sink_${this.#sink.name}"`);
    const fields = { sink: this.#sink.name, step, code: codeOf(error), error: this.#error };
    this.#options.log.warn(fields, 'a sink failed; traffic is not affected', `${this.#sink.name} ${step}`);
  }

  #drop(reason: string, count: number): void {
    if (count === 0) return;
    this.#options.counters.add('dropped', `reason="${reason}",sink="${this.#sink.name}"`, count);
  }
}

/** Bytes of the large parts, about; a capture without them is some kilobytes. */
function sizeOf({ request, response, assembled, parts }: Capture): number {
  const texts = (request.body.text?.length ?? 0) + (response?.body.text?.length ?? 0);
  const bodies = texts + (parts.request?.bytes.length ?? 0) + (parts.response?.bytes.length ?? 0);
  return 2048 + bodies + (assembled === null ? 0 : assembled.text.length + assembled.thinking.length);
}
