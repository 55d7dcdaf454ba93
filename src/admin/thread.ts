import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { AppError, messageOf } from '../core/errors.ts';
import { formatAuthority } from '../core/hosts.ts';
import type { Logger } from '../core/log.ts';
import type { NetControl } from '../core/ports.ts';
import { serveRpc } from '../core/rpc.ts';
import type { AdminThreadData, AdminThreadMessage, ToAdminThread } from './thread-messages.ts';

export interface AdminThreadOptions {
  settings: Omit<AdminThreadData, 'net'>;
  control: NetControl;
  /** Gives a port that serves RecorderService, for each start of the thread. */
  connectRecorder(): MessagePort;
  log: Logger;
}

const RESTART_MS = 1000;
/** A question to the database takes less. */
const STOP_MS = 2000;
/** Questions are small; what is not collected costs resident memory. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

/** Keeps the reader thread running. Traffic and recording go on without it. */
export class AdminThread {
  readonly #options: AdminThreadOptions;
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #port: number;
  #stopping = false;

  constructor(options: AdminThreadOptions) {
    this.#options = options;
    this.#port = options.settings.port;
  }

  /** Where it listens; null = it does not at the moment. */
  get address(): { host: string; port: number } | null {
    return this.#worker === null ? null : { host: near(this.#options.settings.host), port: this.#port };
  }

  get url(): string {
    return `http://${formatAuthority({ host: near(this.#options.settings.host), port: this.#port })}`;
  }

  /** Rejects with AppError `port_in_use`. */
  async start(): Promise<void> {
    const channel = new MessageChannel();
    serveRpc<NetControl>(channel.port1, this.#options.control);
    channel.port1.unref();
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { ...this.#options.settings, port: this.#port, net: channel.port2 } satisfies AdminThreadData,
      transferList: [channel.port2],
      resourceLimits: LIMITS,
      name: 'reader',
    });
    this.#port = await listening(worker, this.#options.settings);
    this.#worker = worker;
    worker.on('error', (error) => this.#options.log.error({ error }, 'the admin thread failed'));
    worker.once('exit', () => this.#restartLater());
    this.recorderStarted();
  }

  /** The recorder has (again) started: the thread gets a line to it. */
  recorderStarted(): void {
    if (this.#worker === null) return;
    const recorder = this.#options.connectRecorder();
    this.#worker.postMessage({ recorder } satisfies ToAdminThread, [recorder]);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === null) return;
    // Killed in the middle of a call into @photostructure/sqlite, the thread takes the process with it.
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ stop: true } satisfies ToAdminThread, []);
    const late = setTimeout(() => void worker.terminate(), STOP_MS);
    await ended;
    clearTimeout(late);
  }

  #restartLater(): void {
    this.#worker = null;
    if (this.#stopping) return;
    this.#timer = setTimeout(() => {
      this.start().catch((error: unknown) => {
        this.#options.log.error({ error: messageOf(error) }, 'the admin port cannot be opened again');
        this.#restartLater();
      });
    }, RESTART_MS).unref();
  }
}

/** Rejects when the thread cannot listen, after it has ended (why: `stop`). */
function listening(worker: Worker, { host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    let failure: AppError | null = null;
    let late: NodeJS.Timeout | undefined;
    worker.once('message', (message: AdminThreadMessage) => {
      if ('port' in message) return resolve(message.port);
      failure = listenError(message, formatAuthority({ host, port }));
      late = setTimeout(() => void worker.terminate(), STOP_MS);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      clearTimeout(late);
      reject(failure ?? new Error(`the admin thread ended with code ${code}`));
    });
  });
}

function listenError({ code, error }: { code: string | null; error: string }, where: string): AppError {
  return code === 'EADDRINUSE'
    ? new AppError(
        'port_in_use',
        `the admin port ${where} is in use: stop what listens there or choose another --admin-port`,
      )
    : new AppError('config_invalid', `the admin port ${where} cannot be opened: ${error}`);
}

/** An address of this machine for a listener that may be on all of them. */
function near(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
