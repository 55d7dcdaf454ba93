/** All destinations: one line each. */
import type { MeterDirectory } from '../interchange/answer-of.ts';
import type { Database } from '../store/driver.ts';
import type { Destination } from './destination.ts';

/** `null` = off. */
export interface DestinationsOptions {
  otlp?: null;
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

/** No side effects: connections are made by the first `send`. */
export function createDestinations(_options: DestinationsOptions, _deps: DestinationDeps): Destination[] {
  return [];
}
