import type { Socket } from 'node:net';
import type { Counters } from '../core/counters.ts';

export interface ClosingTimes {
  /** A client that has been told everything may still be sending: it is heard until it is silent for so long. */
  lingerMs: number;
  /** A client may take so long to read what it was sent, and then again so long to stop sending. */
  flushMs: number;
  /** From the last byte handed to the kernel to the reset, which would otherwise overtake it there. */
  resetDelayMs: number;
}

export interface ClientDeps {
  counters: Counters;
  /** See `TapDeps.strict`. */
  strict?: boolean;
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
  readonly #deps: ClientDeps;
  #timer: NodeJS.Timeout | null = null;
  #closing: 'no' | 'end' | 'reset' = 'no';
  /** What would make an answer whole, while its call is not on record. */
  #held: Buffer | null = null;
  #afterHeld: 'end' | 'reset' | null = null;

  /**
   * @param raw the TCP socket below TLS: only it can be reset (on a TLSSocket resetAndDestroy throws).
   */
  constructor(socket: Socket, raw: Socket, times: ClosingTimes, deps: ClientDeps) {
    this.socket = socket;
    this.#raw = raw;
    this.#times = times;
    this.#deps = deps;
    socket.once('close', () => this.#disarm());
  }

  /** True from the first call of `end` or `reset` on: nothing more can be written. */
  get closing(): boolean {
    return this.#closing !== 'no' || this.#afterHeld !== null || this.socket.destroyed;
  }

  /** An answer waits for its record: nothing of what comes next reaches the client before `release`. */
  get holding(): boolean {
    return this.#held !== null;
  }

  /**
   * When strict: keeps back what makes an answer whole, if only its end. A request that is not whole may never be, once
   * its client waits for the end of the answer: that is not held.
   * @param bytes the last of the answer. @returns of them, what may be written now.
   */
  holdEnd(bytes: Buffer, requestDone: boolean): Buffer {
    const { strict, counters } = this.#deps;
    if (strict !== true) return bytes;
    if (!requestDone) {
      counters.add('durability_released', 'reason="early_answer"');
      return bytes;
    }
    const from = bytes.length - endLength(bytes);
    this.#held = bytes.subarray(from);
    return bytes.subarray(0, from);
  }

  /** When strict: keeps back the close of what is cut. @returns what lets go of it. */
  holdClose(): (() => void) | undefined {
    if (this.#deps.strict !== true) return undefined;
    this.#held ??= NO_BYTES;
    return () => this.release();
  }

  /** The call is on record, or the time is over. */
  release(): void {
    const held = this.#held;
    const next = this.#afterHeld;
    this.#held = null;
    this.#afterHeld = null;
    if (held !== null && held.length > 0) this.write(held);
    if (next === 'end') this.end();
    if (next === 'reset') this.reset();
  }

  /** False = wait for `drain`. */
  write(bytes: Buffer): boolean {
    return this.closing || this.socket.write(bytes);
  }

  /** FIN behind everything written; destroyed once the client has ended as well, or after lingering. */
  end(): void {
    if (this.closing) return;
    if (this.holding) {
      this.#afterHeld = 'end';
      return;
    }
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
    if (this.holding) {
      this.#afterHeld = 'reset';
      return;
    }
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

const NO_BYTES = Buffer.alloc(0);
const CR = 0x0d;
const LF = 0x0a;

/** The CRLF that ends chunks and heads, or the last byte of a body that has a length. */
function endLength(bytes: Buffer): number {
  const endsLine = bytes.at(-1) === LF && bytes.at(-2) === CR;
  return Math.min(bytes.length, endsLine ? 2 : 1);
}
