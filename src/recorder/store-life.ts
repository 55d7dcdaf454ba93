import type { AgeClock } from '../core/age-clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { KeepLimits, LifeSettings, PinResult, PruneSlice, PurgeSlice, PurgeTarget } from '../core/ports.ts';
import type { UseStore } from '../store/driver.ts';
import { isKnown, pin, type PinKind, unpin } from '../store/pins.ts';
import { spaceOf } from '../store/space.ts';
import { purgeSlice } from './purge.ts';
import { Upkeep } from './upkeep.ts';

export interface StoreLifeOptions extends LifeSettings {
  /** Of the database file. */
  path: string;
  use: UseStore;
  clock: Clock;
  age?: AgeClock;
  log: Logger;
  /** No daemon runs. */
  isAlone?: boolean;
}

/** What happens to what is stored, after it was stored. In the thread that writes, or where no daemon runs. */
export class StoreLife {
  readonly #options: StoreLifeOptions;
  readonly #upkeep: Upkeep;

  constructor(options: StoreLifeOptions) {
    this.#options = options;
    this.#upkeep = new Upkeep(options);
  }

  /** From now on the limits are kept. */
  open(): void {
    this.#upkeep.open();
  }

  close(): Promise<void> {
    return this.#upkeep.close();
  }

  /** Prometheus text; empty while there is no database. */
  metrics(): string {
    const { use, path } = this.#options;
    try {
      const space = use((database) => spaceOf(database, path));
      const lines = Object.entries(space).map(([part, bytes]) => `llm_proxy_store_bytes{part="${part}"} ${bytes}`);
      return `# HELP llm_proxy_store_bytes The database: in use, free in its file, in its -wal\n# TYPE llm_proxy_store_bytes gauge\n${lines.join('\n')}\n`;
    } catch {
      return '';
    }
  }

  prune(limits: KeepLimits | null): Promise<PruneSlice> {
    return this.#upkeep.prune(limits);
  }

  purge(target: PurgeTarget, cursor: string | null): Promise<PurgeSlice> {
    const { isAlone = false } = this.#options;
    return purgeSlice(target, cursor, { ...this.#options, isAlone });
  }

  /** @throws AppError `store_unusable` */
  pin(kind: PinKind, id: string, on: boolean): PinResult {
    const { use, clock } = this.#options;
    return use((database) => {
      if (!on) return unpin(database, kind, id) ? 'changed' : 'unchanged';
      if (!isKnown(database, kind, id)) return 'unknown';
      return pin(database, kind, id, new Date(clock.wall()).toISOString()) ? 'changed' : 'unchanged';
    });
  }
}
