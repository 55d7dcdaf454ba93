import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useRef } from 'react';
import type { CallRecord, RunningCall } from '../api/shapes.ts';
import { useRefresh, useRunningCalls } from '../api/use-live.ts';
import { fetchOutline, type Outline, type Topic } from './outline.ts';

/** A call that ended is in the store a moment later; a page that is rebuilt more often cannot be read. */
const REFRESH_MS = 1500;

/** The calls of a session or a trace, live. */
export function useOutline(topic: Topic, id: string): UseQueryResult<Outline> {
  const client = useQueryClient();
  const key = ['outline', topic, id];
  const isNew = useRef(false);
  const found = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => {
      const known = isNew.current ? null : (client.getQueryData<Outline>(key) ?? null);
      isNew.current = false;
      return fetchOutline(topic, id, known, signal, (soFar) => client.setQueryData(key, soFar));
    },
    staleTime: Infinity,
    refetchOnMount: 'always',
  });
  const { data, refetch, isFetching } = found;
  useRefresh({
    everyMs: REFRESH_MS,
    ask: () => {
      if (!isFetching) void refetch();
      return !isFetching;
    },
    wants: (call) => data === undefined || concerns(data, call),
    shown: () => new Set(data?.steps.map((step) => step.id)),
    gap: () => {
      isNew.current = true;
    },
  });
  return found;
}

/** Whether a call belongs to it, as far as can be told before the store says so. */
function concerns({ trace, sessions, steps }: Outline, call: CallRecord): boolean {
  if (trace !== null) return [call.task_id, call.trace_id, call.run_id, call.session_id].includes(trace.trace_id);
  const { agent_facts: facts, parent_session_id: parent } = call;
  if (facts === null) return false;
  if (sessions.some(({ id, client_session_id: name }) => id === facts.session || (parent !== null && name === parent)))
    return true;
  const { follows } = facts;
  return follows !== null && follows.how !== 'continues' && steps.some(({ id }) => id === follows.call);
}

/** Calls of it that are under way, by start. */
export function useRunningHere({ trace, sessions }: Pick<Outline, 'trace' | 'sessions'>): RunningCall[] {
  const running = useRunningCalls();
  return [...running.values()].filter(({ session_id: session }) => {
    if (session === null) return false;
    if (session === trace?.trace_id) return true;
    return sessions.some(({ id, client_session_id: name }) => session === id || session === name);
  });
}
