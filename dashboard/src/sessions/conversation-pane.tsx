/** What was said in a session from its beginning, once: of each call what is new in it. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useFolds } from '../call/conversation/context.tsx';
import { useKeys } from '../keyboard/keys.ts';
import { whole } from '../format/numbers.ts';
import { Button } from '../kit/button.tsx';
import { keep, kept } from '../url/kept.ts';
import { hrefOf } from '../url/route.ts';
import { SumCost } from './figures.tsx';
import { usePlace } from './place.ts';
import { breakText } from './rail-row.tsx';
import { Rail } from './rail.tsx';
import { StepTurns } from './step-turns.tsx';
import { sectionText } from './texts.ts';
import { type AgentNode, type Node, pathTo, rowsOf, stepOf, type TreeRow } from './tree.ts';
import { useFollowTail } from './use-follow-tail.ts';
import { useNarrow } from '../kit/use-narrow.ts';
import { Waits } from './waits.ts';

const RAW_KEY = 'llm-proxy.raw-text';
/** Pixels, about: until it is measured. */
const STEP = 140;
const LINE = 32;

export function ConversationPane() {
  const isNarrow = useNarrow();
  return (
    <div className="flex min-h-0 flex-1">
      {!isNarrow && (
        <div className="flex w-80 shrink-0 flex-col border-r border-line">
          <Rail look="slim" />
        </div>
      )}
      <Said />
    </div>
  );
}

function Said() {
  const { tree, call, outline } = usePlace();
  const waits = useMemo(() => new Waits(outline.steps), [outline.steps]);
  const [isRaw, setRaw] = useState(() => kept(RAW_KEY) === '1');
  const agents = useOpenAgents(tree, call);
  const rows = useMemo(() => rowsOf(tree, agents.isOpen).filter(isShown), [tree, agents.isOpen]);
  const scroller = useRef<HTMLDivElement>(null);
  const folds = useFolds();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (stepOf(rows[index]?.node as Node) === null ? LINE : STEP),
    getItemKey: (index) => rows[index]?.node.key ?? index,
    overscan: 3,
  });
  const onScroll = useFollowTail(scroller, rows.length, virtual.getTotalSize());
  const at = rows.findIndex(({ node }) => call !== null && stepOf(node)?.id === call);
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (call === null || at < 0 || shown.current === call) return;
    shown.current = call;
    virtual.scrollToIndex(at, { align: 'start' });
  }, [call, at, virtual]);
  const chooseRaw = (raw: boolean): void => {
    setRaw(raw);
    keep(RAW_KEY, raw ? '1' : '0');
  };
  useKeys([
    { keys: 'm', does: 'markdown, or the text as it is', where: 'conversation', run: () => chooseRaw(!isRaw) },
    { keys: 'E', does: 'open all, or close all', where: 'conversation', run: () => folds.setAll(folds.all !== true) },
  ]);
  return (
    <div className="flex min-w-0 flex-1 flex-col bg-surface">
      <div className="flex shrink-0 items-center justify-end gap-1 border-b border-line px-3 py-0.5">
        <Button look="quiet" onClick={() => folds.setAll(folds.all !== true)} title="E">
          {folds.all === true ? 'Close all' : 'Open all'}
        </Button>
        <Button look="quiet" aria-pressed={isRaw} onClick={() => chooseRaw(!isRaw)} title="m">
          {isRaw ? 'Show markdown' : 'Show as text'}
        </Button>
      </div>
      <div
        ref={scroller}
        onScroll={onScroll}
        tabIndex={0}
        role="region"
        aria-label="Conversation of the session"
        className="@container min-h-0 flex-1 overflow-auto"
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className="absolute top-0 left-0 w-full"
              style={{ transform: `translateY(${start}px)`, paddingLeft: (rows[index]?.depth ?? 0) > 1 ? 12 : 0 }}
            >
              <Line
                row={rows[index] as TreeRow}
                isRaw={isRaw}
                folds={folds}
                agents={agents}
                call={call}
                waits={waits}
              />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** A turn of several calls is told by them. */
function isShown({ node }: TreeRow): boolean {
  return node.kind !== 'turn' || node.only !== null;
}

interface LineProps {
  row: TreeRow;
  isRaw: boolean;
  folds: ReturnType<typeof useFolds>;
  agents: OpenAgents;
  call: string | null;
  waits: Waits;
}

function Line({ row: { node, isOpen }, isRaw, folds, agents, call, waits }: LineProps) {
  switch (node.kind) {
    case 'break':
      return <p className="border-t border-line bg-bg px-4 py-1.5 text-sm text-muted">{breakText(node.what)}</p>;
    case 'section':
      return (
        <p className="border-t border-line bg-bg px-4 py-1.5 text-sm text-muted">
          section <bdi className="font-mono">{sectionText(node.path)}</bdi>
        </p>
      );
    case 'agent':
      return <AgentLine node={node} isOpen={isOpen === true} onToggle={() => agents.toggle(node)} />;
    case 'turn':
    case 'call': {
      const one = node.kind === 'call' ? node : node.only;
      if (one === null) return null;
      return (
        <StepTurns
          step={one.step}
          marks={one.marks}
          isRaw={isRaw}
          folds={folds}
          isOpen={one.step.id === call}
          waits={waits}
        />
      );
    }
  }
}

function AgentLine({ node, isOpen, onToggle }: { node: AgentNode; isOpen: boolean; onToggle: () => void }) {
  const { route } = usePlace();
  return (
    <div className="flex min-h-8 items-center gap-2 border-y border-line bg-bg px-4">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={onToggle}
        className="flex min-w-0 flex-1 items-center gap-2 text-muted hover:text-text"
      >
        <span aria-hidden="true" className={`w-3 transition-transform duration-120 ${isOpen ? 'rotate-90' : ''}`}>
          ▸
        </span>
        <span className="shrink-0 text-sm text-accent">{node.isSub ? 'sub-agent' : 'session'}</span>
        <bdi className="truncate">{node.session.title ?? node.session.id}</bdi>
      </button>
      <span className="shrink-0 text-sm text-muted">
        {whole(node.sums.calls)} calls · <SumCost sums={node.sums} />
      </span>
      <a
        href={hrefOf(route, 'sessions', node.session.id, { view: 'conversation' })}
        className="shrink-0 text-sm text-accent underline-offset-2 hover:underline"
      >
        by itself
      </a>
    </div>
  );
}

interface OpenAgents {
  isOpen: (node: Node) => boolean;
  toggle: (node: AgentNode) => void;
}

function useOpenAgents(tree: readonly Node[], call: string | null): OpenAgents {
  const [told, setTold] = useState<ReadonlyMap<string, boolean>>(new Map());
  const way = useMemo(
    () => new Set(call === null ? [] : (pathTo(tree, call) ?? []).map(({ key }) => key)),
    [tree, call],
  );
  return useMemo(() => {
    const isOpen = (node: Node): boolean =>
      told.get(node.key) ?? (node.kind !== 'agent' || !node.isSub || way.has(node.key));
    return { isOpen, toggle: (node) => setTold((before) => new Map(before).set(node.key, !isOpen(node))) };
  }, [told, way]);
}
