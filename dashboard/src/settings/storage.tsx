import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Storage as StorageFacts } from '../../../src/admin/storage.ts';
import { get, send } from '../api/client.ts';
import { bytes, whole } from '../format/numbers.ts';
import { moment } from '../format/time.ts';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/states.tsx';
import { hrefOf, type Route } from '../url/route.ts';
import { Answered, Facts, Part, SimpleTable } from './part.tsx';
import { Prune } from './prune.tsx';

interface Pin {
  kind: 'call' | 'session';
  id: string;
  pinned_at: string;
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
          `${bytes(data.database.used)} in use (${bytes(data.database.bodies)} of it bodies), ${bytes(data.database.free)} free in it, ${bytes(data.database.wal)} in its log`,
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

function retentionText({
  bodies_max_age_days: bodyDays,
  bodies_max_total_bytes: bodyBytes,
  records_max_age_days: recordDays,
  records_max_total_bytes: recordBytes,
}: StorageFacts['retention']): string {
  const limits = [
    bodyDays === 0 ? '' : `bodies for ${bodyDays} days`,
    bodyBytes === 0 ? '' : `bodies up to ${bytes(bodyBytes)}`,
    recordDays === 0 ? '' : `records for ${recordDays} days`,
    recordBytes === 0 ? '' : `records up to ${bytes(recordBytes)}`,
  ].filter((text) => text !== '');
  return limits.length === 0 ? 'for ever: no limit is set ([retention] in llm-proxy.toml)' : limits.join(', ');
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
