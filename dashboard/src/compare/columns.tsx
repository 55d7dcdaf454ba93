import type { CallRecord } from '../api/shapes.ts';
import { modelOf } from '../format/call.ts';
import { When } from '../kit/amounts.tsx';
import { ProviderDot, StatusDot } from '../kit/dots.tsx';
import type { Column } from '../kit/grid.tsx';
import { MEASURE_KINDS, type MeasureKind, winnerOf } from './measures.ts';
import type { Comparison } from './shapes.ts';

export const COLUMNS: readonly Column<Comparison>[] = [
  { id: 'time', title: 'Time', width: '104px', cell: ({ shadow }) => <When iso={shadow.started_at} /> },
  {
    id: 'primary',
    title: 'Answered',
    width: 'minmax(140px, 1fr)',
    cell: ({ primary }) => (primary === null ? <em className="text-muted">deleted</em> : <Leg call={primary} />),
  },
  { id: 'shadow', title: 'Copy', width: 'minmax(140px, 1fr)', cell: ({ shadow }) => <Leg call={shadow} /> },
  ...(['cost', 'ttft', 'total', 'out'] as const).map((id): Column<Comparison> => {
    const kind = MEASURE_KINDS.find((known) => known.id === id) as MeasureKind;
    return {
      id,
      title: id === 'out' ? 'Out tokens' : kind.title,
      width: '128px',
      align: 'end',
      cell: (pair) => <Values kind={kind} pair={pair} />,
    };
  }),
  { id: 'stop', title: 'Stop', width: '64px', cell: (pair) => <Same value={pair.same_stop_reason} /> },
  { id: 'tools', title: 'Tools', width: '64px', cell: (pair) => <Same value={pair.same_tool_calls} /> },
];

function Leg({ call }: { call: CallRecord }) {
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-1.5">
      <StatusDot call={call} />
      <ProviderDot provider={call.provider} />
      <bdi className="truncate" title={modelOf(call)}>
        {modelOf(call)}
      </bdi>
    </span>
  );
}

/** Both values; the smaller one stands out where smaller is better. */
function Values({ kind, pair: { primary, shadow } }: { kind: MeasureKind; pair: Comparison }) {
  const winner = primary === null ? null : winnerOf(kind, primary, shadow);
  return (
    <span>
      <One kind={kind} call={primary} isBest={winner === 'a'} />
      <span className="px-1 text-muted" aria-hidden="true">
        →
      </span>
      <One kind={kind} call={shadow} isBest={winner === 'b'} />
    </span>
  );
}

function One({ kind, call, isBest }: { kind: MeasureKind; call: CallRecord | null; isBest: boolean }) {
  const value = call === null ? null : kind.of(call);
  if (value === null) return <span className="text-muted">{kind.id === 'ttft' ? '–' : '?'}</span>;
  return <span className={isBest ? 'font-semibold' : 'text-muted'}>{kind.text(value)}</span>;
}

/** Words, not colours alone. */
export function Same({ value }: { value: boolean | null }) {
  if (value === null) return <span className="text-muted">?</span>;
  return value ? <span className="text-muted">same</span> : <span className="font-semibold">differ</span>;
}
