/** Two answers to one question: those of compare mode, or any two calls. */
import type { Route } from '../url/route.ts';
import { ComparisonList } from './list.tsx';
import { PickOther } from './pick.tsx';
import { TwoCalls } from './two-calls.tsx';

export function Compare({ route }: { route: Route }) {
  const [a, b] = [route.params.get('a'), route.params.get('b')];
  if (a !== null && b !== null) return <TwoCalls key={`${a} ${b}`} route={route} a={a} b={b} />;
  if (a !== null || b !== null) return <PickOther route={route} id={a ?? b ?? ''} />;
  return <ComparisonList route={route} />;
}
