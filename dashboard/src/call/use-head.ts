import { useQuery } from '@tanstack/react-query';
import { request, urlOf } from '../api/client.ts';
import { bodyPath, type Side } from './body/use-body.ts';
import { type Head, parseHead } from './head.ts';

/** Start line and headers of one side. */
export function useHead(call: string, side: Side) {
  return useQuery({
    queryKey: ['head', call, side],
    queryFn: async ({ signal }): Promise<Head> => {
      const answer = await request(urlOf(bodyPath(call, side), { part: 'head' }), { signal });
      return parseHead(await answer.text());
    },
    staleTime: Infinity,
  });
}
