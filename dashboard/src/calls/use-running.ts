/** Calls under way, as rows on top of the list. */
import { useEffect, useRef, useState } from 'react';
import type { CallRecord } from '../api/shapes.ts';
import { useEndedCalls, useRunningCalls } from '../api/use-live.ts';
import type { Row } from './rows.ts';

const MOST = 50;

/**
 * Newest first. While the reader is elsewhere in the list none comes and none goes, or all rows would move: one that
 * ends stays where it is, as what it became.
 * @param follows the reader is at the top
 * @param shown whether running calls belong to what is asked for
 * @param list another one holds what ended itself
 */
export function useRunningRows(follows: boolean, shown: boolean, list: unknown): readonly Row[] {
  const running = useRunningCalls();
  const ended = useRef(new Map<string, CallRecord>());
  const [held, setHeld] = useState<readonly string[] | null>(null);
  useEndedCalls(
    (call) => {
      if (held?.includes(call.id) === true) ended.current.set(call.id, call);
    },
    () => {},
  );
  const now = shown ? [...running.keys()].toReversed().slice(0, MOST) : [];
  const latest = useRef(now);
  latest.current = now;
  useEffect(() => {
    setHeld(follows || !shown ? null : latest.current);
    ended.current.clear();
  }, [follows, shown, list]);
  return (shown ? (held ?? now) : []).flatMap((id): Row[] => {
    const call = ended.current.get(id);
    if (call !== undefined) return [{ running: null, call, text: null }];
    const under = running.get(id);
    return under === undefined ? [] : [{ running: under, call: null }];
  });
}
