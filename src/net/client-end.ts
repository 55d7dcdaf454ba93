import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { CLOSING_TIMES } from './client-side.ts';
import { Deadline } from './deadline.ts';

/** Tools that end behind their request do so at once: on a busy machine it takes some ms until that is heard. */
const AT_ONCE_MS = 100;

/**
 * A client that ends behind its request may still read (`nc -N`, tools of HTTP/1.0), or be gone: the end alone does not
 * tell, and no socket does before something is written to it. One that comes with the request is how such tools ask: the
 * answer is fetched, and its first bytes tell who is gone after all. A later one, or one behind the beginning of the answer,
 * is passed on, as on the relay: the upstream is told just what we were told, and an answer that it still gives is brought.
 */
export class ClientEnd {
  readonly #client: Socket;
  readonly #silent = new Deadline();
  readonly #onEnd = (): void => this.#hear();
  #outgoing: ClientRequest | null = null;
  /** Null = it is still coming. */
  #wholeAt: number | null = null;
  #isTold = false;
  #isAnswered = false;

  constructor(request: IncomingMessage) {
    this.#client = request.socket;
    request.once('end', () => (this.#wholeAt = performance.now()));
    this.#client.once('end', this.#onEnd);
    // Pipelined requests wait for their turn.
    if (this.#client.readableEnded) this.#limit();
  }

  /** The upstream knows that the client has ended: what ends there does so for that. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** The request goes on by this one. */
  follow(outgoing: ClientRequest): void {
    this.#outgoing = outgoing;
  }

  /** The upstream said something. */
  heard(): void {
    this.#isAnswered = true;
    this.#silent.putOff();
  }

  stop(): void {
    this.#client.off('end', this.#onEnd);
    this.#silent.clear();
  }

  #hear(): void {
    this.#limit();
    const isLate = this.#wholeAt !== null && performance.now() - this.#wholeAt >= AT_ONCE_MS;
    if (!(isLate || this.#isAnswered) || this.#outgoing?.writableFinished !== true) return;
    this.#isTold = true;
    this.#outgoing.socket?.end();
  }

  /** An upstream that neither answers nor ends would hold the connection for good. */
  #limit(): void {
    this.#silent.arm(CLOSING_TIMES.flushMs, () => this.#client.destroy());
  }
}
