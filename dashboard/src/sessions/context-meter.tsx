/** How full the context was, call by call, and what of it came from the provider's cache. */
import { useMemo, useState } from 'react';
import type { Step } from '../api/shapes.ts';
import { compact, percent, whole } from '../format/numbers.ts';
import { usePlace } from './place.ts';
import { goTo } from '../url/use-route.ts';

const HEIGHT = 96;
const WIDTH = 640;
/** More bars than pixels tell nothing: then a bar is the fullest of some calls. */
const MOST = 160;

interface Bar {
  /** The fullest of those that it stands for. */
  step: Step;
  count: number;
}

export function ContextMeter() {
  const { outline, hrefOfCall, call } = usePlace();
  const { steps, sessions, topic } = outline;
  // Of the session itself: a sub-agent has a context of its own.
  const own = useMemo(
    () => (topic === 'session' ? steps.filter(({ session }) => session === sessions[0]?.id) : steps),
    [steps, sessions, topic],
  );
  const bars = useMemo(() => barsOf(own), [own]);
  const [at, setAt] = useState<number | null>(null);
  if (bars.length < 2) return null;
  const max = Math.max(...bars.map(({ step }) => step.usage.input_tokens ?? 0));
  const pointed = at === null ? null : (bars[at] ?? null);
  const each = WIDTH / bars.length;
  return (
    <figure className="min-w-0" aria-label="Context, call by call">
      <figcaption className="mb-1 flex flex-wrap items-baseline gap-x-3">
        <h3 className="font-semibold">Context</h3>
        <span className="text-sm text-muted">
          {pointed === null ? `input tokens of each call, ${compact(max)} at most` : wordsOf(pointed)}
        </span>
      </figcaption>
      <svg
        role="img"
        aria-label={`Input of ${whole(own.length)} calls: from ${whole(own[0]?.usage.input_tokens ?? 0)} to at most ${whole(max)} tokens`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-24 w-full cursor-pointer"
        onMouseLeave={() => setAt(null)}
        onMouseMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setAt(Math.min(bars.length - 1, Math.floor(((event.clientX - left) / width) * bars.length)));
        }}
        onClick={() => pointed !== null && goTo(hrefOfCall(pointed.step.id))}
      >
        {bars.map(({ step }, index) => {
          const { input_tokens: input, cache_read_tokens: cached } = step.usage;
          const height = ((input ?? 0) / max) * (HEIGHT - 2);
          const read = Math.min(height, ((cached ?? 0) / max) * (HEIGHT - 2));
          const x = index * each;
          const width = Math.max(0.5, each - 1);
          const isOn = index === at || step.id === call;
          return (
            <g key={step.id} opacity={at === null || isOn ? 1 : 0.6}>
              <rect x={x} y={HEIGHT - height} width={width} height={height - read} fill="var(--series-input)" />
              <rect x={x} y={HEIGHT - read} width={width} height={read} fill="var(--series-cache-read)" />
            </g>
          );
        })}
      </svg>
      <p className="mt-1 flex gap-3 text-sm text-muted">
        <Key colour="var(--series-cache-read)" name="read from the cache" />
        <Key colour="var(--series-input)" name="sent anew" />
      </p>
    </figure>
  );
}

function Key({ colour, name }: { colour: string; name: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden="true" className="size-2 rounded-[2px]" style={{ backgroundColor: colour }} />
      {name}
    </span>
  );
}

function wordsOf({ step, count }: Bar): string {
  const { input_tokens: input, cache_read_tokens: cached } = step.usage;
  const words = `${whole(input ?? 0)} tokens${cached === null ? '' : `, ${percent(cached, input ?? 0)} cached`}`;
  return count === 1 ? words : `${words} (the fullest of ${count} calls)`;
}

function barsOf(steps: readonly Step[]): Bar[] {
  const known = steps.filter(({ usage }) => usage.input_tokens !== null);
  const size = Math.max(1, Math.ceil(known.length / MOST));
  const bars: Bar[] = [];
  for (let at = 0; at < known.length; at += size) {
    const group = known.slice(at, at + size);
    const step = group.reduce((a, b) => ((b.usage.input_tokens ?? 0) > (a.usage.input_tokens ?? 0) ? b : a));
    bars.push({ step, count: group.length });
  }
  return bars;
}
