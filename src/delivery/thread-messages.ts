/** What the thread that sends calls is told. Types only. */
import type { LogOptions } from '../core/log.ts';
import type { LocalServer, Table } from '../config/values.ts';
import type { DestinationsOptions } from './index.ts';

export interface DeliveryConfig {
  db: string;
  destinations: DestinationsOptions;
  /** ISO 8601 UTC: when the daemon began. */
  since: string;
  version: string;
  /** `user@host`. */
  machine: string;
  /** PEM of authorities that upstreams are checked by, beside the public roots; null = only those. */
  ca: readonly string[] | null;
  /** Model servers and providers that the configuration names: whose conversations can be read. */
  localServers: readonly LocalServer[];
  ownProviders: readonly Table[];
  log: LogOptions;
}

export type ToDeliveryThread = { stop: true; withinMs: number };
