import type { LogLocation } from '../store/call-row.ts';

const BOUND = 20_000;

/** Where the text log put a call, for the row in the database. Told by the log sink, taken by the SQLite sink. */
export class LogLocations {
  readonly #byId = new Map<string, LogLocation>();

  set(id: string, location: LogLocation): void {
    this.#byId.set(id, location);
    if (this.#byId.size <= BOUND) return;
    for (const oldest of this.#byId.keys()) {
      this.#byId.delete(oldest);
      return;
    }
  }

  take(id: string): LogLocation | null {
    const location = this.#byId.get(id) ?? null;
    this.#byId.delete(id);
    return location;
  }
}
