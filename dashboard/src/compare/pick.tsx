/** One call is chosen; which one it is held against is asked. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../api/client.ts';
import type { CallPage, CallRecord } from '../api/shapes.ts';
import { modelOf } from '../format/call.ts';
import { CallCost, Duration, When } from '../kit/amounts.tsx';
import { Button } from '../kit/button.tsx';
import { ProviderDot, StatusDot } from '../kit/dots.tsx';
import { type Column, Grid } from '../kit/grid.tsx';
import { Failure, Loading } from '../kit/states.tsx';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';

const COLUMNS: readonly Column<CallRecord>[] = [
  { id: 'time', title: 'Time', width: '128px', cell: (call) => <When iso={call.started_at} /> },
  { id: 'status', title: '', width: '16px', cell: (call) => <StatusDot call={call} /> },
  {
    id: 'model',
    title: 'Model',
    width: 'minmax(160px, 1fr)',
    cell: (call) => (
      <span className="inline-flex items-center gap-1.5">
        <ProviderDot provider={call.provider} />
        <bdi>{modelOf(call)}</bdi>
      </span>
    ),
  },
  { id: 'operation', title: 'Operation', width: '160px', cell: (call) => call.operation ?? call.path },
  { id: 'cost', title: 'Cost', width: '96px', align: 'end', cell: (call) => <CallCost call={call} /> },
  { id: 'total', title: 'Total', width: '88px', align: 'end', cell: (call) => <Duration ms={call.duration_ms} /> },
];
const MOST = 200;

export function PickOther({ route, id }: { route: Route; id: string }) {
  const first = useCall(id);
  const [typed, setTyped] = useState('');
  const session = first.data?.agent_facts?.session ?? null;
  const calls = useQuery({
    queryKey: ['compare', 'pick', session],
    queryFn: ({ signal }) => get<CallPage>('/api/calls', { limit: MOST, session }, signal),
    enabled: first.data !== undefined,
  });
  const choose = (other: string): void => goTo(hrefOf(route, 'compare', null, { a: id, b: other }));
  if (first.isLoadingError) return <Failure error={first.error} />;
  if (first.data === undefined || calls.isPending) return <Loading what="calls" />;
  if (calls.isLoadingError) return <Failure error={calls.error} onRetry={() => void calls.refetch()} />;
  const others = calls.data.calls.filter((call) => call.id !== first.data.id);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
        <p className="mr-auto min-w-0">
          What is{' '}
          <a className="text-accent underline" href={hrefOf(route, 'calls', first.data.id)}>
            <bdi>{modelOf(first.data)}</bdi> of <When iso={first.data.started_at} />
          </a>{' '}
          to be compared with? {session === null ? 'The latest calls:' : 'Calls of its session:'}
        </p>
        <form
          className="flex items-center gap-1"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() !== '') choose(typed.trim());
          }}
        >
          <input
            type="text"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            placeholder="id of any call"
            aria-label="Id of another call"
            className="h-7 w-48 rounded-chip border border-line bg-surface px-2 font-mono text-sm"
          />
          <Button type="submit" disabled={typed.trim() === ''}>
            Compare
          </Button>
        </form>
      </div>
      <Grid
        label="Calls to compare with"
        where="compare"
        columns={COLUMNS}
        rows={others}
        keyOf={(call) => call.id}
        open={null}
        onOpen={(call) => choose(call.id)}
        hasMore={false}
        onNearEnd={nothing}
      />
    </div>
  );
}

function nothing(): void {}

export function useCall(id: string) {
  return useQuery({
    queryKey: ['call', id],
    queryFn: ({ signal }) => get<CallRecord>(`/api/calls/${encodeURIComponent(id)}`, {}, signal),
  });
}
