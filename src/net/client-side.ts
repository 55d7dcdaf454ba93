import type { Socket } from 'node:net';

export interface ClosingTimes {
  /** A client that has been told everything may still be sending: it is heard until it is silent for so long. */
  lingerMs: number;
  /** A client may take so long to read what it was sent, and then again so long to stop sending. */
  flushMs: number;
  /** From the last byte handed to the kernel to the reset, which would otherwise overtake it there. */
  resetDelayMs: number;
}

export const CLOSING_TIMES: ClosingTimes = { lingerMs: 30_000, flushMs: 600_000, resetDelayMs: 20 };

/**
 * The client's socket and the ways to end it without taking back what was written before:
 * closing over unread bytes, or a reset, makes the kernel throw away what the client has not read yet.
 */
export class ClientSide {
  readonly socket: Socket;
  readonly #raw: Socket;
  readonly #times: ClosingTimes;
  #timer: NodeJS.Timeout | null = null;
  #closing: 'no' | 'end' | 'reset' = 'no';

  /** @param raw the TCP socket below TLS: only it can be reset (on a TLSSocket resetAndDestroy throws). */
  constructor(socket: Socket, raw: Socket, times: ClosingTimes) {
    this.socket = socket;
    this.#raw = raw;
    this.#times = times;
    socket.once('close', () => this.#disarm());
  }

  /** True from the first call of `end` or `reset` on: nothing more can be written. */
  get closing(): boolean {
    return this.#closing !== 'no' || this.socket.destroyed;
  }

  /** False = wait for `drain`. */
  write(bytes: Buffer): boolean {
    return this.closing || this.socket.write(bytes);
  }

  /** FIN behind everything written; destroyed once the client has ended as well, or after lingering. */
  end(): void {
    if (this.closing) return;
    this.#closing = 'end';
    this.#arm(this.#times.flushMs);
    this.socket.end(() => {
      if (this.socket.readableEnded) this.socket.destroy();
      else this.#linger();
    });
    this.socket.once('end', () => this.socket.destroySoon());
    this.socket.resume();
  }

  /** RST behind everything written: the client must not take what it got for the whole. */
  reset(): void {
    if (this.closing) return;
    this.#closing = 'reset';
    this.#arm(this.#times.flushMs);
    this.socket.resume();
    const flushed = (): void => this.#arm(this.#times.resetDelayMs);
    if (this.socket.writableLength === 0) flushed();
    // An empty write calls back behind all writes before it.
    else this.socket.write('', flushed);
  }

  #linger(): void {
    const until = performance.now() + this.#times.flushMs;
    this.#arm(this.#times.lingerMs);
    this.socket.on('data', () => {
      if (performance.now() < until) this.#timer?.refresh();
    });
  }

  #arm(ms: number): void {
    this.#disarm();
    if (this.socket.destroyed) return;
    // A loop that was held up runs its timers first: one look at the sockets in between. libuv tells a reader who finds
    // bytes and the reset behind them at once of a clean end.
    this.#timer = setTimeout(() => setImmediate(() => this.#close()), ms);
  }

  #close(): void {
    if (this.#closing === 'reset' && !this.socket.destroyed) this.#raw.resetAndDestroy();
    this.socket.destroy();
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
