import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

/** Pixels from the end that still are the end. */
const NEAR = 24;
/** With these a reader sets out for an end that they see. */
const STEPS = ['keydown', 'wheel'] as const;
/** With these they go as far as they like, while what they pass turns out higher than it was thought to be. */
const GRIPS = ['pointerdown', 'touchmove', 'popstate'] as const;

/**
 * Stays at the end while more comes, when the reader is there and only then. The end moves under them: more comes, and
 * rows turn out higher once they are measured. Only a gesture of theirs leaves it.
 * @param length how many there are
 * @param height of all of them, as far as it is known
 * @returns for `scroll` events of the scroller
 */
export function useFollowTail(scroller: RefObject<HTMLElement | null>, length: number, height: number): () => void {
  const isAtTail = useRef(false);
  /** Since it was told where the reader is. `end` is the one that they saw then. */
  const gesture = useRef<{ end: number } | null>(null);
  useEffect(() => {
    const step = (): void => {
      gesture.current = { end: scroller.current === null ? Infinity : endOf(scroller.current) };
    };
    const grip = (): void => {
      gesture.current = { end: Infinity };
    };
    const leave = new AbortController();
    const options = { capture: true, passive: true, signal: leave.signal };
    for (const name of STEPS) window.addEventListener(name, step, options);
    for (const name of GRIPS) window.addEventListener(name, grip, options);
    return () => leave.abort();
  }, [scroller]);
  const before = useRef(length);
  useLayoutEffect(() => {
    const hasMore = length > before.current;
    before.current = length;
    if (!isAtTail.current || scroller.current === null) return;
    // What grew under their hand they opened, and want to read from its beginning.
    isAtTail.current = hasMore || gesture.current === null;
    if (!isAtTail.current) return;
    gesture.current = null;
    toEnd(scroller.current);
  }, [scroller, length, height]);
  return () => {
    const element = scroller.current;
    if (element === null) return;
    const end = Math.min(endOf(element), gesture.current?.end ?? Infinity);
    // Where all of it is in sight nobody has gone to the end.
    if (element.scrollTop > 0 && element.scrollTop >= end - NEAR) {
      isAtTail.current = true;
      gesture.current = null;
      toEnd(element);
    } else if (gesture.current !== null) isAtTail.current = false;
  };
}

/** The furthest that it can be scrolled. */
function endOf(element: HTMLElement): number {
  return element.scrollHeight - element.clientHeight;
}

function toEnd(element: HTMLElement): void {
  if (endOf(element) - element.scrollTop > 1) element.scrollTop = endOf(element);
}
