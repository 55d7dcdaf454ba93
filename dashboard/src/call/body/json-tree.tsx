/** JSON of any size, as a tree: read beside the page when it is large, and only the rows in sight are made. */
import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from 'react';
import { compact, whole } from '../../format/numbers.ts';
import { Button } from '../../kit/button.tsx';
import { CopyButton } from '../../kit/copy.tsx';
import { Loading } from '../../kit/states.tsx';
import { JsonRow } from './json-row.tsx';
import { isContainer, KIND, of, type Tape } from './json-tape.ts';
import {
  ancestorsOf,
  containersIn,
  decoded,
  found,
  isOpenable,
  openAtFirst,
  pathOf,
  rowsOf,
  type TreeRows,
  valueText,
  wrapped,
} from './json-tree.ts';
import { type RowsHandle, VirtualRows } from './virtual-rows.tsx';
import { useColumns } from './use-columns.ts';
import { type OnFound, useFind } from './use-find.ts';
import { useTape } from './use-tape.ts';

const ROW_PX = 20;

interface JsonTreeProps {
  text: string;
  label: string;
  /** Searched for; null = nothing. */
  query: string | null;
  /** What stands where the search says how much it found. */
  onFound?: OnFound;
}

export function JsonTree(props: JsonTreeProps) {
  const tape = useTape(props.text);
  if (tape === null) return <Loading what="the values" />;
  return <Tree {...props} tape={tape} />;
}

function Tree({ text, label, query, onFound, tape }: JsonTreeProps & { tape: Tape }) {
  const frame = useRef<HTMLDivElement>(null);
  const handle = useRef<RowsHandle>(null);
  const columns = useColumns(frame);
  const { rows, open, setOpen, linesOf } = useRows(text, tape, columns);
  const [active, setActive] = useState(0);
  const node = rows.node[active] ?? 0;
  const goTo = useCallback(
    (goal: number): void => {
      const words = (query ?? '').toLowerCase();
      const opened = new Set([...open, ...ancestorsOf(tape, goal)]);
      const lines = tape.kind[goal] === KIND.string && isOpenable(text, tape, goal) ? linesOf(goal) : [];
      const line = lines.findIndex((part) => part.toLowerCase().includes(words));
      if (line >= 0) opened.add(goal);
      setOpen(opened);
      const next = rowsOf(tape, opened, linesOf);
      const row = next.node.indexOf(goal) + line + 1;
      setActive(row);
      requestAnimationFrame(() => handle.current?.scrollTo(row));
    },
    [open, tape, text, linesOf, setOpen, query],
  );
  const places = useMemo(() => found(text, tape, query ?? ''), [text, tape, query]);
  useFind({ places, query, goTo, onFound });
  const set = (targets: readonly number[], isOpen: boolean): void => {
    const next = new Set(open);
    for (const target of targets) {
      if (isOpen) next.add(target);
      else next.delete(target);
    }
    setOpen(next);
  };
  const toggle = (index: number): void => {
    const at = rows.node[index] ?? 0;
    if ((rows.line[index] ?? -1) < 0 && isOpenable(text, tape, at)) set([at], !open.has(at));
  };
  const onKey = (event: KeyboardEvent, index: number): boolean => {
    const at = rows.node[index] ?? 0;
    if (event.key === 'ArrowRight') {
      if (isOpenable(text, tape, at) && !open.has(at)) set([at], true);
      else if (open.has(at)) setActive(index + 1);
    } else if (event.key === 'ArrowLeft') {
      if (open.has(at)) close(at);
      else if ((tape.parent[at] ?? -1) >= 0) setActive(rows.node.indexOf(tape.parent[at] ?? 0));
    } else if (event.key === '*') set(containersIn(tape, at), true);
    else return false;
    return true;
  };
  const close = (at: number): void => {
    set([at], false);
    setActive(rows.node.indexOf(at));
  };
  return (
    <div ref={frame} className="flex min-h-0 flex-1 flex-col font-mono text-sm">
      <VirtualRows
        role="tree"
        label={`${label}, ${whole(tape.count)} values`}
        count={rows.node.length}
        rowHeight={ROW_PX}
        active={active}
        onActive={setActive}
        onPick={toggle}
        onKey={onKey}
        handle={handle}
        aria={(index) => ({
          level: of(tape.depth, rows.node[index] ?? 0) + ((rows.line[index] ?? -1) < 0 ? 1 : 2),
          expanded:
            (rows.line[index] ?? -1) < 0 && isOpenable(text, tape, rows.node[index] ?? 0)
              ? open.has(rows.node[index] ?? 0)
              : undefined,
        })}
        row={(index) => (
          <JsonRow
            text={text}
            tape={tape}
            node={rows.node[index] ?? 0}
            line={lineAt(rows, index, linesOf)}
            isOpen={open.has(rows.node[index] ?? 0)}
            query={query}
          />
        )}
      />
      {tape.count > 0 && <Foot text={text} tape={tape} node={node} onAll={() => set(containersIn(tape, node), true)} />}
    </div>
  );
}

function lineAt(rows: TreeRows, index: number, linesOf: (node: number) => readonly string[]): string | null {
  const line = rows.line[index] ?? -1;
  return line < 0 ? null : (linesOf(rows.node[index] ?? 0)[line] ?? '');
}

function useRows(text: string, tape: Tape, columns: number) {
  const [open, setOpen] = useState<ReadonlySet<number>>(() => openAtFirst(tape));
  // Made anew with the text and the width: a long text is broken once, not with each row.
  const lines = useMemo(() => ({ text, columns, of: new Map<number, string[]>() }), [text, columns]);
  const linesOf = useCallback(
    (node: number): readonly string[] => {
      const kept = lines.of.get(node);
      if (kept !== undefined) return kept;
      const width = Math.max(20, lines.columns - 2 * Math.min(tape.depth[node] ?? 0, 20) - 6);
      const made = wrapped(decoded(valueText(lines.text, tape, node)), width);
      lines.of.set(node, made);
      return made;
    },
    [lines, tape],
  );
  const rows = useMemo(() => rowsOf(tape, open, linesOf), [tape, open, linesOf]);
  return { rows, open, setOpen, linesOf };
}

/** Where the active row is, and what can be taken of it. */
function Foot({ text, tape, node, onAll }: { text: string; tape: Tape; node: number; onAll: () => void }) {
  const path = pathOf(text, tape, node);
  const size = of(tape.end, node) - of(tape.start, node);
  const value = (): string => {
    const literal = valueText(text, tape, node);
    return tape.kind[node] === KIND.string ? decoded(literal) : literal;
  };
  return (
    <div className="flex shrink-0 items-center gap-1 border-t border-line px-3 py-0.5 font-sans">
      <bdi className="min-w-0 flex-1 truncate font-mono text-muted" title={path}>
        {path}
      </bdi>
      <span className="hidden shrink-0 text-muted sm:inline" title={`${whole(size)} characters`}>
        {compact(size)} characters
      </span>
      {isContainer(tape, node) && (
        <Button look="quiet" onClick={onAll} title="Open all in it (*)">
          Open all
        </Button>
      )}
      <CopyButton text={path} label="Copy path" />
      <CopyButton text={value} label="Copy value" />
    </div>
  );
}
