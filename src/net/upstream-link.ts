import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** How long an upstream that is done with may take to read what is still on its way to it. */
const FLUSH_MS = 10_000;

export interface PeerEvents {
  data(peer: Duplex, chunk: Buffer): void;
  drain(peer: Duplex): void;
  /** It has ended; it may still read. */
  end(peer: Duplex): void;
  /** It is gone without an end: reset, or destroyed. */
  lost(peer: Duplex, error: unknown): void;
}

export function watchPeer(peer: Duplex, events: PeerEvents): void {
  let error: unknown = null;
  let ended = false;
  peer.on('data', (chunk: Buffer) => events.data(peer, chunk));
  peer.on('drain', () => events.drain(peer));
  peer.on('end', () => {
    ended = true;
    events.end(peer);
  });
  peer.on('error', (cause) => {
    error = cause;
    peer.destroy();
  });
  peer.on('close', () => {
    if (!ended || error !== null) events.lost(peer, error);
  });
}

/** The upstream connection of one client connection: at most one at a time, dialled anew when it was dropped. */
export class UpstreamLink {
  readonly #dial: () => Promise<Socket>;
  readonly #events: PeerEvents;
  readonly #ready: () => void;
  #socket: Socket | null = null;
  #error: unknown = null;
  #dialling = false;
  #closed = false;

  /** @param ready is called when a dial has ended, well (`socket` is set) or not (`error` is). */
  constructor(dial: () => Promise<Socket>, events: PeerEvents, ready: () => void) {
    this.#dial = dial;
    this.#events = events;
    this.#ready = ready;
  }

  get socket(): Socket | null {
    return this.#socket;
  }

  /** Why the last dial failed, or null. */
  get error(): unknown {
    return this.#error;
  }

  open(): void {
    if (this.#dialling || this.#socket !== null || this.#error !== null) return;
    this.#dialling = true;
    this.#dial().then(
      (socket) => this.#opened(socket),
      (error: unknown) => {
        this.#dialling = false;
        this.#error = error;
        if (!this.#closed) this.#ready();
      },
    );
  }

  /** The next `open` dials anew. */
  drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  /** Ends behind what was written: an answered upload may still be on its way. Nothing is dialled any more. */
  close(): void {
    this.#closed = true;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null || socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), FLUSH_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.destroySoon();
  }

  #opened(socket: Socket): void {
    this.#dialling = false;
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    watchPeer(socket, this.#events);
    this.#ready();
    // It was reset between the handshake and now: its events are over.
    if (socket.destroyed) this.#events.lost(socket, null);
  }
}
