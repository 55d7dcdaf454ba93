import type { Socket } from 'node:net';
import type { ConnectionRegistry } from './types.ts';

/** How often a drain looks for connections that have become idle. */
const DRAIN_POLL_MS = 50;
const CLOSE_MS = 1_000;

/** All live sockets of the net thread. */
export class Connections implements ConnectionRegistry {
  readonly #sockets = new Map<Socket, (() => boolean) | null>();

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: Socket, isIdle?: () => boolean): void {
    if (socket.destroyed) return;
    if (!this.#sockets.has(socket)) socket.once('close', () => this.#sockets.delete(socket));
    this.#sockets.set(socket, isIdle ?? this.#sockets.get(socket) ?? null);
  }

  /** Ends connections as they become idle; resolves when none is left, after `graceMs`, or when `forced` aborts. */
  async drain(graceMs: number, forced: AbortSignal): Promise<void> {
    const deadline = performance.now() + graceMs;
    while (this.size > 0 && performance.now() < deadline && !forced.aborted) {
      for (const [socket, isIdle] of this.#sockets)
        if (isIdle?.() === true && socket.writableLength === 0) socket.destroy();
      if (this.size > 0) await pause(DRAIN_POLL_MS, forced);
    }
  }

  /** Cuts whatever is left, so that nobody takes it for a clean end; resolves when all have closed. */
  async end(): Promise<void> {
    const closed = [...this.#sockets.keys()].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#sockets.keys()) cut(socket);
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
  }
}

/** A TLSSocket cannot be reset (ERR_INVALID_HANDLE_TYPE); the socket below it, which is registered too, can. */
function cut(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

function pause(ms: number, cut: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      cut.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    cut.addEventListener('abort', done);
  });
}
