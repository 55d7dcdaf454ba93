/**
 * Calls as they start, go on and end, by server-sent events. The browser comes back by itself with `Last-Event-ID`;
 * where the daemon no longer knows what was missed it says `gap`, and the lists are asked again.
 */
import { noteEnded } from './client.ts';
import type { CallRecord, RunningCall } from './shapes.ts';

export type LiveState = 'connecting' | 'open' | 'lost' | 'off';

interface Listeners {
  call: (call: CallRecord) => void;
  deleted: (id: string) => void;
  gap: () => void;
}

const RETRY_MS = 3000;

export class LiveFeed {
  readonly #url: string;
  readonly #nextFrame: (then: () => void) => void;
  readonly #listeners = new Set<Partial<Listeners>>();
  readonly #watchers = new Set<() => void>();
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #state: LiveState = 'off';
  #running: ReadonlyMap<string, RunningCall> = new Map();
  #isDue = false;
  #next = new Map<string, RunningCall>();
  /** The next stream does not begin where the one before it ended. */
  #hasGap = false;

  /** When the latest call ended, by the page's clock. */
  endedAt = -Infinity;

  /** @param nextFrame calls once, before the page is painted next */
  constructor(url: string, nextFrame: (then: () => void) => void) {
    this.#url = url;
    this.#nextFrame = nextFrame;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Calls under way, oldest first; a new map for each change, at most one a frame. */
  get running(): ReadonlyMap<string, RunningCall> {
    return this.#running;
  }

  open(): void {
    if (this.#source !== null) return;
    // Until the line is there again it is lost, however often it is tried.
    if (this.#state !== 'lost') this.#set('connecting');
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('open', () => this.#opened());
    source.addEventListener('error', () => this.#lost(source));
    source.addEventListener('call', (event) => this.#ended(dataOf(event) as CallRecord));
    source.addEventListener('started', (event) => this.#runs(dataOf(event) as RunningCall));
    source.addEventListener('progress', (event) => this.#runs(dataOf(event) as RunningCall));
    source.addEventListener('gone', (event) => this.#gone((dataOf(event) as { id: string }).id));
    source.addEventListener('gap', () => this.refresh());
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#next.clear();
    this.#show();
    this.#set('off');
  }

  /** What is shown may not be what is: all who listen ask again. */
  refresh(): void {
    this.#hasGap = false;
    for (const listener of this.#listeners) listener.gap?.();
  }

  /** The reader deleted a call: of that the daemon tells nothing. */
  deleted(id: string): void {
    for (const listener of this.#listeners) listener.deleted?.(id);
  }

  /** @returns how to leave */
  listen(listeners: Partial<Listeners>): () => void {
    this.#listeners.add(listeners);
    return () => this.#listeners.delete(listeners);
  }

  /** Told when `state` or `running` changed. @returns how to leave */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Those under way are told first: what is known from before may have ended meanwhile. */
  #opened(): void {
    this.#next.clear();
    this.#show();
    this.#set('open');
    // From here on all is told, so that what is asked for now and what comes leave nothing out.
    if (this.#hasGap) this.refresh();
  }

  #gone(id: string): void {
    if (this.#next.delete(id)) this.#show();
  }

  #ended(call: CallRecord): void {
    this.#gone(call.id);
    noteEnded(call.id);
    this.endedAt = performance.now();
    for (const listener of this.#listeners) listener.call?.(call);
  }

  #runs(call: RunningCall): void {
    this.#next.set(call.id, { ...this.#next.get(call.id), ...call });
    this.#show();
  }

  /** A stream that was refused (daemon gone, logged out) is not tried again by the browser itself. */
  #lost(source: EventSource): void {
    this.#set('lost');
    if (source.readyState !== EventSource.CLOSED) return;
    this.#source = null;
    // The daemon is not told what a stream that is closed had seen: what was missed is asked for.
    this.#hasGap = true;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.open();
    }, RETRY_MS);
  }

  /** Once a frame, however many events come in it. */
  #show(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#nextFrame(() => {
      this.#isDue = false;
      this.#running = new Map(this.#next);
      this.#tell();
    });
  }

  #set(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    for (const changed of this.#watchers) changed();
  }
}

function dataOf(event: Event): unknown {
  return JSON.parse(String(Reflect.get(event, 'data')));
}
