import { RecentMap } from '../core/recent-map.ts';

const CONNECTIONS = 4096;
const PROGRAMS = 256;

/**
 * Which connections carry one conversation each. A program for one person has such; a server has a pool, and what comes
 * over one of its connections is anybody's.
 */
export class Privacy {
  readonly #sessions = new RecentMap<string>(CONNECTIONS);
  readonly #pools = new RecentMap<true>(PROGRAMS);

  /** @param program key, client and host */
  note(connection: number, program: string, session: string): void {
    const key = String(connection);
    const before = this.#sessions.get(key);
    if (before !== undefined && before !== session) this.#pools.set(program, true);
    else if (before === undefined) this.#sessions.set(key, session);
  }

  isPrivate(connection: number, program: string): boolean {
    return this.#sessions.has(String(connection)) && !this.#pools.has(program);
  }
}
