import type { CallRecord } from '../core/capture.ts';
import type { RunningCall, RunningNews } from '../core/running-call.ts';

const KEPT = 500;

interface KeptCall {
  id: number;
  record: CallRecord;
}

/** `id` stands at calls that ended alone: whoever comes back with one gets those behind it. */
export type LiveEvent =
  | { event: 'call'; id: number; data: CallRecord }
  | { event: 'started' | 'progress'; data: RunningCall }
  /** It ended; its record came before, if there is one. */
  | { event: 'gone'; data: { id: string } }
  /** Calls ended that this reader will not be told of: lists are to be asked for again. */
  | { event: 'gap'; data: Record<string, never> };

type Listener = (event: LiveEvent) => void;

/** Calls as they start, go on and end, for any number of readers; the last few ended ones are kept for those who lost the line. */
export class Live {
  readonly #watch: (on: boolean) => void;
  readonly #listeners = new Set<Listener>();
  /** For readers that come while they run. */
  readonly #running = new Map<string, RunningCall>();
  #kept: KeptCall[] = [];
  readonly #first: number;
  #last: number;
  #idle: NodeJS.Timeout | null = null;

  /**
   * @param watch asks the recorder for calls only while somebody reads.
   * @param first ids are above it: the time at which this thread began, so that no id is one of the thread before.
   */
  constructor(watch: (on: boolean) => void, first = 0) {
    this.#watch = watch;
    this.#first = first;
    this.#last = first;
  }

  /** Somebody reads, or did a moment ago. */
  get read(): boolean {
    return this.#listeners.size > 0 || this.#idle !== null;
  }

  /** Whoever comes back with this id has missed nothing that ended before now. */
  get last(): number {
    return this.#last;
  }

  push(record: CallRecord): void {
    this.#last += 1;
    const kept = { id: this.#last, record };
    this.#kept.push(kept);
    if (this.#kept.length > KEPT) this.#kept = this.#kept.slice(-KEPT / 2);
    this.#running.delete(record.id);
    this.#tell(callEvent(kept));
  }

  /** What is new of the calls under way. */
  follow({ started, progress, gone }: RunningNews): void {
    for (const call of started) this.#runs('started', call);
    for (const call of progress) this.#runs('progress', call);
    for (const id of gone) this.#gone(id);
  }

  /** The recorder has died, and with it what it knew of calls under way. */
  forgetRunning(): void {
    for (const id of this.#running.keys()) this.#gone(id);
  }

  /** Calls behind `lastId` come first, then those under way. Returns how to leave. */
  subscribe(lastId: number | null, listener: Listener): () => void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    else if (this.#listeners.size === 0) this.#watch(true);
    this.#idle = null;
    if (lastId !== null) this.#catchUp(lastId, listener);
    for (const call of this.#running.values()) listener({ event: 'started', data: call });
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

  #catchUp(lastId: number, listener: Listener): void {
    // An id that was never given here is of the thread before this one: its reader has seen nothing of ours.
    const isOurs = lastId > this.#first && lastId <= this.#last;
    const seen = isOurs ? lastId : this.#first;
    const oldest = this.#kept[0]?.id ?? this.#last + 1;
    if (!isOurs || seen + 1 < oldest) listener({ event: 'gap', data: {} });
    for (const kept of this.#kept) if (kept.id > seen) listener(callEvent(kept));
  }

  #runs(event: 'started' | 'progress', call: RunningCall): void {
    this.#running.set(call.id, call);
    this.#tell({ event, data: call });
  }

  #gone(id: string): void {
    this.#running.delete(id);
    this.#tell({ event: 'gone', data: { id } });
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #rest(): void {
    this.#idle = null;
    this.#watch(false);
    this.#kept = [];
    this.#running.clear();
    // What comes until somebody reads again is missed by whoever was here before.
    this.#last += 1;
  }
}

function callEvent({ id, record }: KeptCall): LiveEvent {
  return { event: 'call', id, data: record };
}
