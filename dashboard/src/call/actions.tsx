import type { CallRecord } from '../api/shapes.ts';
import { Menu } from '../kit/menu.tsx';

/** What can be done with a call: stands at the right of its header. */
export function Actions({ call }: { call: CallRecord }) {
  return <Menu label="Actions" items={[{ name: 'Copy id', run: () => void navigator.clipboard.writeText(call.id) }]} />;
}
