/** When things happened, as far as the record says. */
import type { ReactNode } from 'react';
import type { CallRecord } from '../api/shapes.ts';
import { certaintyOf } from '../format/call.ts';
import { bytes, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Duration, When } from '../kit/amounts.tsx';
import { useChunks } from './body/use-body.ts';
import { SpeedStripChart } from './speed-strip.tsx';
import { longestPause, type Phase, phasesOf, ticksOf, tokensPerSecond } from './timing.ts';

export function TimingTab({ call }: { call: CallRecord }) {
  const chunks = useChunks(call.id, call.stream).data ?? [];
  const phases = phasesOf(call);
  return (
    <div className="flex max-w-5xl flex-col gap-6 px-4 py-3">
      <Waterfall phases={phases} end={call.duration_ms} />
      <SpeedStripChart call={call} chunks={chunks} />
      <Facts call={call} pause={longestPause(chunks)} chunks={chunks.length} />
    </div>
  );
}

const COLOUR: Record<Phase['kind'], string> = {
  wait: 'bg-series-cache-read',
  think: 'bg-series-reasoning',
  answer: 'bg-series-output',
};

function Waterfall({ phases, end }: { phases: readonly Phase[]; end: number }) {
  const part = (ms: number): string => `${end === 0 ? 0 : (100 * ms) / end}%`;
  return (
    <section aria-label="Phases of the call">
      <h3 className="mb-2 font-semibold">Phases</h3>
      <ul>
        {phases.map(({ name, what, from, to, kind }) => (
          <li
            key={name}
            className="mb-2 flex flex-wrap items-center gap-x-3 sm:mb-0 sm:h-7 sm:flex-nowrap"
            title={what}
          >
            <span className="flex-1 text-muted sm:w-40 sm:flex-none">{name}</span>
            <span className="text-right sm:order-last sm:w-20">{duration(to - from)}</span>
            <span className="relative h-4 w-full border-l border-line sm:w-auto sm:flex-1" aria-hidden="true">
              <span
                className={`absolute top-0 h-4 min-w-0.5 ${COLOUR[kind]}`}
                style={{ left: part(from), width: part(to - from) }}
              />
            </span>
          </li>
        ))}
      </ul>
      <div className="hidden gap-3 sm:flex" aria-hidden="true">
        <span className="w-40 shrink-0" />
        <span className="relative h-5 min-w-0 flex-1 border-t border-line text-xs text-muted">
          {ticksOf(end, 5).map((tick) => (
            <span
              key={tick}
              className="absolute top-0 border-l border-line pl-1 whitespace-nowrap"
              style={{ left: part(tick) }}
            >
              {duration(tick)}
            </span>
          ))}
        </span>
        <span className="w-20 shrink-0" />
      </div>
    </section>
  );
}

interface FactsProps {
  call: CallRecord;
  pause: { ms: number; at: number } | null;
  chunks: number;
}

function Facts({ call, pause, chunks }: FactsProps) {
  const speed = tokensPerSecond(call);
  const isSure = certaintyOf(call) === 'exact';
  const facts: (readonly [string, ReactNode])[] = [
    ['Began', <When key="began" iso={call.started_at} />],
    ['Head of the answer (TTFB)', <Duration key="ttfb" ms={call.ttfb_ms} />],
    ['First generated content (TTFT)', <Duration key="ttft" ms={call.ttft_ms} />],
    ['Total', <Duration key="total" ms={call.duration_ms} />],
    ['Output tokens per second, once it spoke', speed === null ? null : `${isSure ? '' : '~'}${speedText(speed)}`],
    ['Longest pause', pause === null ? null : `${duration(pause.ms)}, at ${duration(pause.at)}`],
    ['Chunks that came apart', chunks === 0 ? null : whole(chunks)],
    ['Request body on the wire', bytes(call.request_bytes)],
    ['Answer body on the wire', bytes(call.response_bytes)],
    ['Over', call.transport],
    ['Attempt of its client', call.retry_count === null ? null : whole(call.retry_count + 1)],
  ];
  return (
    <section aria-label="Facts">
      <h3 className="mb-1 font-semibold">Facts</h3>
      <dl className="max-w-xl">
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name} className="flex justify-between gap-4 border-t border-line py-1">
              <dt className="text-muted">{name}</dt>
              <dd className="text-right">{value}</dd>
            </div>
          ),
        )}
      </dl>
      <p className="mt-3 max-w-[76ch] text-sm text-muted">
        Measured in llm-proxy, from the first byte of the request. Connecting and TLS come before, and are not in these
        times; of a request, when its last byte was sent is not known.
      </p>
    </section>
  );
}

function speedText(value: number): string {
  return value < 10 ? value.toFixed(1) : whole(Math.round(value));
}
