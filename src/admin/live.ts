import type { CallRecord } from '../core/capture.ts';

const KEPT = 500;

interface Event {
  id: number;
  record: CallRecord;
}

type Listener = (event: Event) => void;

/** Finished calls as they come, for any number of readers; the last few are kept for those who lost the line. */
export class Live {
  readonly #watch: (on: boolean) => void;
  readonly #listeners = new Set<Listener>();
  #kept: Event[] = [];
  #last = 0;
  #idle: NodeJS.Timeout | null = null;

  /** @param watch asks the recorder for calls only while somebody reads. */
  constructor(watch: (on: boolean) => void) {
    this.#watch = watch;
  }

  /** Somebody reads, or did a moment ago. */
  get read(): boolean {
    return this.#listeners.size > 0 || this.#idle !== null;
  }

  push(record: CallRecord): void {
    const event = { id: ++this.#last, record };
    this.#kept.push(event);
    if (this.#kept.length > KEPT) this.#kept = this.#kept.slice(-KEPT / 2);
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls behind `lastId` come first. Returns how to leave. */
  subscribe(lastId: number | null, listener: Listener): () => void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    else if (this.#listeners.size === 0) this.#watch(true);
    this.#idle = null;
    // An id that was never given here is of the thread before this one: its reader has seen nothing of ours.
    const seen = lastId !== null && lastId > this.#last ? 0 : lastId;
    if (seen !== null) for (const event of this.#kept) if (event.id > seen) listener(event);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      // A reader that lost the line comes back; until then nothing may be missed.
      if (this.#listeners.size === 0) this.#idle = setTimeout(() => this.#rest(), 60_000).unref();
    };
  }

  /** They are not sent to anybody who comes back. */
  forget(isGone: (call: CallRecord) => boolean): void {
    this.#kept = this.#kept.filter(({ record }) => !isGone(record));
  }

  #rest(): void {
    this.#idle = null;
    this.#watch(false);
    this.#kept = [];
  }
}
