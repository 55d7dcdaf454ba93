import { Empty } from '../kit/states.tsx';
import type { Route } from '../url/route.ts';

export function Overview({ route }: { route: Route }) {
  return <Empty title="Overview">{route.id}</Empty>;
}
