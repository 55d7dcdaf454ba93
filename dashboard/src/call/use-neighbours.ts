import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import type { CallRecord } from '../api/shapes.ts';

/** Ids of calls; null = there is none, or it is not known yet. */
export interface Neighbours {
  previous: string | null;
  next: string | null;
  /** The answer is awaited. */
  isPending?: boolean;
}

const NONE: Neighbours = { previous: null, next: null };

/** The calls before and after this one: of its session, else of the list that it was opened from. */
export function useNeighbours(call: CallRecord, beside: Neighbours = NONE): Neighbours {
  const isInSession = call.agent_facts !== null;
  const found = useQuery({
    queryKey: ['neighbours', call.id],
    queryFn: ({ signal }) => get<Neighbours>(`/api/calls/${encodeURIComponent(call.id)}/neighbours`, {}, signal),
    enabled: isInSession,
  });
  return isInSession ? (found.data ?? { ...NONE, isPending: found.isPending }) : beside;
}
