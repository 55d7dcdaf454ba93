import { useQuery } from '@tanstack/react-query';
import { get } from './client.ts';
import type { RecorderHealth } from './shapes.ts';

/** `GET /health`, of which this page needs so much. */
export interface Health {
  /** Null = no daemon runs, or its recorder is started again. */
  recorder: RecorderHealth | null;
  search: { state: string; behind: number; error: string | null } | null;
}

const REFRESH_MS = 3000;

/** Undefined until it is known. */
export function useHealth(): Health | undefined {
  const { data } = useQuery({
    queryKey: ['health'],
    queryFn: () => get<Health>('/health'),
    refetchInterval: REFRESH_MS,
    // Of the moment, or of no worth.
    staleTime: 0,
  });
  return data;
}
