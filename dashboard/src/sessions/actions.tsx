/** Keep it, take it out, delete it, link to it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { get, send } from '../api/client.ts';
import { liveFeed } from '../api/use-live.ts';
import { whole } from '../format/numbers.ts';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Menu, type MenuItem } from '../kit/menu.tsx';
import { wordsOf } from '../kit/states.tsx';
import { hrefOf } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';
import { outlinePath } from './outline.ts';
import { usePlace } from './place.ts';

export function Actions() {
  const { outline } = usePlace();
  const { trace, sessions } = outline;
  const [session] = sessions;
  const [asksPurge, setAsksPurge] = useState(false);
  const [said, setSaid] = useState('');
  const pin = usePin(session?.id ?? null);
  if (trace !== null || session === undefined)
    return <Menu label="More" items={traceItems(trace?.trace_id ?? '', setSaid)} />;
  const path = `/api/sessions/${encodeURIComponent(session.id)}`;
  const items: MenuItem[] = [
    { name: 'Export as one HTML page', run: () => save(`${path}/export?format=html`) },
    { name: 'Export as JSONL', run: () => save(`${path}/export?format=jsonl`) },
    { name: 'Export as HAR', run: () => save(`${path}/export?format=har`) },
    { name: 'Copy the id', run: () => void copy(session.id, setSaid) },
    ...(session.client_session_id === null
      ? []
      : [{ name: 'Copy the client’s id', run: () => void copy(session.client_session_id ?? '', setSaid) }]),
    { name: 'Open raw JSON', run: () => window.open(outlinePath('session', session.id), '_blank', 'noopener') },
    { name: pin.isPinned ? 'Unpin' : 'Pin: keep it from retention', run: () => void pin.toggle().then(setSaid) },
    { name: 'Purge …', danger: true, run: () => setAsksPurge(true) },
  ];
  return (
    <>
      <span role="status" className="text-sm text-muted max-md:sr-only">
        {said !== '' ? said : pin.isPinned ? 'pinned' : ''}
      </span>
      <Menu label="More" items={items} />
      {asksPurge && <Purge id={session.id} onClose={() => setAsksPurge(false)} />}
    </>
  );
}

function traceItems(id: string, say: (words: string) => void): MenuItem[] {
  return [
    { name: 'Copy the id', run: () => void copy(id, say) },
    { name: 'Open raw JSON', run: () => window.open(outlinePath('trace', id), '_blank', 'noopener') },
  ];
}

/** A link that is clicked: the browser saves what comes, piece by piece. */
function save(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.click();
}

async function copy(text: string, say: (words: string) => void): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    say('The browser does not let this page copy');
  }
}

function usePin(id: string | null): { isPinned: boolean; toggle: () => Promise<string> } {
  const client = useQueryClient();
  const pins = useQuery({
    queryKey: ['pins'],
    queryFn: ({ signal }) => get<{ pins: { kind: string; id: string }[] }>('/api/pins', {}, signal),
    enabled: id !== null,
  });
  const isPinned = pins.data?.pins.some((pin) => pin.kind === 'session' && pin.id === id) ?? false;
  const toggle = async (): Promise<string> => {
    try {
      await send(isPinned ? 'DELETE' : 'PUT', `/api/sessions/${encodeURIComponent(id ?? '')}/pin`);
      await client.invalidateQueries({ queryKey: ['pins'] });
      return '';
    } catch (error) {
      return wordsOf(error).text;
    }
  };
  return { isPinned, toggle };
}

interface PurgeSlice {
  calls: number;
  left: string[];
  next_cursor: string | null;
}

type PurgeState =
  | { is: 'asking' }
  | { is: 'running'; calls: number }
  | { is: 'done'; calls: number; left: string[] }
  | { is: 'failed'; error: unknown };

/** Says what goes before it goes: nothing brings it back. */
function Purge({ id, onClose }: { id: string; onClose: () => void }) {
  const { route } = usePlace();
  const client = useQueryClient();
  const [state, setState] = useState<PurgeState>({ is: 'asking' });
  const plan = useQuery({
    queryKey: ['purge', id],
    queryFn: () => send<{ calls: number }>('POST', '/api/purge', { session: id, dry_run: true }),
    gcTime: 0,
  });
  const purge = async (): Promise<void> => {
    let calls = 0;
    const left: string[] = [];
    try {
      for (let cursor: string | null = null; ;) {
        setState({ is: 'running', calls });
        const slice: PurgeSlice = await send('POST', '/api/purge', {
          session: id,
          ...(cursor === null ? {} : { cursor }),
        });
        calls += slice.calls;
        left.push(...slice.left);
        cursor = slice.next_cursor;
        if (cursor === null) break;
      }
      setState({ is: 'done', calls, left });
    } catch (error) {
      setState({ is: 'failed', error });
      // Some of it may be gone.
      liveFeed.refresh();
    }
  };
  const leave = (): void => {
    onClose();
    if (state.is !== 'done') return;
    client.removeQueries({ queryKey: ['outline'] });
    goTo(hrefOf(route, 'sessions'));
  };
  return (
    <Dialog title="Purge this session" onClose={leave}>
      {state.is === 'done' ? (
        <div role="status" className="flex flex-col gap-2">
          <p>{whole(state.calls)} calls were deleted, and what came from them.</p>
          {state.left.map((words) => (
            <p key={words} className="text-warn">
              {words}
            </p>
          ))}
        </div>
      ) : (
        <div className="flex flex-col gap-3">
          <p>
            {plan.data === undefined ? 'Counting its calls …' : `${whole(plan.data.calls)} calls`} with all they said
            are deleted from the database, the search index, the log files and the session files, its sub-agents with
            it. Sums by provider and model stay. Nothing brings it back.
          </p>
          {plan.isError && <p className="text-bad">{wordsOf(plan.error).text}</p>}
          {state.is === 'failed' && (
            <p role="alert" className="text-bad">
              {wordsOf(state.error).text}
            </p>
          )}
          <div>
            <Button
              look="danger"
              disabled={plan.data === undefined || state.is === 'running'}
              title={plan.data === undefined ? 'Its calls are counted first' : undefined}
              onClick={() => void purge()}
            >
              {state.is === 'running' ? 'Deleting …' : 'Delete for good'}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
