import type { TlsTrouble } from '../core/ports.ts';
import { maskText } from '../core/redact.ts';
import { type HandshakeCause, hintFor } from './handshake-cause.ts';

/** Clients name themselves: what is remembered of them is bounded. */
const MAX_KEPT = 200;
const MAX_NAME = 120;

interface Failed {
  host: string;
  /** As it names itself in its CONNECT. */
  agent: string | null;
  cause: HandshakeCause;
  /** Milliseconds since the epoch. */
  wall: number;
}

/** Which clients could not or would not speak TLS with us, and why: the last few of each kind. */
export class HandshakeTroubles {
  /** The latest last. */
  readonly #kept = new Map<string, { trouble: TlsTrouble }>();

  note({ host, agent, cause, wall }: Failed): void {
    const client = agent === null ? null : maskText(agent.slice(0, MAX_NAME));
    const key = `${host}\0${cause}\0${client ?? ''}`;
    const at = new Date(wall).toISOString();
    const known = this.#kept.get(key)?.trouble;
    this.#kept.delete(key);
    const trouble = { host, client, cause, hint: hintFor(cause), count: 0, first_at: at, ...known };
    this.#kept.set(key, { trouble: { ...trouble, count: trouble.count + 1, last_at: at } });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** The latest first. */
  list(): TlsTrouble[] {
    return [...this.#kept.values()].map(({ trouble }) => trouble).toReversed();
  }
}
