import type { ConnectionInfo } from '../core/recorder-port.ts';

interface Entry {
  info: ConnectionInfo;
  /** The recorder that was told, as numbered by the caller; 0 = none. */
  toldTo: number;
}

/** What had to go, and whom it had been told to, if anybody. */
interface Forgotten {
  connection: number;
  toldTo: number;
}

/** An exchange may be told when its client has gone already: so many are remembered for that. */
const OVER = 1024;

/**
 * The connections that exchanges may still name. One that lives is kept however long it is idle, up to a number that no
 * machine has sockets for; one that is over is kept for a while. A restarted recorder is told again, on the next exchange.
 */
export class ConnectionTable {
  readonly #live = new Map<number, Entry>();
  readonly #over = new Map<number, Entry>();
  readonly #maxLive: number;
  readonly #maxOver: number;

  constructor(maxLive: number, maxOver = OVER) {
    this.#maxLive = maxLive;
    this.#maxOver = maxOver;
  }

  add(info: ConnectionInfo): Forgotten | null {
    this.#live.delete(info.connection);
    this.#live.set(info.connection, { info, toldTo: 0 });
    return oldestBeyond(this.#live, this.#maxLive);
  }

  end(connection: number): Forgotten | null {
    const entry = this.#live.get(connection);
    if (entry === undefined) return null;
    this.#live.delete(connection);
    this.#over.set(connection, entry);
    return oldestBeyond(this.#over, this.#maxOver);
  }

  /** Marks it as used, and as told to `recorder`. `tell` = it was not told yet. Null = forgotten. */
  use(connection: number, recorder: number): { tell: boolean; info: ConnectionInfo } | null {
    const entries = this.#live.has(connection) ? this.#live : this.#over;
    const entry = entries.get(connection);
    if (entry === undefined) return null;
    entries.delete(connection);
    entries.set(connection, entry);
    const tell = entry.toldTo !== recorder;
    entry.toldTo = recorder;
    return { tell, info: entry.info };
  }
}

/** The one unused for longest, where there are too many. */
function oldestBeyond(entries: Map<number, Entry>, most: number): Forgotten | null {
  if (entries.size <= most) return null;
  for (const [connection, { toldTo }] of entries) {
    entries.delete(connection);
    return { connection, toldTo };
  }
  return null;
}
