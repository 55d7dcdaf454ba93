/** The list on a phone: two lines for a call. */
import { useSyncExternalStore } from 'react';
import { certaintyOf } from '../format/call.ts';
import { CallCost, Tokens, When } from '../kit/amounts.tsx';
import { StatusDot } from '../kit/dots.tsx';
import type { Column } from '../kit/grid.tsx';
import { Flags, Model, ModelName, Session } from './columns.tsx';
import { seconds } from './figures.ts';
import type { Row } from './rows.ts';
import { RunningClock, RunningDot, RunningText } from './running.tsx';

const narrow = window.matchMedia('(max-width: 767px)');

export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      narrow.addEventListener('change', changed);
      return () => narrow.removeEventListener('change', changed);
    },
    () => narrow.matches,
  );
}

export const NARROW_HEIGHT = 52;

export const NARROW_COLUMNS: readonly Column<Row>[] = [
  { id: 'call', title: 'Call', width: 'minmax(0px, 1fr)', cell: (row) => <NarrowCell row={row} /> },
];

function NarrowCell({ row }: { row: Row }) {
  if (row.call === null) {
    return (
      <span className="flex flex-col">
        <span className="flex items-center gap-2">
          <RunningDot />
          <span className="min-w-0 flex-1">
            <ModelName provider={row.running.provider} name={row.running.model ?? '…'} />
          </span>
          <RunningClock since={row.running.started_at} />
        </span>
        <span className="min-w-0 pl-5 text-sm">
          <RunningText call={row.running} />
        </span>
      </span>
    );
  }
  const { call } = row;
  return (
    <span className="flex flex-col">
      <span className="flex items-center gap-2">
        <StatusDot call={call} />
        <span className="min-w-0 flex-1">
          <Model call={call} />
        </span>
        <CallCost call={call} />
      </span>
      <span className="flex items-center gap-2 pl-5 text-sm text-muted">
        <When iso={call.started_at} />
        <span className="min-w-0 flex-1">
          <Session call={call} />
        </span>
        <Flags call={call} />
        {call.inference && (
          <span className="shrink-0">
            <Tokens value={call.usage.input_tokens} certainty={certaintyOf(call)} /> →{' '}
            <Tokens value={call.usage.output_tokens} certainty={certaintyOf(call)} />
          </span>
        )}
        <span className="shrink-0">{seconds(call.duration_ms)} s</span>
      </span>
    </span>
  );
}
