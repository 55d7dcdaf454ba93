/** Time that messages may take before the thread's timers and files get a turn. */
const TURN_MS = 10;

/**
 * Takes messages in order, a little at a time. A message port hands over up to a thousand at once, each a slab full of
 * calls: without this the timers of the sinks stood still for seconds under load, and what they had not written grew.
 */
export class Inbox<T> {
  readonly #handle: (message: T) => void;
  readonly #now: () => number;
  #waiting: T[] = [];
  #next = 0;
  #scheduled = false;

  constructor(handle: (message: T) => void, now: () => number) {
    this.#handle = handle;
    this.#now = now;
  }

  push(message: T): void {
    this.#waiting.push(message);
    this.#schedule();
  }

  /** Never at once: a port gives all that it has in one phase of the loop, and the time of a turn is for all of it. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const until = this.#now() + TURN_MS;
    while (this.#next < this.#waiting.length) {
      if (this.#now() > until) {
        // Under load that lasts it is never empty: what was handled must not wait for that.
        this.#waiting.splice(0, this.#next);
        this.#next = 0;
        this.#schedule();
        return;
      }
      this.#handle(this.#waiting[this.#next++] as T);
    }
    this.#waiting = [];
    this.#next = 0;
  }
}
