import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { RunningCall } from '../api/shapes.ts';
import { bytes } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { Duration, Tokens } from '../kit/amounts.tsx';
import { Button } from '../kit/button.tsx';
import { ProviderDot } from '../kit/dots.tsx';
import { Fact } from './fact.tsx';
import { Marked } from './text/plain-text.tsx';

/** A call under way: how long, how much, and what was said so far. */
export function RunningView({ call, onClose }: { call: RunningCall; onClose: () => void }) {
  const elapsed = useElapsed(call.started_at);
  const scroller = useTail(call.text);
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
      <div
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label="Answer so far"
        className="min-h-0 flex-1 overflow-auto p-4"
      >
        {call.text === null || call.text === '' ? (
          <p className="text-muted">
            No text so far. Request, cost and all of the answer are here as soon as the call ends.
          </p>
        ) : (
          <div className="max-w-[76ch] break-words whitespace-pre-wrap [unicode-bidi:plaintext]">
            {call.text.length >= TAIL && <span className="text-muted">… </span>}
            <Marked text={call.text} />
            <span
              aria-hidden="true"
              className="ml-0.5 inline-block h-4 w-1.5 animate-pulse bg-accent align-text-bottom"
            />
          </div>
        )}
      </div>
    </article>
  );
}

/** Characters: of a longer answer the daemon tells the end, of about so many. */
const TAIL = 4000;
/** Pixels above the end that are still the end. */
const NEAR = 40;

/** Stays at the end while the reader is there. */
function useTail(text: string | null) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const frame = scroller.current;
    if (frame === null) return;
    const look = (): void => {
      isAtEnd.current = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR;
    };
    frame.addEventListener('scroll', look, { passive: true });
    return () => frame.removeEventListener('scroll', look);
  }, []);
  useLayoutEffect(() => {
    if (text !== null && isAtEnd.current) scroller.current?.scrollTo(0, scroller.current.scrollHeight);
  }, [text]);
  return scroller;
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
