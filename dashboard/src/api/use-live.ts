import { useEffect, useRef, useSyncExternalStore } from 'react';
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
