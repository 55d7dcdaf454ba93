/** All sinks: one line each. The order is that of writing; the text log comes before the database, which points into it. */
import { addCounters } from '../core/counters.ts';
import type { Sink } from '../core/sink.ts';
import { type ConsoleOptions, createConsoleSink } from './console.ts';
import { createLogFilesSink, type LogFilesOptions } from './log-files.ts';
import { LogLocations } from './log-locations.ts';
import type { SinkDeps } from './losses.ts';
import { createPrometheusSink } from './prometheus.ts';
import { createSessionJsonlSink, type SessionLogOptions } from './session-jsonl.ts';
import { createSqliteSink, type SqliteOptions, type SqliteSink } from './sqlite.ts';

/** `null` = off. Prometheus is always on: it costs a few microseconds and asks for nothing. */
export interface SinksOptions {
  console: ConsoleOptions | null;
  logFiles: LogFilesOptions | null;
  sessionLog?: SessionLogOptions | null;
  sqlite: SqliteOptions | null;
}

export interface Sinks {
  all: readonly Sink[];
  /** Prometheus text: calls, and counters of all threads by their keys in core/counters.ts. */
  metricsText(counters: Readonly<Record<string, number>>): Promise<string>;
  /** A run, task or session that is known to have ended. */
  endTrace(traceId: string): void;
  /** The database behind the sink that writes it; `null` = there is none. */
  store: Pick<SqliteSink, 'use' | 'ask' | 'onOpen' | 'live'> | null;
}

/** No side effects: files and database are opened by the sinks' `open`. */
export function createSinks(options: SinksOptions, deps: SinkDeps): Sinks {
  const locations = new LogLocations();
  const sqlite = options.sqlite === null ? null : createSqliteSink(options.sqlite, locations, deps);
  const prometheus = createPrometheusSink();
  const all: (Sink | null)[] = [
    options.console && createConsoleSink(options.console, deps),
    options.logFiles && createLogFilesSink(options.logFiles, options.sqlite === null ? null : locations, deps),
    options.sessionLog ? createSessionJsonlSink(options.sessionLog, deps) : null,
    sqlite,
    prometheus,
  ];
  return {
    all: all.filter((sink) => sink !== null),
    metricsText: (counters) => prometheus.text(addCounters(counters, deps.counters.snapshot())),
    endTrace: (traceId) => sqlite?.endTrace(traceId),
    store: sqlite,
  };
}
