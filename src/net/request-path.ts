import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** So much is read ahead of what can be sent on: a client is only seen to leave while it is read. */
const MAX_READ_AHEAD_BYTES = 64 * 1024;

/** Where request bytes go: to a peer, as fast as it takes them, or into a queue until there is one. */
export class RequestPath {
  readonly #client: Socket;
  readonly #stalledMs: number;
  readonly #onStalled: () => void;
  #peer: Duplex | null = null;
  #blocked = false;
  /** Bytes for a peer that is still being dialled. */
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Bytes behind the current exchange. */
  #pending: Buffer | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param onStalled the peer has taken nothing for `stalledMs`. */
  constructor(client: Socket, stalledMs: number, onStalled: () => void) {
    this.#client = client;
    this.#stalledMs = stalledMs;
    this.#onStalled = onStalled;
  }

  /** Null = not there (yet). */
  get peer(): Duplex | null {
    return this.#peer;
  }

  /** What was written without a peer goes to this one. */
  connect(peer: Duplex | null): void {
    this.#peer = peer;
    if (peer !== null) {
      const queue = this.#queue;
      this.#queue = [];
      this.#queuedBytes = 0;
      for (const bytes of queue) this.write(bytes);
    }
    this.#updateFlow();
  }

  /** Forgets the peer and all that was to go to it. @param isLast also what waits behind: with it the client is not heard out. */
  disconnect(isLast = false): void {
    this.#peer = null;
    if (isLast) this.#pending = null;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.unblock();
  }

  write(bytes: Buffer): void {
    const peer = this.#peer;
    if (peer === null) {
      this.#queue.push(bytes);
      this.#queuedBytes += bytes.length;
    } else if (peer.destroyed || peer.writableEnded || peer.write(bytes)) {
      // A peer that is gone has answered already (or the exchange would be over): the rest of the request is dropped.
      return;
    } else {
      this.#blocked = true;
      this.#timer ??= setTimeout(this.#onStalled, this.#stalledMs);
    }
    this.#updateFlow();
  }

  /** Keeps the beginning of the next request until `takePending`. */
  hold(bytes: Buffer): void {
    this.#pending = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#updateFlow();
  }

  get holds(): boolean {
    return this.#pending !== null;
  }

  takePending(): Buffer | null {
    const pending = this.#pending;
    this.#pending = null;
    this.#updateFlow();
    return pending;
  }

  /** All that the client has sent and nobody has taken. @param begun of a head that is not whole */
  unread(begun: Buffer | null): Buffer {
    return Buffer.concat([begun, this.takePending()].filter((bytes) => bytes !== null));
  }

  /** The peer answers: it is alive, if slow. */
  heard(): void {
    this.#timer?.refresh();
  }

  unblock(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#blocked = false;
    this.#updateFlow();
  }

  #updateFlow(): void {
    const ahead = this.#queuedBytes + (this.#pending?.length ?? 0);
    if (this.#blocked || ahead > MAX_READ_AHEAD_BYTES) this.#client.pause();
    else if (this.#client.isPaused()) this.#client.resume();
  }
}
