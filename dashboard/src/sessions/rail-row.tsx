import { useQuery } from '@tanstack/react-query';
import { memo, type ReactNode } from 'react';
import { get } from '../api/client.ts';
import type { Conversation, Step } from '../api/shapes.ts';
import { visibleText } from '../call/text/marks.ts';
import { certaintyOf, modelOf } from '../format/call.ts';
import { compact, whole } from '../format/numbers.ts';
import { duration } from '../format/time.ts';
import { CallCost } from '../kit/amounts.tsx';
import { StatusDot } from '../kit/dots.tsx';
import { Tip } from '../kit/tip.tsx';
import type { Break } from './breaks.ts';
import { SumCost } from './figures.tsx';
import type { Mark } from './marks.ts';
import type { RailLook } from './rail.tsx';
import { firstWords } from './said.ts';
import type { Sums } from './sums.ts';
import { sectionText, toolsText } from './texts.ts';
import { childrenOf, type Node, type TreeRow } from './tree.ts';

interface RailRowProps {
  id: string;
  row: TreeRow;
  look: RailLook;
  start: number;
  /** The most input tokens of any call: the meter is of it. */
  max: number;
  isActive: boolean;
  isSelected: boolean;
  onPress: () => void;
  onToggle: () => void;
}

export const RailRow = memo(PlainRow, (a, b) =>
  (['id', 'row', 'look', 'start', 'max', 'isActive', 'isSelected'] as const).every((name) =>
    name === 'row' ? a.row.node === b.row.node && a.row.isOpen === b.row.isOpen : a[name] === b[name],
  ),
);

function PlainRow({ id, row, look, start, max, isActive, isSelected, onPress, onToggle }: RailRowProps) {
  const { node, depth, isOpen } = row;
  const hasChildren = childrenOf(node).length > 0;
  return (
    <div
      id={id}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-expanded={isOpen ?? undefined}
      tabIndex={-1}
      onClick={(event) => {
        const isFold = event.target instanceof Element && event.target.closest('[data-fold]') !== null;
        if (isFold && hasChildren) onToggle();
        else onPress();
      }}
      style={{ transform: `translateY(${start}px)`, paddingLeft: 8 + depth * 14 }}
      className={`absolute top-0 left-0 flex h-7 w-full items-center gap-1.5 border-b border-line pr-3 outline-none ${node.kind === 'break' ? '' : 'cursor-pointer hover:bg-raised'} ${isSelected ? 'bg-accent-weak' : ''} ${isActive ? 'shadow-[inset_2px_0_0_var(--accent)]' : ''}`}
    >
      <span aria-hidden="true" data-fold="" className="w-3 shrink-0 text-center text-muted">
        {hasChildren && (
          <span className={`inline-block transition-transform duration-120 ${isOpen === true ? 'rotate-90' : ''}`}>
            ▸
          </span>
        )}
      </span>
      <Content node={node} look={look} max={max} />
    </div>
  );
}

function Content({ node, look, max }: { node: Node; look: RailLook; max: number }) {
  switch (node.kind) {
    case 'break':
      return <BreakLine what={node.what} />;
    case 'agent':
      return (
        <>
          <span className="shrink-0 text-sm text-accent">{node.isSub ? 'sub-agent' : 'session'}</span>
          <bdi className="min-w-0 flex-1 truncate" title={node.session.title ?? node.session.id}>
            {node.session.title ?? node.session.id}
          </bdi>
          <SumFigures sums={node.sums} look={look} />
        </>
      );
    case 'section':
      return (
        <>
          <span className="shrink-0 text-sm text-muted">section</span>
          <bdi className="min-w-0 flex-1 truncate font-mono text-sm" title={node.path}>
            {sectionText(node.path)}
          </bdi>
          <SumFigures sums={node.sums} look={look} />
        </>
      );
    case 'turn':
      return (
        <>
          {node.only !== null && <StatusDot call={node.only.step} />}
          <span className="shrink-0 text-sm text-muted">{node.number}</span>
          <Prompt step={node.first} />
          {node.only === null ? (
            <SumFigures sums={node.sums} look={look} />
          ) : (
            <StepFigures step={node.only.step} marks={node.only.marks} look={look} max={max} />
          )}
        </>
      );
    case 'call':
      return (
        <>
          <StatusDot call={node.step} />
          <span className={`min-w-0 flex-1 truncate ${isLeft(node.marks) ? 'text-muted line-through' : ''}`}>
            <Did step={node.step} />
          </span>
          <StepFigures step={node.step} marks={node.marks} look={look} max={max} />
        </>
      );
  }
}

function isLeft(marks: readonly Mark[]): boolean {
  return marks.includes('superseded') || marks.includes('retried');
}

/** What the model did, by what it called; its words stand in the conversation. */
function Did({ step }: { step: Step }) {
  const { error_type: error, tools, inference, operation, stop_reason: reason } = step;
  if (error !== null) return <span className="text-bad">{error.replaceAll('_', ' ')}</span>;
  if (tools.length > 0) return <bdi className="font-mono text-sm">{visibleText(toolsText(tools))}</bdi>;
  if (!inference) return <span className="text-muted">{operation ?? 'no inference'}</span>;
  return <span>{reason === 'max_tokens' || reason === 'length' ? 'answer, cut at the limit' : 'answer'}</span>;
}

/** The first words of what was said, asked for when the row comes into sight. */
function Prompt({ step }: { step: Step }) {
  const said = useQuery({
    queryKey: ['first-words', step.id],
    queryFn: ({ signal }) =>
      get<Conversation>(`/api/calls/${encodeURIComponent(step.id)}/conversation`, { from: 'new', max: 400 }, signal),
    select: firstWords,
    staleTime: Infinity,
    gcTime: 300_000,
    retry: false,
  });
  if (said.data === undefined || said.data === null)
    return (
      <span className="min-w-0 flex-1 truncate text-muted">
        {said.isPending ? '…' : step.inference ? modelOf(step) : (step.operation ?? '–')}
      </span>
    );
  return (
    <bdi className="min-w-0 flex-1 truncate" title={said.data}>
      {said.data}
    </bdi>
  );
}

function SumFigures({ sums, look }: { sums: Sums; look: RailLook }) {
  return (
    <Figures look={look}>
      <span className="w-12 text-right text-sm text-muted">×{whole(sums.calls)}</span>
      <span className="w-12 text-right text-sm text-muted">{compact(sums.input)}</span>
      <span className="w-12 text-right text-sm text-muted">{compact(sums.output)}</span>
      <span className="w-16 text-right text-sm">
        <SumCost sums={sums} />
      </span>
      <span className="w-14 text-right text-sm text-muted">
        {Number.isNaN(sums.start) ? '' : duration(sums.end - sums.start)}
      </span>
    </Figures>
  );
}

function StepFigures({ step, marks, look, max }: { step: Step; marks: readonly Mark[]; look: RailLook; max: number }) {
  const { usage } = step;
  const certainty = certaintyOf(step);
  const sign = certainty === 'estimated' ? '~' : certainty === 'partial' ? '≥ ' : '';
  const count = (value: number | null): ReactNode =>
    value === null ? <span className="text-faint">?</span> : `${sign}${compact(value)}`;
  return (
    <>
      <Marks step={step} marks={marks} />
      <Figures look={look}>
        <Meter value={usage.input_tokens} max={max} />
        <span className="w-12 text-right text-sm text-muted">{step.inference ? count(usage.input_tokens) : ''}</span>
        <span className="w-12 text-right text-sm text-muted">{step.inference ? count(usage.output_tokens) : ''}</span>
        <span className="w-16 text-right text-sm">
          <CallCost call={step} />
        </span>
        <span className="w-14 text-right text-sm text-muted">{duration(step.duration_ms)}</span>
      </Figures>
    </>
  );
}

/** In a slim rail there is room for the money alone. */
function Figures({ look, children }: { look: RailLook; children: ReactNode }) {
  const shown = look === 'slim' ? '[&>*:not(:nth-child(4))]:hidden' : 'max-md:[&>*:not(:nth-child(4))]:hidden';
  return <span className={`flex shrink-0 items-center gap-1.5 whitespace-nowrap ${shown}`}>{children}</span>;
}

/** How full the context is, beside the fullest call of the session. */
function Meter({ value, max }: { value: number | null; max: number }) {
  const share = value === null ? 0 : Math.max(2, (100 * value) / max);
  return (
    <span className="inline-flex w-12 justify-end">
      <Tip
        text={
          value === null ? 'input not known' : `context: ${whole(value)} tokens; most in this session: ${whole(max)}`
        }
      >
        <svg width="44" height="6" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect width="100" height="6" fill="var(--raised)" />
          <rect width={share} height="6" fill="var(--series-input)" />
        </svg>
      </Tip>
    </span>
  );
}

const MARKS: Record<Mark, { text: string; tip: string; colour: string }> = {
  retry: { text: 'retry', tip: 'The same request again', colour: 'text-warn' },
  retried: { text: 'tried again', tip: 'The same request was sent again after this', colour: 'text-muted' },
  fork: { text: 'branch', tip: 'Goes on from an earlier point', colour: 'text-info' },
  superseded: { text: 'superseded', tip: 'What came later goes on from an earlier point', colour: 'text-muted' },
};

export function Marks({ step, marks }: { step: Step; marks: readonly Mark[] }) {
  const missed = step.facts?.changes?.cache_missed_by ?? null;
  const failed = step.facts?.tool_errors ?? 0;
  return (
    <span className="flex shrink-0 gap-1">
      {marks.map((mark) => (
        <Chip key={mark} {...MARKS[mark]} />
      ))}
      {failed > 0 && (
        <Chip
          text={`${failed} tool ${failed === 1 ? 'error' : 'errors'}`}
          tip="Results that say they are errors"
          colour="text-bad"
        />
      )}
      {missed !== null && <Chip text="cache miss" tip={MISSED[missed]} colour="text-warn" />}
    </span>
  );
}

const MISSED: Record<NonNullable<NonNullable<NonNullable<Step['facts']>['changes']>['cache_missed_by']>, string> = {
  model: 'The provider’s cache was not read: the model is another one',
  tools: 'The provider’s cache was not read: the tools changed',
  system: 'The provider’s cache was not read: the system prompt changed',
  messages: 'The provider’s cache was not read: an earlier message changed',
  cache_control: 'The provider’s cache was not read: the cache marks changed',
  expired: 'The provider’s cache was not read: five minutes had passed without a call',
  unknown: 'The provider’s cache was not read; why is not known',
};

function Chip({ text, tip, colour }: { text: string; tip: string; colour: string }) {
  return (
    <Tip text={tip}>
      <span className={`rounded-chip border border-line px-1 text-xs ${colour}`}>{text}</span>
    </Tip>
  );
}

function BreakLine({ what }: { what: Break }) {
  return (
    <span className="flex min-w-0 flex-1 items-center gap-2 text-sm text-muted">
      <span aria-hidden="true" className="h-px w-4 shrink-0 bg-line" />
      <bdi className="truncate">{breakText(what)}</bdi>
      <span aria-hidden="true" className="h-px min-w-2 flex-1 bg-line" />
    </span>
  );
}

/** What the figures are, above the rows. */
export function RailTitles() {
  return (
    <div
      aria-hidden="true"
      className="sticky top-0 z-10 flex h-7 items-center border-b border-line bg-surface pr-3 pl-8 text-sm text-muted"
    >
      <span className="flex-1">Call</span>
      <Figures look="wide">
        <span className="w-12 text-right">Context</span>
        <span className="w-12 text-right">In</span>
        <span className="w-12 text-right">Out</span>
        <span className="w-16 text-right">Cost</span>
        <span className="w-14 text-right">Time</span>
      </Figures>
    </div>
  );
}

export function breakText(what: Break): string {
  switch (what.what) {
    case 'idle':
      return `${duration(what.ms)} without a call`;
    case 'model':
      return `model ${what.from} → ${what.to}`;
    case 'compaction':
      return `history compacted: ${whole(what.from)} → ${whole(what.to)} messages`;
    case 'system':
      return 'system prompt changed';
    case 'tools':
      return 'tools changed';
  }
}
