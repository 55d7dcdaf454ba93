/** A call held against another one: by default the one that it follows. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../api/client.ts';
import type { CallRecord, Conversation } from '../api/shapes.ts';
import { modelOf } from '../format/call.ts';
import { CallCost, When } from '../kit/amounts.tsx';
import { Button } from '../kit/button.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import { Empty, Failure, Loading } from '../kit/states.tsx';
import { useSetParams } from '../url/use-route.ts';
import { BodyMissing } from './body-missing.tsx';
import { conversationPath } from './conversation/context.tsx';
import { Differences } from './diff/differences.tsx';
import { useHead } from './use-head.ts';

interface DiffProps {
  call: CallRecord;
  /** Id of the call that it is held against; null = none is known. */
  other: string | null;
  hrefOfCall: (id: string) => string;
}

export function DiffTab({ call, other, hrefOfCall }: DiffProps) {
  const asked = useQuery({
    queryKey: ['call', other],
    queryFn: ({ signal }) => get<CallRecord>(`/api/calls/${encodeURIComponent(other ?? '')}`, {}, signal),
    enabled: other !== null,
  });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        {asked.data === undefined ? (
          <span className="text-muted">Held against</span>
        ) : (
          <Against call={asked.data} hrefOfCall={hrefOfCall} />
        )}
        <OtherCall />
      </div>
      {other === null ? (
        <Empty title="There is no call before this one">
          <p>It begins its conversation. Put the id of any call above to hold this one against it.</p>
        </Empty>
      ) : asked.isLoadingError ? (
        <Failure error={asked.error} onRetry={() => void asked.refetch()} />
      ) : asked.data === undefined ? (
        <Loading what="the other call" />
      ) : (
        <Both before={asked.data} after={call} />
      )}
    </div>
  );
}

function Against({ call, hrefOfCall }: { call: CallRecord; hrefOfCall: (id: string) => string }) {
  return (
    <p className="flex min-w-0 items-center gap-1.5">
      <span className="shrink-0 text-muted">Held against</span>
      <ProviderDot provider={call.provider} />
      <a href={hrefOfCall(call.id)} className="min-w-0 truncate text-accent underline-offset-2 hover:underline">
        <bdi>{modelOf(call)}</bdi>
      </a>
      <span className="shrink-0 text-sm text-muted">
        <When iso={call.started_at} />
        {', '}
        <CallCost call={call} />
      </span>
    </p>
  );
}

function OtherCall() {
  const setParams = useSetParams();
  const [id, setId] = useState('');
  return (
    <form
      className="ml-auto flex items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim() !== '') setParams({ tab: 'diff', diff: id.trim() });
      }}
    >
      <input
        type="text"
        value={id}
        onChange={(event) => setId(event.target.value)}
        placeholder="id of another call"
        aria-label="Id of another call"
        className="h-7 w-40 rounded-chip border border-line bg-surface px-2 font-mono text-sm"
      />
      <Button type="submit" disabled={id.trim() === ''}>
        Compare
      </Button>
    </form>
  );
}

/** Whole texts: a difference may stand at the end of one. */
function useWhole(id: string) {
  return useQuery({
    queryKey: ['conversation', id, 'whole'],
    queryFn: ({ signal }) => get<Conversation>(conversationPath(id), { max: 0 }, signal),
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

/** Two calls that are known; also for screens that choose them in another way. */
export function Both({ before, after }: { before: CallRecord; after: CallRecord }) {
  const [a, b] = [useWhole(before.id), useWhole(after.id)];
  const [oldHead, newHead] = [useHead(before.id, 'request').data, useHead(after.id, 'request').data];
  const failed = [a, b].find(({ isLoadingError }) => isLoadingError);
  if (failed !== undefined) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if (a.data === undefined || b.data === undefined) return <Loading what="both calls" />;
  for (const { call, request } of [a.data, b.data]) {
    if (!request.stored) return <BodyMissing call={call} side="request" />;
  }
  return <Differences before={a.data} after={b.data} heads={[oldHead?.headers ?? null, newHead?.headers ?? null]} />;
}
