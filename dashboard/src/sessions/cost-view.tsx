/** What the money went to: by section and model and call, by what the tokens were, by call. */
import { type KeyboardEvent, useMemo, useState } from 'react';
import { compact, percent, usd, whole } from '../format/numbers.ts';
import { Button } from '../kit/button.tsx';
import { Split } from '../kit/split.tsx';
import { goTo, useSetParams } from '../url/use-route.ts';
import { ContextMeter } from './context-meter.tsx';
import { type Box, boxBeside, icicleOf, type Weight, weightOf } from './icicle.ts';
import { DearestCalls } from './overview.tsx';
import { usePlace } from './place.ts';
import { TokenUses } from './token-uses.tsx';
import { OpenCall } from './tree-view.tsx';
import { useNarrow } from '../kit/use-narrow.ts';

export function CostView() {
  const { call } = usePlace();
  return <Split list={<Cost />} detail={call === null ? null : <OpenCall />} />;
}

function Cost() {
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      <div className="flex max-w-5xl flex-col gap-6 p-4">
        <Icicle />
        <TokenUses />
        <DearestCalls />
        <ContextMeter />
      </div>
    </div>
  );
}

const ROW = 28;

function Icicle() {
  const { outline, route } = usePlace();
  const setParams = useSetParams();
  const hasCost = useMemo(() => outline.steps.some((step) => weightOf(step, 'cost') > 0), [outline]);
  const by: Weight = !hasCost || route.params.get('by') === 'tokens' ? 'tokens' : 'cost';
  const focus = route.params.get('focus');
  const boxes = useMemo(() => icicleOf(outline, by, focus), [outline, by, focus]);
  const unpriced = outline.steps.length - outline.steps.filter((step) => weightOf(step, by) > 0).length;
  const root = boxes[0];
  if (root === undefined) return <p className="text-muted">No call of it has a price or stated tokens.</p>;
  const levels = Math.max(...boxes.map(({ level }) => level)) + 1;
  return (
    <section className="min-w-0">
      <div className="mb-1 flex flex-wrap items-center gap-x-3">
        <h3 className="font-semibold">{by === 'cost' ? 'Where the money went' : 'Where the tokens went'}</h3>
        <span className="text-sm text-muted">
          {levels > 3 ? 'section or agent, model, call' : 'model, call'}; the widest first
        </span>
        {focus !== null && (
          <Button look="quiet" onClick={() => setParams({ focus: null })}>
            Show all
          </Button>
        )}
        {hasCost && (
          <Button look="quiet" className="ml-auto" onClick={() => setParams({ by: by === 'cost' ? 'tokens' : null })}>
            {by === 'cost' ? 'By tokens' : 'By cost'}
          </Button>
        )}
      </div>
      <IcicleBoxes boxes={boxes} total={root.value} by={by} height={levels * ROW} />
      {unpriced > 0 && (
        <p className="mt-1 text-sm text-muted">
          {whole(unpriced)} {unpriced === 1 ? 'call is' : 'calls are'} not in it:{' '}
          {by === 'cost' ? 'they cost nothing, or nobody knows what.' : 'no tokens were stated.'}
        </p>
      )}
    </section>
  );
}

/** One of the boxes is in the order of Tab; arrow keys lead to the others. */
function IcicleBoxes({
  boxes,
  total,
  by,
  height,
}: {
  boxes: readonly Box[];
  total: number;
  by: Weight;
  height: number;
}) {
  const isNarrow = useNarrow();
  // What is too narrow to be hit is to be looked at only: its parent can be enlarged.
  const targets = boxes.filter(({ isRest, width }) => !isRest && width >= (isNarrow ? 0.08 : 0.03));
  const [reached, setReached] = useState('all');
  const current = targets.find(({ key }) => key === reached) ?? targets[0];
  const walk = (event: KeyboardEvent): void => {
    const next = current === undefined ? null : boxBeside(targets, current, event.key);
    if (next === null) return;
    event.preventDefault();
    event.currentTarget.querySelector<HTMLElement>(`[data-box="${CSS.escape(next.key)}"]`)?.focus();
  };
  return (
    <ul
      aria-label="Spend, from all to single calls; arrow keys walk"
      className="relative"
      style={{ height: height }}
      onKeyDown={walk}
    >
      {boxes.map((box) => (
        <IcicleBox
          key={box.key}
          box={box}
          total={total}
          by={by}
          tabIndex={targets.includes(box) ? (box === current ? 0 : -1) : null}
          onReach={setReached}
        />
      ))}
    </ul>
  );
}

interface IcicleBoxProps {
  box: Box;
  total: number;
  by: Weight;
  /** null = it cannot be pressed. */
  tabIndex: number | null;
  onReach: (key: string) => void;
}

function IcicleBox({ box, total, by, tabIndex, onReach }: IcicleBoxProps) {
  const { hrefOfCall } = usePlace();
  const setParams = useSetParams();
  const { name, level, x, width, value, calls, call } = box;
  const amount = by === 'cost' ? usd(value) : `${compact(value)} tokens`;
  const words = `${name}, ${amount}, ${percent(value, total)}${call === null ? `, ${whole(calls)} ${calls === 1 ? 'call' : 'calls'}` : ''}`;
  const open = (): void => {
    if (call === null) setParams({ focus: level === 0 ? null : box.key });
    else goTo(hrefOfCall(call));
  };
  const look = `flex h-full w-full min-w-0 items-center gap-2 overflow-hidden rounded-chip text-sm whitespace-nowrap ${width > 0.04 ? 'px-1.5' : ''} ${COLOURS[level] ?? ''}`;
  const label = width > 0.04 && (
    <>
      <bdi className="min-w-0 truncate">{name}</bdi>
      <span className="ml-auto shrink-0">{width > 0.1 ? amount : ''}</span>
    </>
  );
  return (
    <li
      className="absolute p-px"
      style={{ left: `${x * 100}%`, width: `${width * 100}%`, top: level * ROW, height: ROW }}
    >
      {tabIndex !== null ? (
        <button
          type="button"
          tabIndex={tabIndex}
          data-box={box.key}
          onFocus={() => onReach(box.key)}
          onClick={open}
          aria-label={words}
          data-tip={words}
          className={`${look} hover:outline-2 hover:outline-accent`}
        >
          {label}
        </button>
      ) : (
        <span data-tip={words} className={look}>
          <span className="sr-only">{words}</span>
          <span aria-hidden="true" className="contents">
            {label}
          </span>
        </span>
      )}
    </li>
  );
}

/** Told apart by how strong they are; words on them stay legible. */
const COLOURS = [
  'bg-raised',
  'bg-[color-mix(in_srgb,var(--series-input)_38%,var(--surface))]',
  'bg-[color-mix(in_srgb,var(--series-input)_26%,var(--surface))]',
  'bg-[color-mix(in_srgb,var(--series-input)_14%,var(--surface))]',
] as const;
