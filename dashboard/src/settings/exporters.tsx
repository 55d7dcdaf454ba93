import { useQuery } from '@tanstack/react-query';
import type { SinkHealth } from '../../../src/core/ports.ts';
import { get } from '../api/client.ts';
import { whole } from '../format/numbers.ts';
import { Answered, Part, SimpleTable } from './part.tsx';

const STATES: Record<SinkHealth['state'], { sign: string; colour: string }> = {
  open: { sign: '●', colour: 'text-ok' },
  opening: { sign: '○', colour: 'text-muted' },
  failing: { sign: '✕', colour: 'text-bad' },
  closed: { sign: '–', colour: 'text-muted' },
};

/** Where records go, and whether they get there. */
export function Exporters() {
  const list = useQuery({
    queryKey: ['exporters'],
    queryFn: () => get<{ exporters: SinkHealth[] }>('/api/exporters'),
    refetchInterval: 5000,
  });
  return (
    <Part
      title="Sinks"
      text="Where records are written. One that fails holds up neither calls nor the others; what it could not take is counted."
    >
      <Answered query={list} what="sinks">
        {({ exporters }) =>
          exporters.length === 0 ? (
            <p className="text-muted">No daemon is running: nothing is written.</p>
          ) : (
            <SimpleTable
              label="Sinks"
              head={[
                { title: 'Sink' },
                { title: 'State' },
                { title: 'Waiting', end: true },
                { title: 'Lost', end: true },
                { title: 'Last error' },
              ]}
              rows={exporters.map((sink) => ({
                key: sink.name,
                cells: [
                  sink.name,
                  <span key="state" className="whitespace-nowrap">
                    <span aria-hidden="true" className={STATES[sink.state].colour}>
                      {STATES[sink.state].sign}
                    </span>{' '}
                    {sink.state}
                  </span>,
                  whole(sink.queued),
                  sink.dropped === 0 ? (
                    '0'
                  ) : (
                    <strong key="dropped" className="text-bad">
                      {whole(sink.dropped)}
                    </strong>
                  ),
                  <bdi key="error" className="text-muted">
                    {sink.error ?? ''}
                  </bdi>,
                ],
              }))}
            />
          )
        }
      </Answered>
    </Part>
  );
}
