import { useQuery } from '@tanstack/react-query';
import { ApiError, NOT_STORED_YET, request } from '../api/client.ts';
import { Failure, Loading } from '../kit/states.tsx';
import { Missing, sentence } from './body/missing.tsx';

/** Why there is nothing to show of a side, in the daemon's words: pruned when and for what, or never stored. */
export function BodyMissing({ call, side }: { call: string; side: 'request' | 'response' }) {
  const asked = useQuery({
    queryKey: ['body-missing', call, side],
    queryFn: async ({ signal }) => {
      const controller = new AbortController();
      signal.addEventListener('abort', () => controller.abort());
      try {
        await request(`/api/calls/${encodeURIComponent(call)}/${side}`, { signal: controller.signal });
      } catch (error) {
        if (error instanceof ApiError && error.type !== NOT_STORED_YET && [404, 410].includes(error.status))
          return error;
        throw error;
      }
      // It is there after all: nothing of it is needed here.
      controller.abort();
      return null;
    },
    staleTime: Infinity,
  });
  if (asked.isPending) return <Loading what="the reason" />;
  if (asked.isLoadingError) return <Failure error={asked.error} onRetry={() => void asked.refetch()} />;
  const title =
    asked.data?.status === 410
      ? 'What was said was deleted'
      : asked.data?.type === 'undecodable'
        ? 'What was said could not be read'
        : 'What was said is not stored';
  return <Missing title={title} text={asked.data === null ? 'Its body is empty.' : sentence(asked.data.message)} />;
}
