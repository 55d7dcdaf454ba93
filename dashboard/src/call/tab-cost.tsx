import type { CallRecord } from '../api/shapes.ts';

export function CostTab({ call }: { call: CallRecord }) {
  return <p className="p-4 text-muted">{call.id}</p>;
}
