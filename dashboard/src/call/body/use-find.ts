import { useEffect, useRef } from 'react';
import { whole } from '../../format/numbers.ts';
import { MOST_FOUND } from './json-tree.ts';

/** Where the reader is among what was found. */
export interface Found {
  at: number;
  of: number;
  step: (by: 1 | -1) => void;
}

/** null = nothing is looked for. */
export type OnFound = (found: Found | null) => void;

interface FindProps {
  places: readonly number[];
  query: string | null;
  goTo: (place: number) => void;
  onFound: OnFound | undefined;
}

/** Goes to the first place that was found, and on to the others as the reader asks. */
export function useFind({ places, query, goTo, onFound }: FindProps): void {
  const latest = useRef({ goTo, onFound });
  latest.current = { goTo, onFound };
  useEffect(() => {
    const of = places.length;
    const go = (at: number): void => {
      const place = places[at];
      if (place !== undefined) latest.current.goTo(place);
      const isAsked = query !== null && query !== '';
      latest.current.onFound?.(isAsked ? { at, of, step: (by) => go((at + by + of) % Math.max(1, of)) } : null);
    };
    go(0);
  }, [places, query]);
}

/** `3 of 17`, `nowhere`. */
export function foundText({ at, of }: Found): string {
  if (of === 0) return 'nowhere';
  return `${whole(at + 1)} of ${of === MOST_FOUND ? `${whole(of)} or more` : whole(of)}`;
}
