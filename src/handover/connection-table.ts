import type { ConnectionInfo } from '../core/recorder-port.ts';

interface Entry {
  info: ConnectionInfo;
  /** The recorder that was told, as numbered by the caller; 0 = none. */
  toldTo: number;
}

/**
 * The connections that exchanges may still name. The relay does not tell when a connection is over, so the table is
 * bounded: the one unused for longest goes first. A restarted recorder is told again, on the next exchange.
 */
export class ConnectionTable {
  readonly #entries = new Map<number, Entry>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Returns the connection that had to go and whom it had been told to, if any. */
  add(info: ConnectionInfo): { connection: number; toldTo: number } | null {
    this.#entries.delete(info.connection);
    this.#entries.set(info.connection, { info, toldTo: 0 });
    if (this.#entries.size <= this.#capacity) return null;
    for (const [connection, { toldTo }] of this.#entries) {
      this.#entries.delete(connection);
      return { connection, toldTo };
    }
    return null;
  }

  /** Marks it as used, and as told to `recorder`. `tell` = it was not told yet. Null = forgotten. */
  use(connection: number, recorder: number): { tell: boolean; info: ConnectionInfo } | null {
    const entry = this.#entries.get(connection);
    if (entry === undefined) return null;
    this.#entries.delete(connection);
    this.#entries.set(connection, entry);
    const tell = entry.toldTo !== recorder;
    entry.toldTo = recorder;
    return { tell, info: entry.info };
  }
}
