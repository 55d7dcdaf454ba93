import { Worker } from 'node:worker_threads';
import type { Logger } from '../core/log.ts';
import type { DeliveryConfig, ToDeliveryThread } from './thread-messages.ts';

export interface DeliveryThreadOptions {
  config: DeliveryConfig;
  log: Logger;
  /** Milliseconds: first wait before a restart (doubles up to a minute). */
  restartMs?: number;
  spawn?: (config: DeliveryConfig) => Worker;
}

const RESTART_MS = 1000;
const MAX_RESTART_MS = 60_000;
/** The last calls may take so long at the end; what does not arrive then is sent after the next start. */
const LAST_CALLS_MS = 5000;
const STOP_MS = LAST_CALLS_MS + 3000;

/** Keeps the thread running that sends calls to other systems. Nothing waits for it. */
export class DeliveryThread {
  readonly #options: DeliveryThreadOptions;
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #restartMs: number;
  #stopping = false;

  constructor(options: DeliveryThreadOptions) {
    this.#options = options;
    this.#restartMs = options.restartMs ?? RESTART_MS;
  }

  start(): void {
    const { config, log, spawn = spawnWorker } = this.#options;
    const worker = spawn(config);
    this.#worker = worker;
    worker.on('error', (error) => log.error({ error }, 'the thread that sends calls to other systems failed'));
    worker.once('exit', () => {
      this.#worker = null;
      if (this.#stopping) return;
      const wait = this.#restartMs;
      this.#restartMs = Math.min(wait * 2, MAX_RESTART_MS);
      this.#timer = setTimeout(() => this.start(), wait).unref();
    });
  }

  /** After the recorder has written its last calls: they are sent as well. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === null) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const late = setTimeout(() => void worker.terminate(), STOP_MS);
    worker.postMessage({ stop: true, withinMs: LAST_CALLS_MS } satisfies ToDeliveryThread, []);
    await exited;
    clearTimeout(late);
  }
}

/** The file beside this one, in the source tree and when built. */
function spawnWorker(config: DeliveryConfig): Worker {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  return new Worker(new URL(file, import.meta.url), { workerData: config, name: 'delivery' });
}
