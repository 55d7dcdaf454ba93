import { useQuery } from '@tanstack/react-query';
import { request } from '../../api/client.ts';
import { type Header, headersIn } from './compare.ts';

/** Headers of a call's request; null = not stored, or not here yet. */
export function useHead(call: string): readonly Header[] | null {
  const found = useQuery({
    queryKey: ['head', call, 'request', 'headers'],
    queryFn: async ({ signal }) => {
      const answer = await request(`/api/calls/${encodeURIComponent(call)}/request?part=head`, { signal });
      return headersIn(await answer.text());
    },
    staleTime: Infinity,
  });
  return found.data ?? null;
}
