import type { ConnectionInfo, ExchangeEnd, RecorderPort, Side } from '../core/recorder-port.ts';
import type { Counters } from '../core/counters.ts';

/** The recorder as the net thread uses it: what it throws is a counter and never a fault of the call; live exchanges are counted. Without a closure per row: it runs for every chunk. */
export class CountedRecorder implements RecorderPort {
  readonly #port: RecorderPort;
  readonly #counters: Counters;
  #live = 0;
  #stopping = false;

  constructor(port: RecorderPort, counters: Counters) {
    this.#port = port;
    this.#counters = counters;
  }

  /** Exchanges that were opened and have not ended. */
  get inFlight(): number {
    return this.#live;
  }

  /** From here on connections end because the daemon does. */
  shutDown(): void {
    this.#stopping = true;
  }

  connection(info: ConnectionInfo): void {
    try {
      this.#port.connection(info);
    } catch {
      this.#failed();
    }
  }

  disconnected(connection: number): void {
    try {
      this.#port.disconnected?.(connection);
    } catch {
      this.#failed();
    }
  }

  open(exchange: number, connection: number, wall: number, at: number): void {
    this.#live += 1;
    try {
      this.#port.open(exchange, connection, wall, at);
    } catch {
      this.#failed();
    }
  }

  head(exchange: number, side: Side, head: Uint8Array, at: number): void {
    try {
      this.#port.head(exchange, side, head, at);
    } catch {
      this.#failed();
    }
  }

  body(exchange: number, side: Side, bytes: Uint8Array, at: number): void {
    try {
      this.#port.body(exchange, side, bytes, at);
    } catch {
      this.#failed();
    }
  }

  end(exchange: number, end: ExchangeEnd, at: number, settled?: () => void): void {
    this.#live -= 1;
    const cut = end.outcome === 'client_aborted' || end.outcome === 'upstream_aborted';
    const told = this.#stopping && cut ? { ...end, outcome: 'shutdown' as const } : end;
    try {
      this.#port.end(exchange, told, at, settled);
    } catch {
      this.#failed();
      settled?.();
    }
  }

  #failed(): void {
    this.#counters.add('internal_errors', 'part="recorder_port"');
  }
}
