/** A call in full: what was said, what it cost, how it went. Stands beside a list, or takes the page. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { ApiError, get, NOT_STORED_YET } from '../api/client.ts';
import type { CallRecord } from '../api/shapes.ts';
import { useEndedCalls, useFeedBegins, useLiveState, useRunningCalls } from '../api/use-live.ts';
import { useKeys } from '../keyboard/keys.ts';
import { Failure, Loading } from '../kit/states.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { formatRoute, type Route } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { CallHeader } from './header.tsx';
import { openTab, TABS, tabContent } from './tabs.tsx';
import { RunningView } from './running.tsx';

export interface CallProps {
  route: Route;
  id: string;
  /** Where a call is to be seen on this screen. Without: `#/<screen>/ID`. */
  hrefOfCall?: (id: string) => string;
  /** Without: the address without the call. */
  onClose?: () => void;
  /** For calls of no session: what stands above and below in the list. */
  beside?: { previous: string | null; next: string | null };
}

export function Call(props: CallProps) {
  const { id } = props;
  const running = useRunningCalls().get(id);
  const liveState = useLiveState();
  const client = useQueryClient();
  const call = useQuery({
    queryKey: ['call', id],
    queryFn: ({ signal }) => get<CallRecord>(`/api/calls/${encodeURIComponent(id)}`, {}, signal),
    placeholderData: keepPreviousData,
    enabled: running === undefined,
  });
  useEndedCalls(
    (ended) => {
      if (ended.id === id) client.setQueryData(['call', id], ended);
    },
    () => void call.refetch(),
  );
  useFeedBegins(() => {
    if (isMissing(call.error)) void call.refetch();
  });
  const close = useClose(props);
  useKeys([{ keys: 'Escape', does: 'close the call', where: 'call', run: close }]);
  if (running !== undefined) return <RunningView call={running} onClose={close} />;
  if (call.data !== undefined) return <Opened {...props} call={call.data} onClose={close} />;
  // A call under way has no record: the live view knows it as soon as it is there.
  if (call.isPending || (liveState === 'connecting' && isMissing(call.error))) return <Loading what="the call" />;
  return <NoCall error={call.error} onRetry={() => void call.refetch()} />;
}

function useClose({ route, onClose }: CallProps): () => void {
  return onClose ?? (() => goTo(formatRoute({ ...route, id: null, params: withoutCall(route.params) })));
}

/** Without what the address says of the call alone. */
export function withoutCall(params: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(params);
  for (const name of ['tab', 'diff', 'full', 'view', 'find']) rest.delete(name);
  return rest;
}

/** Another call in the same place, with the same tab. */
function hrefBeside(route: Route, id: string): string {
  const params = new URLSearchParams(route.params);
  params.delete('diff');
  return formatRoute({ ...route, id, params });
}

function Opened({ call, ...props }: CallProps & { call: CallRecord; onClose: () => void }) {
  const { route, hrefOfCall } = props;
  const setParams = useSetParams();
  const href = useCallback((id: string) => hrefOfCall?.(id) ?? hrefBeside(route, id), [route, hrefOfCall]);
  const open = openTab(route.params, call);
  useKeys(
    TABS.map(({ id, title, key }) => ({
      keys: key,
      does: title.toLowerCase(),
      where: 'call',
      run: () => setParams({ tab: id }),
    })),
  );
  return (
    <article
      aria-label={`Call ${call.id}`}
      data-full={route.params.has('full') ? '' : undefined}
      className="flex min-h-0 min-w-0 flex-1 flex-col"
    >
      <CallHeader {...props} call={call} hrefOfCall={href} />
      <Tabs
        label="Parts of the call"
        open={open}
        onOpen={(tab) => setParams({ tab })}
        tabs={TABS.map(({ id, title }) => ({ id, title, content: () => tabContent(id, call, route, href) }))}
      />
    </article>
  );
}

function isMissing(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404 && error.type !== NOT_STORED_YET;
}

function NoCall({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (!isMissing(error)) return <Failure error={error} onRetry={onRetry} />;
  const words = 'There is no such call. It may have been deleted by retention or by "llm-proxy purge".';
  return <Failure error={new ApiError(404, error.type, words)} onRetry={onRetry} />;
}
