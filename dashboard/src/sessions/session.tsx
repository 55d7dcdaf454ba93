/** A session or a task in full, in the view that the address names. */
import { useCallback, useMemo } from 'react';
import { ApiError } from '../api/client.ts';
import { withoutCall } from '../call/call.tsx';
import { useKeys } from '../keyboard/keys.ts';
import { Empty, Failure, Loading } from '../kit/states.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { formatRoute, hrefOf, type Route } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { ConversationPane } from './conversation-pane.tsx';
import { CostView } from './cost-view.tsx';
import { GraphView } from './graph-view.tsx';
import { SessionHeader } from './header.tsx';
import type { Outline, Topic } from './outline.ts';
import { Place } from './place.ts';
import { TimelineView } from './timeline-view.tsx';
import { buildTree } from './tree.ts';
import { TreeView } from './tree-view.tsx';
import { useOutline } from './use-outline.ts';

const VIEWS = [
  { id: 'tree', title: 'Tree', key: 'v t' },
  { id: 'conversation', title: 'Conversation', key: 'v c' },
  { id: 'timeline', title: 'Timeline', key: 'v l' },
  { id: 'graph', title: 'Graph', key: 'v g' },
  { id: 'cost', title: 'Cost', key: 'v m' },
] as const;
type View = (typeof VIEWS)[number]['id'];

export function SessionDetail({ route, topic, id }: { route: Route; topic: Topic; id: string }) {
  const found = useOutline(topic, id);
  if (found.data !== undefined) return <Opened route={route} outline={found.data} />;
  if (found.isPending) return <Loading what={topic === 'trace' ? 'the task' : 'the session'} />;
  return <NoSession error={found.error} onRetry={() => void found.refetch()} />;
}

function NoSession({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (!(error instanceof ApiError) || error.status !== 404) return <Failure error={error} onRetry={onRetry} />;
  const words = 'It is not there. It may have been deleted by retention or by "llm-proxy purge".';
  return <Failure error={new ApiError(404, error.type, words)} onRetry={onRetry} />;
}

function Opened({ route, outline }: { route: Route; outline: Outline }) {
  const setParams = useSetParams();
  const { params } = route;
  const view: View = VIEWS.find(({ id }) => id === params.get('view'))?.id ?? 'tree';
  const call = params.get('call');
  const tree = useMemo(() => buildTree(outline), [outline]);
  const hrefOfCall = useCallback(
    (other: string) => {
      const next = new URLSearchParams(params);
      next.set('call', other);
      next.delete('diff');
      return formatRoute({ ...route, params: next });
    },
    [route, params],
  );
  const closeCall = useCallback(() => {
    const next = withoutCall(params);
    next.delete('call');
    goTo(formatRoute({ ...route, params: next }));
  }, [route, params]);
  const list = hrefOf(route, 'sessions', null, { of: outline.topic === 'trace' ? 'tasks' : null });
  useKeys([
    ...VIEWS.map(({ id, title, key }) => ({
      keys: key,
      does: title.toLowerCase(),
      where: 'session',
      run: () => setParams({ view: id }),
    })),
    { keys: 'Escape', does: 'back to the list', where: 'session', run: () => goTo(list) },
  ]);
  const place = useMemo(
    () => ({ route, outline, tree, call, hrefOfCall, closeCall }),
    [route, outline, tree, call, hrefOfCall, closeCall],
  );
  const content = (id: View): React.ReactNode => {
    switch (id) {
      case 'tree':
        return <TreeView />;
      case 'conversation':
        return <ConversationPane />;
      case 'timeline':
        return <TimelineView />;
      case 'graph':
        return <GraphView />;
      case 'cost':
        return <CostView />;
    }
  };
  return (
    <Place value={place}>
      <article
        aria-label={outline.topic === 'trace' ? 'Task' : 'Session'}
        className="flex min-h-0 min-w-0 flex-1 flex-col"
      >
        <SessionHeader listHref={list} />
        {outline.steps.length === 0 ? (
          <Empty title="No calls">They were deleted by retention, or none has ended yet.</Empty>
        ) : (
          <Tabs
            label="Views"
            open={view}
            onOpen={(next) => setParams({ view: next })}
            tabs={VIEWS.map(({ id, title }) => ({
              id,
              title,
              content: () => <div className="flex h-full min-h-0 flex-col">{content(id)}</div>,
            }))}
          />
        )}
      </article>
    </Place>
  );
}
