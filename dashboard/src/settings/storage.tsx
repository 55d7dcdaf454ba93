import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Storage as StorageFacts } from '../../../src/admin/storage.ts';
import { get, send } from '../api/client.ts';
import { bytes, whole } from '../format/numbers.ts';
import { moment } from '../format/time.ts';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/states.tsx';
import { hrefOf, type Route } from '../url/route.ts';
import { Answered, Facts, Part, SimpleTable } from './part.tsx';

interface Pin {
  kind: 'call' | 'session';
  id: string;
  pinned_at: string;
}

/** `POST /api/prune`. */
interface PruneSlice {
  records: number;
  bodies: number;
  done: boolean;
}

export function Storage({ route }: { route: Route }) {
  const facts = useQuery({ queryKey: ['storage'], queryFn: () => get<StorageFacts>('/api/storage') });
  return (
    <>
      <Part title="Storage" text="All of it on this machine. Repeated parts of requests are stored once.">
        <Answered query={facts} what="sizes">
          {(data) => <Sizes data={data} />}
        </Answered>
      </Part>
      <Prune />
      <Pins route={route} />
    </>
  );
}

function Sizes({ data }: { data: StorageFacts }) {
  const now = new Date();
  const span =
    data.oldest === null ? 'none' : `${moment(data.oldest, now)} to ${moment(data.newest ?? data.oldest, now)}`;
  return (
    <Facts
      facts={[
        ['Records', `${whole(data.records)} (${span})`],
        [
          'Database',
          `${bytes(data.database.used)} in use, ${bytes(data.database.free)} free in it, ${bytes(data.database.wal)} in its log`,
        ],
        ['Search index', data.search === null ? 'none yet' : bytes(data.search.bytes)],
        ['Log files', `${bytes(data.logs.bytes)} in ${whole(data.logs.files)}${data.logs.partial ? '+' : ''} files`],
        [
          'Files',
          <code key="file" className="font-mono text-sm break-all">
            {data.database.file}
          </code>,
        ],
        [
          '',
          <code key="logs" className="font-mono text-sm break-all">
            {data.logs.folder}
          </code>,
        ],
        ['Kept', retentionText(data.retention)],
      ]}
    />
  );
}

function retentionText(retention: StorageFacts['retention']): string {
  const limits = Object.entries(retention)
    .filter(([, value]) => value !== 0 && value !== null)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${String(value)}`);
  return limits.length === 0 ? 'for ever: no limit is set ([retention] in llm-proxy.toml)' : limits.join(', ');
}

/** Counts first, deletes when told so. */
function Prune() {
  const client = useQueryClient();
  const [days, setDays] = useState(30);
  const [bodiesOnly, setBodiesOnly] = useState(true);
  const ask = { older_than: `${days}d`, bodies_only: bodiesOnly };
  const count = useMutation({ mutationFn: () => send<PruneSlice>('POST', '/api/prune', { ...ask, dry_run: true }) });
  const prune = useMutation({
    mutationFn: async () => {
      const sum = { records: 0, bodies: 0 };
      for (;;) {
        const slice = await send<PruneSlice>('POST', '/api/prune', ask);
        sum.records += slice.records;
        sum.bodies += slice.bodies;
        if (slice.done) return sum;
      }
    },
    onSuccess: () => {
      count.reset();
      void client.invalidateQueries();
    },
  });
  const counted = count.data;
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
            onChange={(event) => setDays(Math.max(1, Number(event.target.value) || 1))}
            className="h-7 w-20 rounded-chip border border-line bg-surface px-2 text-right"
          />
          days
        </label>
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={bodiesOnly} onChange={(event) => setBodiesOnly(event.target.checked)} />
          bodies only, keep the records
        </label>
        <Button disabled={count.isPending} onClick={() => count.mutate()}>
          Count what would go
        </Button>
      </div>
      {count.isError && <Failure error={count.error} />}
      {prune.isError && <Failure error={prune.error} />}
      {prune.data !== undefined && counted === undefined && (
        <p role="status">
          {whole(prune.data.records)} records and {whole(prune.data.bodies)} bodies are gone.
        </p>
      )}
      {counted !== undefined && counted.records + counted.bodies === 0 && <p role="status">Nothing is that old.</p>}
      {counted !== undefined && counted.records + counted.bodies > 0 && (
        <Dialog title="Delete for good?" onClose={() => count.reset()}>
          <p>
            {counted.records > 0 && `${whole(counted.records)} records with their bodies`}
            {counted.records > 0 && counted.bodies > 0 && ', and '}
            {counted.bodies > 0 && `the bodies of ${whole(counted.bodies)} calls`}, older than {days} days.
          </p>
          <div className="mt-4 flex gap-2">
            <Button look="danger" disabled={prune.isPending} onClick={() => prune.mutate()}>
              {prune.isPending ? 'Deleting …' : 'Delete'}
            </Button>
            <Button onClick={() => count.reset()}>Keep them</Button>
          </div>
        </Dialog>
      )}
    </Part>
  );
}

function Pins({ route }: { route: Route }) {
  const client = useQueryClient();
  const list = useQuery({ queryKey: ['pins'], queryFn: () => get<{ pins: Pin[] }>('/api/pins') });
  const unpin = useMutation({
    mutationFn: ({ kind, id }: Pin) => send('DELETE', `/api/${kind}s/${encodeURIComponent(id)}/pin`),
    onSettled: () => void client.invalidateQueries({ queryKey: ['pins'] }),
  });
  return (
    <Part title="Pins" text="What retention and “make room” leave alone.">
      <Answered query={list} what="pins">
        {({ pins }) =>
          pins.length === 0 ? (
            <p className="text-muted">
              Nothing is pinned. A call or session is pinned in its menu, or with llm-proxy pin.
            </p>
          ) : (
            <SimpleTable
              label="Pins"
              head={[{ title: 'What' }, { title: 'Id' }, { title: 'Since' }, { title: ' ' }]}
              rows={pins.map((pin) => ({
                key: `${pin.kind} ${pin.id}`,
                cells: [
                  pin.kind,
                  <a
                    key="id"
                    className="font-mono text-sm underline"
                    href={hrefOf(route, pin.kind === 'call' ? 'calls' : 'sessions', pin.id)}
                  >
                    {pin.id}
                  </a>,
                  moment(pin.pinned_at, new Date()),
                  <Button key="off" disabled={unpin.isPending} onClick={() => unpin.mutate(pin)}>
                    Unpin
                  </Button>,
                ],
              }))}
            />
          )
        }
      </Answered>
      {unpin.isError && <Failure error={unpin.error} />}
    </Part>
  );
}
