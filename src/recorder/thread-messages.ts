/** What the owner of the recorder thread and the thread tell each other, beside the rows. Types only. */
import type { MessagePort } from 'node:worker_threads';
import type { LogOptions } from '../core/log.ts';
import type { LifeSettings } from '../core/ports.ts';
import type { PricePaths } from '../pricing/price-files.ts';
import type { SinksOptions } from '../sinks/index.ts';

/** All that the thread needs to know; structured-clonable. */
export interface RecorderConfig {
  /** Totals are read back from it; `sinks.sqlite.path` is the same file. */
  databasePath: string;
  sinks: SinksOptions;
  /** Model servers that the user named. */
  localServers: readonly { provider: string; host: string; port: number }[];
  /** Providers that the user's configuration describes; checked by the registry. */
  ownProviders?: readonly Readonly<Record<string, unknown>>[];
  /** Whether to count what providers do not state. */
  estimate: boolean;
  /** Providers of payments, messaging, search and vector databases whose bodies are kept as well. */
  bodiesOf?: readonly string[];
  /** Body bytes that live exchanges may hold, all together; absent = the default. */
  bodyMemoryBytes?: number;
  /** Files of the user's own prices; absent = none. */
  prices?: PricePaths;
  /** How long things are kept; absent = for ever. */
  life?: LifeSettings;
  log: LogOptions;
}

export interface WorkerData {
  config: RecorderConfig;
  /** Rows come here. */
  rows: MessagePort;
}

export type ToRecorderThread =
  /** Answers `RecorderService` on this port. */
  | { serve: MessagePort }
  /** End what is live, write all, close, exit. */
  | { stop: true };

export type FromRecorderThread =
  | { ready: true }
  /** It cannot start: an AppError. The thread exits. */
  | { failed: { code: string; message: string } };
