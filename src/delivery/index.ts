/** All destinations: one line each. */
import type { MeterDirectory } from '../interchange/answer-of.ts';
import type { Database } from '../store/driver.ts';
import { type ClickhouseOptions, createClickhouse } from './clickhouse.ts';
import type { Destination } from './destination.ts';
import { createLoki, type LokiOptions } from './loki.ts';
import type { DestinationName } from './names.ts';
import { createOtlp, type OtlpOptions } from './otlp.ts';
import { createPostgres, type PostgresOptions } from './postgres.ts';
import { createSessionHistory } from './session-history.ts';

/** `null` = off. */
export interface DestinationsOptions extends Record<DestinationName, object | null> {
  otlp: OtlpOptions | null;
  loki: LokiOptions | null;
  postgres: PostgresOptions | null;
  clickhouse: ClickhouseOptions | null;
}

export interface DestinationDeps {
  version: string;
  /** `user@host`. */
  machine: string;
  /** PEM; null = the public roots of Node. */
  ca: readonly string[] | null;
  /** To read conversations by. */
  directory: MeterDirectory;
  /** Read-only: earlier calls of a session. */
  database: Database;
}

/** No side effects: connections are made by the first `send`. @throws for an address that is none */
export function createDestinations(options: DestinationsOptions, deps: DestinationDeps): Destination[] {
  const { otlp, loki, postgres, clickhouse } = options;
  const all = [
    otlp && createOtlp(otlp, deps),
    loki && createLoki(loki, { ...deps, history: createSessionHistory(deps.database) }),
    postgres && createPostgres(postgres, deps),
    clickhouse && createClickhouse(clickhouse, deps),
  ];
  return all.filter((destination) => destination !== null);
}
