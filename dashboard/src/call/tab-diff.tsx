import type { CallRecord } from '../api/shapes.ts';

/** @param other id of the call that it is held against; null = none is known */
export function DiffTab({ call, other }: { call: CallRecord; other: string | null }) {
  return (
    <p className="p-4 text-muted">
      {call.id} {other}
    </p>
  );
}
