/** Connections on which nobody reads calls: tunnels, WebSockets. A mode that keeps calls from their providers ends them. */
import type { Socket } from 'node:net';

interface Entry {
  /** What is said on it may be a call that must not go there. */
  isGuarded(): boolean;
  /** Of both directions, when it was looked at last; -1 = it was not. */
  bytes: number;
  quietTicks: number;
}

const TICK_MS = 1_000;
/** Nobody can see whether one is between two calls; it is taken to be when nothing has moved for so long. */
const QUIET_TICKS = 5;

export class UnreadConnections {
  readonly #tickMs: number;
  readonly #live = new Map<Socket, Entry>();
  #timer: NodeJS.Timeout | null = null;

  constructor(tickMs: number = TICK_MS) {
    this.#tickMs = tickMs;
  }

  /** @param socket the TCP socket of the client. */
  add(socket: Socket, isGuarded: () => boolean): void {
    if (socket.destroyed) return;
    this.#live.set(socket, { isGuarded, bytes: -1, quietTicks: 0 });
    socket.once('close', () => this.#live.delete(socket));
  }

  /** The mode has changed: what was let through before may be guarded now. Running answers may end. */
  look(): void {
    const isWanted = [...this.#live.values()].some((entry) => entry.isGuarded());
    if (!isWanted) this.close();
    else this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    for (const [socket, entry] of this.#live) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      const isQuiet = entry.isGuarded() && bytes === entry.bytes;
      entry.bytes = bytes;
      entry.quietTicks = isQuiet ? entry.quietTicks + 1 : 0;
      if (entry.quietTicks >= QUIET_TICKS) socket.destroy();
    }
    this.look();
  }
}
