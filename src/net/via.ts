/** Who has passed a call on (RFC 9110 7.6.3): two proxies that send calls to each other would do so until nothing is left. */
import type { Duplex } from 'node:stream';
import type { Refusal } from './refusal.ts';

export const ROUND: Refusal = {
  status: 403,
  type: 'loop',
  message: 'This call has been here before: this proxy sends it to one that sends it back',
};

export class Via {
  /** As a header has it. */
  readonly own: string;

  /** @param id of this process alone. */
  constructor(id: string) {
    this.own = `1.1 llm-proxy-${id}`;
  }

  /** @param passed the header as it came. */
  isRound(passed: string | undefined): boolean {
    return passed?.includes(this.own) === true;
  }

  /** All that it came through, and us. */
  with(passed: string | undefined): string {
    return passed === undefined ? this.own : `${passed}, ${this.own}`;
  }
}

/**
 * Each round of a circle is another connection of a client. Fewer than these are calls, which stay as they are: servers
 * answer otherwise to one who comes through a proxy (nginx compresses nothing for them).
 */
export const MANY = 32;

/** Clients whose calls go to the same kind of server, which may be a proxy that sends them back. */
export class Crowd {
  readonly #via: Via | undefined;
  readonly #clients = new Set<Duplex>();

  constructor(via: Via | undefined) {
    this.#via = via;
  }

  /** Raw headers, with us among those that passed the call on where it may go in a circle. */
  passedOn(headers: string[], client: Duplex): string[] {
    if (this.#via === undefined) return headers;
    if (!this.#clients.has(client)) {
      this.#clients.add(client);
      client.once('close', () => this.#clients.delete(client));
    }
    return this.#clients.size > MANY ? [...headers, 'Via', this.#via.own] : headers;
  }
}
