import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../api/client.ts';
import { whole } from '../format/numbers.ts';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/states.tsx';
import { Part } from './part.tsx';

/** `POST /api/prune`. */
interface PruneSlice {
  records: number;
  bodies: number;
  done: boolean;
}

interface Asked {
  older_than: string;
  bodies_only: boolean;
}

/** Counts first, deletes when told so. */
export function Prune() {
  const client = useQueryClient();
  const [days, setDays] = useState('30');
  const [bodiesOnly, setBodiesOnly] = useState(true);
  const asked: Asked = { older_than: `${days}d`, bodies_only: bodiesOnly };
  const count = useMutation({
    mutationFn: (what: Asked) => send<PruneSlice>('POST', '/api/prune', { ...what, dry_run: true }),
  });
  const prune = useMutation({
    mutationFn: pruneAll,
    // Also what failed half-way is told of outside the dialog, and has deleted something.
    onSettled: () => {
      count.reset();
      void client.invalidateQueries();
    },
  });
  return (
    <Part title="Make room" text="Pinned calls and sessions stay. Sums by hour stay for ever: spend is not forgotten.">
      <div className="flex flex-wrap items-center gap-3">
        <label className="flex items-center gap-2">
          Older than
          <input
            type="number"
            min={1}
            max={3650}
            value={days}
            onChange={(event) => setDays(event.target.value)}
            className="h-7 w-20 rounded-chip border border-line bg-surface px-2 text-right"
          />
          days
        </label>
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={bodiesOnly} onChange={(event) => setBodiesOnly(event.target.checked)} />
          bodies only, keep the records
        </label>
        <Button disabled={count.isPending || !/^[1-9]\d*$/.test(days)} onClick={() => count.mutate(asked)}>
          Count what would go
        </Button>
      </div>
      {count.isError && <Failure error={count.error} />}
      {prune.isError && <Failure error={prune.error} />}
      {prune.data !== undefined && count.data === undefined && (
        <p role="status">
          {whole(prune.data.records)} records and {whole(prune.data.bodies)} bodies are gone.
        </p>
      )}
      {count.data !== undefined && (
        <Counted
          counted={count.data}
          asked={count.variables}
          isBusy={prune.isPending}
          // What was counted, whatever the fields say by now.
          onPrune={() => prune.mutate(count.variables)}
          onClose={() => count.reset()}
        />
      )}
    </Part>
  );
}

function Counted({
  counted: { records, bodies },
  asked,
  isBusy,
  onPrune,
  onClose,
}: {
  counted: PruneSlice;
  asked: Asked;
  isBusy: boolean;
  onPrune: () => void;
  onClose: () => void;
}) {
  if (records + bodies === 0) return <p role="status">Nothing is that old.</p>;
  const parts = [
    records === 0 ? '' : `${whole(records)} records with their bodies`,
    bodies === 0 ? '' : `the bodies of ${whole(bodies)} calls`,
  ];
  return (
    <Dialog title="Delete for good?" onClose={onClose}>
      <p>
        {parts.filter((text) => text !== '').join(', and ')}, older than {parseInt(asked.older_than, 10)} days.
      </p>
      <div className="mt-4 flex gap-2">
        <Button look="danger" disabled={isBusy} onClick={onPrune}>
          {isBusy ? 'Deleting …' : 'Delete'}
        </Button>
        <Button onClick={onClose}>Keep them</Button>
      </div>
    </Dialog>
  );
}

/** Slice by slice, as the API gives them. */
async function pruneAll(asked: Asked): Promise<Pick<PruneSlice, 'records' | 'bodies'>> {
  const sum = { records: 0, bodies: 0 };
  for (;;) {
    const slice = await send<PruneSlice>('POST', '/api/prune', asked);
    sum.records += slice.records;
    sum.bodies += slice.bodies;
    if (slice.done) return sum;
  }
}
