/** Agents, sections and tools, each with what it cost, below those that used them. */
import { useMemo } from 'react';
import { compact, usd, whole } from '../format/numbers.ts';
import { Split } from '../kit/split.tsx';
import { Tip } from '../kit/tip.tsx';
import { SumCost } from './figures.tsx';
import { type GraphNode, graphOf } from './graph.ts';
import { usePlace } from './place.ts';
import { OpenCall } from './tree-view.tsx';

export function GraphView() {
  const { call } = usePlace();
  return <Split list={<Graph />} detail={call === null ? null : <OpenCall />} />;
}

/** Rows beyond these say no more. */
const MOST = 500;

function Graph() {
  const { outline } = usePlace();
  const nodes = useMemo(() => graphOf(outline), [outline]);
  const most = Math.max(0, ...nodes.map(({ all }) => all?.cost ?? 0));
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4">
      <table className="w-full" aria-label="Agents, sections and tools">
        <thead>
          <tr className="h-7 text-sm text-muted">
            <Head title="Agent, section, tool" start />
            <Head title="Times" />
            <Head title="Calls" isWide />
            <Head title="Failed" />
            <Head title="In" isWide />
            <Head title="Out" isWide />
            <Head title="Its own cost" isWide />
            <Head title="With what it sent" />
          </tr>
        </thead>
        <tbody>
          {nodes.slice(0, MOST).map((node) => (
            <GraphRow key={node.key} node={node} most={most} />
          ))}
        </tbody>
      </table>
      {nodes.length > MOST && <p className="mt-2 text-muted">{whole(nodes.length - MOST)} more are not listed.</p>}
      <p className="mt-3 max-w-[76ch] text-sm text-muted">
        A tool costs what the next call takes to read its result, and that call is counted with its agent. Where tokens
        of results went by tool is on the tab Cost.
      </p>
    </div>
  );
}

/** @param isWide not on a phone */
function Head({ title, start = false, isWide = false }: { title: string; start?: boolean; isWide?: boolean }) {
  return (
    <th
      scope="col"
      className={`px-2 font-normal whitespace-nowrap first:pl-0 last:pr-0 ${start ? 'text-left' : 'text-right'} ${isWide ? 'max-md:hidden' : ''}`}
    >
      {title}
    </th>
  );
}

const KIND = { agent: 'text-accent', section: 'text-info', tool: 'text-muted' } as const;

function GraphRow({ node, most }: { node: GraphNode; most: number }) {
  const { hrefOfCall } = usePlace();
  const { kind, name, depth, times, failed, own, all, first } = node;
  const label = (
    <bdi className={`truncate ${kind === 'tool' ? 'font-mono text-sm' : ''}`} title={name}>
      {kind === 'section' ? name.replace(/^[a-z_]+:/, '') : name}
    </bdi>
  );
  return (
    <tr className="h-8 border-t border-line hover:bg-raised">
      <th scope="row" className="max-w-0 min-w-40 text-left font-normal" style={{ width: '100%' }}>
        <span className="flex min-w-0 items-center gap-1.5" style={{ paddingLeft: Math.min(depth, 12) * 16 }}>
          {depth > 0 && (
            <span aria-hidden="true" className="text-faint">
              └
            </span>
          )}
          <span className={`shrink-0 text-sm ${KIND[kind]}`}>{kind}</span>
          {first === null ? (
            label
          ) : (
            <a
              href={hrefOfCall(first)}
              title="Its first call"
              className="flex min-w-0 hover:text-accent hover:underline"
            >
              {label}
            </a>
          )}
        </span>
      </th>
      <Cell>{whole(times)}</Cell>
      <Cell isWide>{own === null ? <None /> : whole(own.calls)}</Cell>
      <Cell>
        {failed === 0 ? <span className="text-faint">0</span> : <span className="text-bad">{whole(failed)}</span>}
      </Cell>
      <Cell isWide>{own === null ? <None /> : compact(own.input)}</Cell>
      <Cell isWide>{own === null ? <None /> : compact(own.output)}</Cell>
      <Cell isWide>{own === null ? <None /> : <SumCost sums={own} />}</Cell>
      <Cell>
        {all === null ? (
          <None />
        ) : (
          <span className="inline-flex items-center justify-end gap-2">
            <Share value={all.cost} most={most} />
            <SumCost sums={all} />
          </span>
        )}
      </Cell>
    </tr>
  );
}

function Share({ value, most }: { value: number; most: number }) {
  if (most === 0) return null;
  return (
    <Tip text={usd(value)}>
      <svg
        width="64"
        height="8"
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        aria-hidden="true"
        className="max-md:hidden"
      >
        <rect width="100" height="8" fill="var(--raised)" />
        <rect width={(100 * value) / most} height="8" fill="var(--series-input)" />
      </svg>
    </Tip>
  );
}

function Cell({ children, isWide = false }: { children: React.ReactNode; isWide?: boolean }) {
  return <td className={`px-2 text-right whitespace-nowrap last:pr-0 ${isWide ? 'max-md:hidden' : ''}`}>{children}</td>;
}

/** A tool makes no calls of its own. */
function None() {
  return <span className="text-faint">–</span>;
}
