import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { AppError, type ErrorCode, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { SlabRecorder } from '../handover/slab-recorder.ts';
import type { FromRecorderThread, RecorderConfig, ToRecorderThread, WorkerData } from './thread-messages.ts';

export interface RecorderThreadOptions {
  config: RecorderConfig;
  net: SlabRecorder;
  log: Logger;
  /** At each start, also after a crash: the time to `serve` the ports of those who ask questions. */
  onReady(): void;
  /** Milliseconds: first wait before a restart (doubles up to a minute), and the longest stop. */
  restartMs?: number;
  stopMs?: number;
  spawn?: (data: WorkerData, transfer: readonly MessagePort[]) => Worker;
}

const RESTART_MS = 500;
const MAX_RESTART_MS = 60_000;
const STOP_MS = 10_000;

/** Keeps a recorder thread running. Traffic never waits for it; while there is none, calls are counted as lost. */
export class RecorderThread {
  readonly #options: RecorderThreadOptions;
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #restartMs: number;
  #stopping = false;

  constructor(options: RecorderThreadOptions) {
    this.#options = options;
    this.#restartMs = options.restartMs ?? RESTART_MS;
  }

  /** Resolves when the thread is ready. @throws AppError when it cannot start; later failures are retried. */
  async start(): Promise<void> {
    await this.#spawn();
    this.#options.onReady();
  }

  /** Answers `RecorderService` on `port` until the thread ends. */
  serve(port: MessagePort): void {
    this.#worker?.postMessage({ serve: port } satisfies ToRecorderThread, [port]);
  }

  /** Writes what is known and ends the thread; a thread that does not come to an end is ended by force. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === null) return;
    // Not events.once: a thread that fails on its way out would reject it, and nothing behind this would be stopped.
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const late = setTimeout(() => {
      this.#options.log.error({}, 'the recorder did not stop in time; its last calls may be lost');
      void worker.terminate();
    }, this.#options.stopMs ?? STOP_MS);
    await this.#options.net.flush();
    worker.postMessage({ stop: true } satisfies ToRecorderThread, []);
    await exited;
    clearTimeout(late);
    this.#options.net.close();
  }

  async #spawn(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const { config, net, spawn = spawnWorker } = this.#options;
    const worker = spawn({ config, rows: port2 }, [port2]);
    this.#worker = worker;
    let ready = false;
    net.attach(port1);
    worker.on('error', (error) => this.#options.log.error({ error }, 'the recorder thread failed'));
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      // A thread that never was ready is the business of whoever waits for it.
      if (ready) this.#restartLater();
    });
    await readyOf(worker, this.#options.stopMs ?? STOP_MS);
    ready = true;
    this.#restartMs = this.#options.restartMs ?? RESTART_MS;
  }

  #restartLater(): void {
    if (this.#stopping) return;
    const wait = this.#restartMs;
    this.#restartMs = Math.min(wait * 2, MAX_RESTART_MS);
    this.#timer = setTimeout(() => void this.#restart(), wait);
    this.#timer.unref();
  }

  async #restart(): Promise<void> {
    try {
      await this.#spawn();
      this.#options.log.warn({}, 'the recorder thread was started again');
      this.#options.onReady();
    } catch (error) {
      this.#options.log.error({ error: messageOf(error) }, 'the recorder thread cannot be started again');
      this.#restartLater();
    }
  }
}

/**
 * Rejects when the thread says that it cannot start, or ends without a word; not before it has ended: a process that
 * exits in the middle of its call into @photostructure/sqlite is aborted.
 */
function readyOf(worker: Worker, stopMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: AppError | null = null;
    let late: NodeJS.Timeout | undefined;
    worker.once('message', (message: FromRecorderThread) => {
      if ('ready' in message) return resolve();
      failure = new AppError(message.failed.code as ErrorCode, message.failed.message);
      late = setTimeout(() => void worker.terminate(), stopMs);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      clearTimeout(late);
      reject(failure ?? new Error(`the recorder thread ended with code ${code}`));
    });
  });
}

/** The file beside this one, in the source tree and when built. */
function spawnWorker(data: WorkerData, transfer: readonly MessagePort[]): Worker {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  return new Worker(new URL(file, import.meta.url), {
    workerData: data,
    transferList: [...transfer],
    name: 'recorder',
  });
}
