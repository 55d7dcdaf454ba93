import { Empty } from '../kit/states.tsx';
import type { Route } from '../url/route.ts';

export function Compare({ route }: { route: Route }) {
  return <Empty title="Compare">{route.id}</Empty>;
}
