import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../api/client.ts';
import { liveFeed } from '../api/use-live.ts';
import type { CallRecord } from '../api/shapes.ts';
import { whole } from '../format/numbers.ts';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/states.tsx';
import { formatRoute, parseRoute, withParams } from '../url/route.ts';
import { goTo } from '../url/use-route.ts';

interface Doomed {
  calls: number;
}

interface Slice {
  calls: number;
  log_sections: number;
  left: string[];
  next_cursor: string | null;
}

/** Asks first, says what goes and what stays. */
export function DeleteDialog({ call, onClose }: { call: CallRecord; onClose: () => void }) {
  const client = useQueryClient();
  const [state, setState] = useState<{ busy: boolean; error: unknown; left: string[] | null }>({
    busy: false,
    error: null,
    left: null,
  });
  const doomed = useQuery({
    queryKey: ['doomed', call.id],
    queryFn: () => send<Doomed>('POST', '/api/purge', { call: call.id, dry_run: true }),
    gcTime: 0,
  });
  const leave = (): void => {
    void client.invalidateQueries({ queryKey: ['calls'] });
    client.removeQueries({ queryKey: ['call', call.id] });
    liveFeed.deleted(call.id);
    leavePlaceOf(call.id);
    onClose();
  };
  const purge = async (): Promise<void> => {
    setState({ busy: true, error: null, left: null });
    try {
      const left = await purgeAll(call.id);
      if (left.length === 0) leave();
      else setState({ busy: false, error: null, left });
    } catch (error) {
      setState({ busy: false, error, left: null });
    }
  };
  if (state.left !== null) {
    return (
      <Dialog title="The call is deleted, something is left of it" onClose={leave}>
        <ul className="list-disc pl-5">
          {state.left.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      </Dialog>
    );
  }
  return (
    <Dialog title="Delete this call?" onClose={onClose}>
      <div className="flex flex-col gap-2">
        <p>
          <bdi className="font-mono break-all">{call.id}</bdi>
          {doomed.data !== undefined && doomed.data.calls !== 1 && ` (${whole(doomed.data.calls)} records)`}, what was
          said in it, its words in the search index and its sections in the log files are overwritten. This cannot be
          undone.
        </p>
        <p className="text-muted">
          Sums by provider, model and hour stay: they name nobody. What other calls sent as well is theirs, and stays.
          What was sent to other systems is not reached from here.
        </p>
        {state.error !== null && <Failure error={state.error} />}
        <div className="flex justify-end gap-2 pt-2">
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" disabled={state.busy} onClick={() => void purge()}>
            {state.busy ? 'Deleting …' : 'Delete the call'}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** The reader may have gone elsewhere while it was deleted. */
function leavePlaceOf(call: string): void {
  const route = parseRoute(window.location.hash);
  if (route.id === call) goTo(formatRoute({ ...route, id: null }));
  else if (route.params.get('call') === call)
    goTo(formatRoute({ ...route, params: withParams(route.params, { call: null }) }));
}

/** @returns words on what could not be done. @throws ApiError */
async function purgeAll(call: string): Promise<string[]> {
  const left: string[] = [];
  let cursor: string | null = null;
  do {
    const slice: Slice = await send<Slice>('POST', '/api/purge', { call, ...(cursor === null ? {} : { cursor }) });
    left.push(...slice.left);
    cursor = slice.next_cursor;
  } while (cursor !== null);
  return left;
}
