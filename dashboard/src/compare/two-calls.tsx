/** Two calls side by side: their measures on top, below what was said, or what differs. */
import { type RefObject, useEffect, useRef } from 'react';
import type { CallRecord } from '../api/shapes.ts';
import { ConversationTab } from '../call/tab-conversation.tsx';
import { Both } from '../call/tab-diff.tsx';
import { modelOf } from '../format/call.ts';
import { useKeys } from '../keyboard/keys.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Failure, Loading } from '../kit/states.tsx';
import { hrefOf, type Route } from '../url/route.ts';
import { goTo, useSetParams } from '../url/use-route.ts';
import { AnswerDiff } from './answer-diff.tsx';
import { MetricStrip } from './metric-strip.tsx';
import { useCall } from './pick.tsx';

const VIEWS = [
  { id: 'sides', name: 'Side by side' },
  { id: 'answers', name: 'Answers' },
  { id: 'all', name: 'All differences' },
] as const;
type View = (typeof VIEWS)[number]['id'];

export function TwoCalls({ route, a, b }: { route: Route; a: string; b: string }) {
  const [one, other] = [useCall(a), useCall(b)];
  const failed = [one, other].find(({ isLoadingError }) => isLoadingError);
  if (failed !== undefined) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if (one.data === undefined || other.data === undefined) return <Loading what="both calls" />;
  return <Shown route={route} a={one.data} b={other.data} />;
}

function Shown({ route, a, b }: { route: Route; a: CallRecord; b: CallRecord }) {
  const setParams = useSetParams();
  const view = VIEWS.find(({ id }) => id === route.params.get('view'))?.id ?? 'sides';
  const choose = (id: View): void => setParams({ view: id === 'sides' ? null : id });
  const close = (): void => goTo(hrefOf(route, 'compare'));
  const swap = (): void => setParams({ a: b.id, b: a.id });
  useKeys([
    { keys: 'Escape', does: 'back to the list', where: 'compare', run: close },
    ...VIEWS.map(({ id, name }, index) => ({
      keys: String(index + 1),
      does: name.toLowerCase(),
      where: 'compare',
      run: () => choose(id),
    })),
    { keys: 's', does: 'swap both', where: 'compare', run: swap },
  ]);
  const href = (id: string): string => hrefOf(route, 'calls', id);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <h2 className="sr-only">
        {modelOf(a)} and {modelOf(b)}
      </h2>
      <MetricStrip a={a} b={b} hrefOfCall={href} />
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-1">
        <Choice label="Shown" options={VIEWS} chosen={view} onChoose={choose} />
        <div className="ml-auto flex gap-1">
          <Button look="quiet" onClick={swap} title="Swap both (s)">
            Swap
          </Button>
          <Button look="quiet" onClick={close} title="Back to the list (Esc)">
            All comparisons
          </Button>
        </div>
      </div>
      {view === 'sides' && <Sides a={a} b={b} hrefOfCall={href} />}
      {view === 'answers' && <AnswerDiff a={a} b={b} />}
      {view === 'all' && <Both before={a} after={b} />}
    </div>
  );
}

interface SidesProps {
  a: CallRecord;
  b: CallRecord;
  hrefOfCall: (id: string) => string;
}

function Sides({ a, b, hrefOfCall }: SidesProps) {
  const frame = useRef<HTMLDivElement>(null);
  useScrolledTogether(frame);
  return (
    <div ref={frame} className="flex min-h-0 flex-1 flex-col md:flex-row">
      {[a, b].map((call, index) => (
        <section
          key={call.id}
          aria-label={index === 0 ? 'Call A' : 'Call B'}
          className="min-h-0 min-w-0 flex-1 border-line max-md:not-first:border-t md:not-first:border-l"
        >
          <ConversationTab call={call} hrefOfCall={hrefOfCall} label={`Conversation of ${index === 0 ? 'A' : 'B'}`} />
        </section>
      ))}
    </div>
  );
}

/** What is scrolled on one side is scrolled on the other, by the same share of its length. */
function useScrolledTogether(frame: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    let led: EventTarget | null = null;
    const scrolled = (event: Event): void => {
      const { target } = event;
      if (!(target instanceof HTMLElement)) return;
      // That we did ourselves.
      if (led === target) {
        led = null;
        return;
      }
      const side = [...element.querySelectorAll('section')].find((section) => !section.contains(target));
      const other = side?.querySelector<HTMLElement>('[role=region]') ?? null;
      if (other === null || !follow(other, target)) return;
      led = other;
    };
    element.addEventListener('scroll', scrolled, { capture: true, passive: true });
    return () => element.removeEventListener('scroll', scrolled, { capture: true });
  }, [frame]);
}

/** @returns whether it moved */
function follow(other: HTMLElement, leader: HTMLElement): boolean {
  const own = leader.scrollHeight - leader.clientHeight;
  const its = other.scrollHeight - other.clientHeight;
  if (own <= 0 || its <= 0) return false;
  const top = Math.round((its * leader.scrollTop) / own);
  if (Math.abs(other.scrollTop - top) < 2) return false;
  other.scrollTop = top;
  return true;
}
