import { messageOf } from '../core/errors.ts';
import type { LiveCalls, LiveChange } from '../core/live-call.ts';
import type { Database } from '../store/driver.ts';
import type { LiveCallTables, LiveOwner } from '../store/live-calls.ts';
import { inTransaction } from '../store/transaction.ts';
import type { SinkDeps } from './losses.ts';

export interface LiveCallKeeperOptions {
  owner: LiveOwner;
  takesBodies: boolean;
  /** Work between two transactions of the connection that writes. @throws while there is none */
  use<T>(work: (database: Database) => T): T;
  /** Of the file that is open. */
  tables(): LiveCallTables | null;
  deps: SinkDeps;
}

/** Calls in flight, beside the finished ones: in transactions of their own, so that no finished call is lost to them. */
export class LiveCallKeeper implements LiveCalls {
  readonly takesBodies: boolean;
  readonly #options: LiveCallKeeperOptions;

  constructor(options: LiveCallKeeperOptions) {
    this.takesBodies = options.takesBodies;
    this.#options = options;
  }

  keep(changes: readonly LiveChange[]): boolean {
    const options = this.#options;
    const { owner, deps } = options;
    try {
      options.use((database) =>
        inTransaction(database, () => options.tables()?.keep(changes, owner, deps.clock.wall())),
      );
      return options.tables() !== null;
    } catch (error) {
      // Finished calls have the same trouble, and tell of it.
      deps.log.debug({ error: messageOf(error) }, 'calls in flight could not be kept');
      return false;
    }
  }

  adopt(id: string): void {
    this.#options.tables()?.adopt(id);
  }

  discard(id: string): void {
    this.#options.tables()?.discard(id);
  }

  /** Nothing is left of them: all are recorded, or given up. */
  end(): void {
    const options = this.#options;
    options.use((database) => inTransaction(database, () => options.tables()?.end(options.owner)));
  }
}
