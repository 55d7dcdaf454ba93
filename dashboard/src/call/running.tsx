import { useEffect, useState } from 'react';
import type { RunningCall } from '../api/shapes.ts';
import { bytes } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Duration, Tokens } from '../kit/amounts.tsx';
import { Button } from '../kit/button.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import { Fact } from './fact.tsx';

/** A call under way: how long, how much, and what was said so far. */
export function RunningView({ call, onClose }: { call: RunningCall; onClose: () => void }) {
  const elapsed = useElapsed(call.started_at);
  return (
    <article aria-label={`Running call ${call.id}`} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <header className="border-b border-line px-4 py-2">
        <div className="flex items-center gap-2">
          <ProviderDot provider={call.provider} />
          <h2 className="min-w-0 truncate text-title font-semibold" title={call.model ?? undefined}>
            <bdi>{call.model ?? call.path}</bdi>
          </h2>
          <span className="text-muted">running</span>
          <Button look="quiet" className="ml-auto" onClick={onClose} title="Esc">
            Close
          </Button>
        </div>
        <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
          <Fact name="elapsed">{elapsed === null ? <Duration ms={null} /> : duration(elapsed)}</Fact>
          <Fact name="out">
            <Tokens value={call.output_tokens} certainty="partial" />
          </Fact>
          <Fact name="received">{bytes(call.bytes)}</Fact>
        </dl>
      </header>
      <div className="min-h-0 flex-1 overflow-auto p-4">
        {call.text === null || call.text === '' ? (
          <p className="text-muted">Nothing was answered yet.</p>
        ) : (
          <p dir="auto" className="max-w-[76ch] break-words whitespace-pre-wrap">
            {call.text}
            <span
              aria-hidden="true"
              className="ml-0.5 inline-block h-4 w-1.5 animate-pulse bg-accent align-text-bottom"
            />
          </p>
        )}
        <p className="mt-4 text-sm text-muted">
          The end of what was answered so far. Request, cost and all of the answer are here as soon as the call ends.
        </p>
      </div>
    </article>
  );
}

const TICK_MS = 100;

function useElapsed(startedAt: string): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const since = Date.parse(startedAt);
  // A clock of another machine may be ahead of this one.
  return Number.isNaN(since) ? null : Math.max(0, now - since);
}
