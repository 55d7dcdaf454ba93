import { useLayoutEffect, useRef } from 'react';

/** Pixels from the end that still are the end. */
const NEAR = 24;

/** Stays at the end while more comes, when the reader is there and only then. */
export function useFollowTail(length: number): {
  scroller: React.RefObject<HTMLDivElement | null>;
  onScroll: () => void;
} {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtTail = useRef(false);
  const before = useRef(length);
  useLayoutEffect(() => {
    const grew = length > before.current;
    before.current = length;
    if (grew && isAtTail.current) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [length]);
  const onScroll = (): void => {
    if (scroller.current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller.current;
    // Where all of it is in sight nobody has gone to the end.
    isAtTail.current = scrollTop > 0 && scrollHeight - scrollTop - clientHeight <= NEAR;
  };
  return { scroller, onScroll };
}
