import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { LiveFeed, type LiveState } from './live.ts';
import type { CallRecord, RunningCall } from './shapes.ts';

/** One for the page, however many screens listen. */
export const liveFeed = new LiveFeed('/api/live', (then) => requestAnimationFrame(then));

const watch = (changed: () => void): (() => void) => liveFeed.watch(changed);

export function useLiveState(): LiveState {
  return useSyncExternalStore(watch, () => liveFeed.state);
}

export function useRunningCalls(): ReadonlyMap<string, RunningCall> {
  return useSyncExternalStore(watch, () => liveFeed.running);
}

/** Each call that ends while the component is there; `gap` when some may have been missed. */
export function useEndedCalls(call: (call: CallRecord) => void, gap: () => void): void {
  const latest = useRef({ call, gap });
  latest.current = { call, gap };
  useEffect(
    () => liveFeed.listen({ call: (ended) => latest.current.call(ended), gap: () => latest.current.gap() }),
    [],
  );
}

/** When the feed is there after it was not: of what ended until then nothing was told. */
export function useFeedBegins(then: () => void): void {
  const state = useLiveState();
  const isOpen = state === 'open';
  const wasOpen = useRef(isOpen);
  const latest = useRef(then);
  latest.current = then;
  useEffect(() => {
    if (isOpen && !wasOpen.current) latest.current();
    // A line that was lost comes back with what was missed, or says that it cannot.
    if (isOpen || state === 'off') wasOpen.current = isOpen;
  }, [isOpen, state]);
}

/** A call that ended is told of before it is stored; after so long it is, unless the store is in trouble. */
export const STORED_MS = 1000;
/** An answer that is shown again may be so old, and of what ended since then nothing was told. */
const ANSWER_MS = 10_000;
/** What has not come by then will not. */
const AWAITED_MS = 30_000;

export interface Refresh {
  everyMs: number;
  /** False: it was not asked, and is to be tried again. */
  ask: () => boolean;
  /** Whether a call that ended changes what is shown. Without: each does. */
  wants?: (call: CallRecord) => boolean;
  /** Ids of the calls shown, where each that is wanted will be among them: it is asked until they are. */
  shown?: () => ReadonlySet<string>;
  gap?: () => void;
}

/**
 * Asks again after calls have ended, at most so often, and only while the page is looked at. What ended a moment ago
 * may not be in the answer: then it is asked once more.
 * @returns to be called when it was asked for by other means
 */
export function useRefresh({ everyMs, ask, wants, shown, gap }: Refresh): () => void {
  const [missing] = useState(() => new Missing());
  useEndedCalls(
    (call) => {
      if (wants?.(call) !== false) missing.add(call, performance.now(), shown !== undefined);
    },
    () => {
      gap?.();
      missing.addUnknown(performance.now());
    },
  );
  useFeedBegins(() => missing.addUnknown(performance.now()));
  const latest = useRef({ ask, shown });
  latest.current = { ask, shown };
  useEffect(() => {
    const timer = setInterval(() => {
      const now = performance.now();
      if (document.hidden || !missing.isAny(now, latest.current.shown) || !latest.current.ask()) return;
      missing.asked(now);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, missing]);
  return () => missing.clear();
}

/** Calls that ended, and may not be in what is shown. Times of the page's clock, in milliseconds. */
class Missing {
  /** Who has just come may be shown an answer from before it was stored. */
  #last: number | null = performance.now() - liveFeed.endedAt < ANSWER_MS + STORED_MS ? liveFeed.endedAt : null;
  readonly #awaited = new Map<string, number>();

  add({ id }: CallRecord, at: number, isAwaited: boolean): void {
    this.#last = at;
    if (isAwaited) this.#awaited.set(id, at);
  }

  addUnknown(at: number): void {
    this.#last = at;
  }

  isAny(now: number, shown: (() => ReadonlySet<string>) | undefined): boolean {
    if (this.#awaited.size > 0 && shown !== undefined) {
      const ids = shown();
      for (const [id, at] of this.#awaited) if (ids.has(id) || now - at > AWAITED_MS) this.#awaited.delete(id);
    }
    return this.#last !== null || this.#awaited.size > 0;
  }

  asked(now: number): void {
    if (this.#last !== null && now - this.#last > STORED_MS) this.#last = null;
  }

  clear(): void {
    this.#last = null;
    this.#awaited.clear();
  }
}
