/** What the recorder thread is told of the configuration. */
import { hostname, userInfo } from 'node:os';
import { lifeOf } from './config/life.ts';
import type { Config } from './config/load.ts';
import type { LogOptions } from './core/log.ts';
import type { RecorderConfig } from './recorder/thread-messages.ts';
import type { ConsoleOptions } from './sinks/console.ts';
import type { SessionLogOptions } from './sinks/session-jsonl.ts';

function consoleOptions({ pretty, colour = pretty, columns }: LogOptions): ConsoleOptions {
  const room = columns === undefined ? {} : { columns };
  return { format: pretty ? 'line' : 'json', colour, ...room };
}

/** Also of the recorder thread that an import without a daemon starts. */
export function recorderConfig({ config, logOptions }: { config: Config; logOptions: LogOptions }): RecorderConfig {
  const { logs } = config;
  return {
    databasePath: config.db,
    sinks: {
      console: consoleOptions(logOptions),
      logFiles: {
        folder: config.log_dir,
        bodies: logs.bodies,
        maxFileBytes: logs.max_file_bytes,
        maxTotalBytes: logs.max_total_bytes,
        maxDays: logs.max_age_days,
      },
      sessionLog: sessionLogOptions(config),
      sqlite: {
        path: config.db,
        isAwaited: config.store.durability === 'strict',
        backups: config.store.backups,
        bodies: config.store.bodies === 'full',
      },
    },
    localServers: config.local,
    ownProviders: config.provider,
    estimate: config.usage.estimate,
    bodiesOf: config.capture.bodies_of,
    prices: { overrides: config.prices.overrides, table: config.prices.table },
    life: lifeOf(config),
    log: logOptions,
  };
}

function sessionLogOptions(config: Config): SessionLogOptions | null {
  const { session_log: sessions, logs } = config;
  if (!sessions.enabled) return null;
  return {
    folder: lifeOf(config).sessionFolder,
    machine: machineName(),
    maxFileBytes: logs.max_file_bytes,
    maxTotalBytes: logs.max_total_bytes,
    maxDays: logs.max_age_days,
  };
}

/** `user@host`; in a container a user may have no name. */
export function machineName(): string {
  let user = 'unknown';
  try {
    user = userInfo().username;
  } catch {
    // There is no entry for this user id.
  }
  return `${user}@${hostname() || 'unknown'}`;
}
