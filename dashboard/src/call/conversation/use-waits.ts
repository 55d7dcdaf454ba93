/** How long tools took: from the end of the answer that asked for them to the request that brought their results. */
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../../api/client.ts';
import type { CallRecord } from '../../api/shapes.ts';
import { useNeighbours } from '../use-neighbours.ts';
import type { ToolWait } from './context.tsx';

/** More calls than these are not asked for: results of one request come from one call nearly always. */
const MOST_ASKED = 4;

export function useWaits(call: CallRecord): ReadonlyMap<string, ToolWait> {
  const { next } = useNeighbours(call);
  const asked = [...new Set((call.agent_facts?.tool_results ?? []).flatMap(({ call: id }) => id ?? []))];
  const follows = call.tool_calls.length === 0 || next === null ? [] : [next];
  const ids = [...asked.slice(0, MOST_ASKED), ...follows];
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['call', id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<CallRecord>(`/api/calls/${encodeURIComponent(id)}`, {}, signal),
    })),
    combine: (results) => results.flatMap(({ data }) => data ?? []),
  });
  return useMemo(() => waitsOf(call, found), [call, found]);
}

/** @param others calls before and after it, in any order */
export function waitsOf(call: CallRecord, others: readonly CallRecord[]): Map<string, ToolWait> {
  const all = new Map([...others, call].map((one) => [one.id, one]));
  const waits = new Map<string, ToolWait>();
  for (const bringer of all.values()) {
    for (const { id, call: asker, is_error: isError } of bringer.agent_facts?.tool_results ?? []) {
      const asked = asker === null ? undefined : all.get(asker);
      if (id === null || asked === undefined) continue;
      const ms = Date.parse(bringer.started_at) - (Date.parse(asked.started_at) + asked.duration_ms);
      // A request that began before the answer ended was not waiting for it.
      if (Number.isNaN(ms) || ms < 0) continue;
      waits.set(id, { ms, broughtBy: bringer.id === call.id ? null : bringer.id, isError });
    }
  }
  return waits;
}
