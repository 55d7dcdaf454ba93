/** What all views of a session know: what is shown, and which call of it is open. */
import { createContext, useContext } from 'react';
import type { Route } from '../url/route.ts';
import type { Outline } from './outline.ts';
import type { Node } from './tree.ts';

export interface SessionPlace {
  route: Route;
  outline: Outline;
  tree: readonly Node[];
  /** Id of the call that is open; null = none. */
  call: string | null;
  hrefOfCall: (id: string) => string;
  closeCall: () => void;
}

export const Place = createContext<SessionPlace | null>(null);

export function usePlace(): SessionPlace {
  const place = useContext(Place);
  if (place === null) throw new Error('a view of a session stands outside of one');
  return place;
}
