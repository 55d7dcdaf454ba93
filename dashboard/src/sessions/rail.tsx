/** The tree of a session, as rows of which only those in sight are made. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { RunningCall } from '../api/shapes.ts';
import { useKeys } from '../keyboard/keys.ts';
import { goTo } from '../url/use-route.ts';
import { usePlace } from './place.ts';
import { RailRow, RailTitles } from './rail-row.tsx';
import { childrenOf, type Node, pathTo, rowsOf, stepOf, type TreeRow } from './tree.ts';
import { useFollowTail } from './use-follow-tail.ts';
import { useRunningHere } from './use-outline.ts';

export type RailLook = 'wide' | 'slim';

const ROW = 28;

export function Rail({ look }: { look: RailLook }) {
  const { tree, call, outline, hrefOfCall } = usePlace();
  const folds = useFolds(tree, call);
  const rows = useMemo(() => rowsOf(tree, folds.isOpen), [tree, folds.isOpen]);
  const running = useRunningHere(outline);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey: (index) => rows[index]?.node.key ?? index,
  });
  const onScroll = useFollowTail(scroller, rows.length + running.length, virtual.getTotalSize());
  const open = rows.findIndex(({ node }) => call !== null && stepOf(node)?.id === call);
  const at = active === null ? open : rows.findIndex(({ node }) => node.key === active);
  // What the address opens is brought into sight once; after that the reader goes where they like.
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (call === null || shown.current === call || open < 0) return;
    shown.current = call;
    virtual.scrollToIndex(open);
  }, [call, open, virtual]);
  const go = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    setActive(row.node.key);
    virtual.scrollToIndex(rows.indexOf(row));
    const step = stepOf(row.node);
    if (step === null) return;
    shown.current = step.id;
    goTo(hrefOfCall(step.id), call !== null);
  };
  useRailKeys(rows, at, go, folds);
  const items = virtual.getVirtualItems();
  const activeRow = rows[at];
  const isInSight = items.some(({ index }) => index === at);
  const max = useMemo(() => Math.max(1, ...outline.steps.map(({ usage }) => usage.input_tokens ?? 0)), [outline.steps]);
  return (
    <div ref={scroller} onScroll={onScroll} className="relative min-h-0 flex-1 overflow-auto [overflow-anchor:none]">
      {look === 'wide' && <RailTitles />}
      <div
        role="tree"
        aria-label="Calls of the session"
        tabIndex={0}
        aria-activedescendant={activeRow !== undefined && isInSight ? idOf(activeRow.node.key) : undefined}
        className="relative focus-visible:-outline-offset-2"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map(({ index, key, start }) => {
          const row = rows[index] as TreeRow;
          return (
            <RailRow
              key={key}
              id={idOf(row.node.key)}
              row={row}
              look={look}
              start={start}
              max={max}
              isActive={index === at}
              isSelected={index === open}
              onPress={() => {
                go(index);
                if (stepOf(row.node) === null) folds.toggle(row.node);
              }}
              onToggle={() => folds.toggle(row.node)}
            />
          );
        })}
      </div>
      {running.map((one) => (
        <RunningRow key={one.id} call={one} href={hrefOfCall(one.id)} isOpen={one.id === call} />
      ))}
    </div>
  );
}

function RunningRow({ call, href, isOpen }: { call: RunningCall; href: string; isOpen: boolean }) {
  return (
    <a
      href={href}
      className={`flex h-7 items-center gap-2 border-b border-line px-3 text-muted hover:bg-raised ${isOpen ? 'bg-accent-weak' : ''}`}
    >
      <span aria-hidden="true" className="animate-pulse text-xs text-ok">
        ●
      </span>
      <bdi className="min-w-0 flex-1 truncate">
        {call.text === null || call.text === '' ? 'running …' : call.text.slice(-120)}
      </bdi>
      <span className="shrink-0 text-sm">running</span>
    </a>
  );
}

function idOf(key: string): string {
  return `node-${key.replaceAll(/\W/g, '_')}`;
}

interface Folds {
  isOpen: (node: Node) => boolean;
  toggle: (node: Node) => void;
  set: (node: Node, open: boolean) => void;
}

/** Sub-agents are closed until somebody opens them, or a call in them. */
function useFolds(tree: readonly Node[], call: string | null): Folds {
  const [told, setTold] = useState<ReadonlyMap<string, boolean>>(new Map());
  const way = useMemo(
    () => new Set(call === null ? [] : (pathTo(tree, call) ?? []).map(({ key }) => key)),
    [tree, call],
  );
  return useMemo(() => {
    const isOpen = (node: Node): boolean =>
      told.get(node.key) ?? (node.kind !== 'agent' || !node.isSub || way.has(node.key));
    const set = (node: Node, open: boolean): void => setTold((before) => new Map(before).set(node.key, open));
    return { isOpen, set, toggle: (node) => set(node, !isOpen(node)) };
  }, [told, way]);
}

/** What only says that something changed is passed over. */
function isStop({ node }: TreeRow): boolean {
  return node.kind !== 'break';
}

function useRailKeys(rows: readonly TreeRow[], at: number, go: (index: number) => void, folds: Folds): void {
  const row = rows[at];
  const parent = (): number => rows.findLastIndex(({ depth }, index) => index < at && depth < (row?.depth ?? 0));
  const next = (): void => {
    const found = rows.findIndex((one, index) => index > at && isStop(one));
    if (found >= 0) go(found);
  };
  const before = (): void => {
    const found = rows.findLastIndex((one, index) => index < at && isStop(one));
    if (found >= 0) go(found);
  };
  const where = 'session';
  useKeys([
    { keys: 'j', does: 'next call', where, run: next },
    { keys: 'k', does: 'call before', where, run: before },
    { keys: 'ArrowDown', does: 'next row', where, run: next },
    { keys: 'ArrowUp', does: 'row before', where, run: before },
    { keys: 'Home', does: 'first row', where, run: () => go(0) },
    { keys: 'End', does: 'last row', where, run: () => go(rows.length - 1) },
    {
      keys: 'ArrowRight',
      does: 'open what is below',
      where,
      run: () => {
        if (row?.isOpen === false) folds.set(row.node, true);
        else if (row?.isOpen === true) next();
      },
    },
    {
      keys: 'ArrowLeft',
      does: 'close it, or go to what is above',
      where,
      run: () => {
        if (row?.isOpen === true) folds.set(row.node, false);
        else if (row !== undefined && row.depth > 0) go(parent());
      },
    },
    {
      keys: 'Enter',
      does: 'open or close',
      where,
      run: (event) => {
        if (event.target instanceof HTMLElement && event.target.closest('button, a, summary') !== null)
          event.target.click();
        else if (row !== undefined && childrenOf(row.node).length > 0) folds.toggle(row.node);
      },
    },
  ]);
}
