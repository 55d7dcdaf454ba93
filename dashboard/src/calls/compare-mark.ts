/** `c` marks a call; the second one that is marked is compared with it. */
import { useState } from 'react';
import { useKeys } from '../keyboard/keys.ts';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';

/** @param current the call that is open, else the row of the keys */
export function useCompareMark(route: Route, current: () => string | null) {
  const [marked, setMarked] = useState<string | null>(null);
  const mark = (): void => {
    const id = current();
    if (id === null) return;
    if (marked === null) setMarked(id);
    else if (marked === id) setMarked(null);
    else goTo(hrefOf(route, 'compare', null, { a: marked, b: id }));
  };
  useKeys([{ keys: 'c', does: 'mark for a comparison; the second one opens it', where: 'calls', run: mark }]);
  return { marked, unmark: () => setMarked(null) };
}
