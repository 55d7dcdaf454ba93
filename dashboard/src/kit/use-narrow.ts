import { useSyncExternalStore } from 'react';

const narrow = window.matchMedia('(max-width: 767px)');

/** A phone: one thing at a time. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      narrow.addEventListener('change', changed);
      return () => narrow.removeEventListener('change', changed);
    },
    () => narrow.matches,
  );
}
