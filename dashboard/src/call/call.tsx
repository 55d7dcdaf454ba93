import type { Route } from '../url/route.ts';

/** A call in full: what was said, what it cost, how it went. */
export function Call({ id }: { route: Route; id: string }) {
  return <p>{id}</p>;
}
