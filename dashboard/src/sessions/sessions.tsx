import { Empty } from '../kit/states.tsx';
import type { Route } from '../url/route.ts';

export function Sessions({ route }: { route: Route }) {
  return <Empty title="Sessions">{route.id}</Empty>;
}
