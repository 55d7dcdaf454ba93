import type { Socket } from 'node:net';
import type { ConnectionRegistry } from './types.ts';

/** How often a drain looks for connections that have become idle. */
const DRAIN_POLL_MS = 50;

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

  /** Ends idle connections as they become idle, and after `graceMs` (or when `forced` aborts) whatever is left. */
  async drain(graceMs: number, forced: AbortSignal): Promise<void> {
    const deadline = performance.now() + graceMs;
    while (this.size > 0 && performance.now() < deadline && !forced.aborted) {
      for (const [socket, isIdle] of this.#sockets)
        if (isIdle?.() === true && socket.writableLength === 0) socket.destroy();
      if (this.size > 0) await pause(DRAIN_POLL_MS, forced);
    }
    for (const socket of this.#sockets.keys()) socket.destroy();
  }
}

function pause(ms: number, cut: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    cut.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
