import { Empty } from '../kit/states.tsx';
import type { Route } from '../url/route.ts';

export function Settings({ route }: { route: Route }) {
  return <Empty title="Settings">{route.id}</Empty>;
}
