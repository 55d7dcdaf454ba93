/** A session as a tree: what a human asked for, the calls it took, the sub-agents that they sent. Pure. */
import type { SessionSummary, Step } from '../api/shapes.ts';
import { breaksBefore, type Break } from './breaks.ts';
import { type Mark, marksOf } from './marks.ts';
import type { Outline } from './outline.ts';
import { addSums, type Sums, sumsOf } from './sums.ts';

export type Node = TurnNode | CallNode | SectionNode | AgentNode | BreakNode;

/** From one word of a human to the next. */
export interface TurnNode {
  kind: 'turn';
  key: string;
  /** 1 = the first of its session. */
  number: number;
  first: Step;
  sums: Sums;
  children: Node[];
  /** The only call of it, where nothing else is to be said: one line is enough. */
  only: CallNode | null;
}

export interface CallNode {
  kind: 'call';
  key: string;
  step: Step;
  marks: readonly Mark[];
  /** What it sent. */
  children: AgentNode[];
}

/** Calls in a row in one section of the user's own code. */
export interface SectionNode {
  kind: 'section';
  key: string;
  path: string;
  sums: Sums;
  children: Node[];
}

/** A sub-agent; in a trace, any session of it. */
export interface AgentNode {
  kind: 'agent';
  key: string;
  session: SessionSummary;
  isSub: boolean;
  /** With those below. */
  sums: Sums;
  children: Node[];
}

export interface BreakNode {
  kind: 'break';
  key: string;
  what: Break;
}

export interface TreeRow {
  node: Node;
  depth: number;
  /** Null = nothing is below it. */
  isOpen: boolean | null;
}

interface Builder {
  stepsOf: ReadonlyMap<string, readonly Step[]>;
  /** Sub-agents by the call that sent them, in the order of their starts. */
  sentBy: ReadonlyMap<string, readonly SessionSummary[]>;
  marks: ReadonlyMap<string, readonly Mark[]>;
}

export function buildTree(outline: Outline): Node[] {
  const { sessions, steps, topic } = outline;
  const stepsOf = groupBy(steps, ({ session }) => session ?? '');
  const { sentBy, tops } = parentsOf(sessions, stepsOf, topic === 'session');
  const builder: Builder = { stepsOf, sentBy, marks: marksOf(steps) };
  const loose = stepsOf.get('') ?? [];
  const [root] = tops;
  if (root !== undefined && tops.length === 1 && loose.length === 0) return sessionNodes(builder, root);
  const agents = tops.map((session) => agentNode(builder, session, topic === 'session'));
  const calls = withSections(loose, (step) => [callNode(builder, step)]);
  return [...agents, ...calls].toSorted((a, b) => startOf(a) - startOf(b));
}

function startOf(node: Node): number {
  if (node.kind === 'call') return Date.parse(node.step.started_at);
  return node.kind === 'break' ? 0 : node.sums.start;
}

/** Who was sent by which call. A session of which nobody knows that hangs at the last call of its parent before it began. */
function parentsOf(
  sessions: readonly SessionSummary[],
  stepsOf: ReadonlyMap<string, readonly Step[]>,
  isFirstTop: boolean,
): { sentBy: Map<string, SessionSummary[]>; tops: SessionSummary[] } {
  const known = new Set(sessions.map(({ id }) => id));
  const sentBy = new Map<string, SessionSummary[]>();
  const tops: SessionSummary[] = [];
  for (const [index, session] of sessions.entries()) {
    const parent = session.parent_session_id;
    const sender =
      (isFirstTop && index === 0) || parent === null || !known.has(parent)
        ? null
        : senderOf(stepsOf.get(session.id)?.[0], stepsOf.get(parent) ?? []);
    if (sender === null) tops.push(session);
    else sentBy.set(sender.id, [...(sentBy.get(sender.id) ?? []), session]);
  }
  return { sentBy, tops };
}

function senderOf(first: Step | undefined, ofParent: readonly Step[]): Step | null {
  const told = first?.facts?.follows?.call;
  const found = ofParent.find(({ id }) => id === told);
  if (found !== undefined) return found;
  const before = first === undefined ? undefined : ofParent.findLast((step) => step.started_at <= first.started_at);
  return before ?? ofParent[0] ?? null;
}

function agentNode(builder: Builder, session: SessionSummary, isSub: boolean): AgentNode {
  const children = sessionNodes(builder, session);
  const sums = sumsOf(builder.stepsOf.get(session.id) ?? []);
  for (const below of agentsIn(children)) addSums(sums, below.sums);
  return { kind: 'agent', key: session.id, session, isSub, sums, children };
}

/** The topmost of them. */
function agentsIn(nodes: readonly Node[]): AgentNode[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'agent') return [node];
    return node.kind === 'break' ? [] : agentsIn(node.children);
  });
}

function sessionNodes(builder: Builder, session: SessionSummary): Node[] {
  const steps = builder.stepsOf.get(session.id) ?? [];
  const nodes: Node[] = [];
  for (const [index, turn] of turnsOf(steps).entries()) nodes.push(...turnNodes(builder, turn, index + 1));
  return nodes;
}

interface Turn {
  steps: Step[];
  /** The call before its first one. */
  before: Step | null;
}

/** A call that brings no result of a tool, and does not try again, is one in which somebody spoke. */
export function turnsOf(steps: readonly Step[]): Turn[] {
  const turns: Turn[] = [];
  for (const [index, step] of steps.entries()) {
    const last = turns.at(-1);
    if (last === undefined || isSpoken(step)) turns.push({ steps: [step], before: steps[index - 1] ?? null });
    else last.steps.push(step);
  }
  return turns;
}

function isSpoken({ facts }: Step): boolean {
  if (facts === null) return true;
  const how = facts.follows?.how;
  if (how === 'retries' || how === 'compacts') return false;
  return facts.new_messages > 0 && facts.tool_results.length === 0;
}

function turnNodes(builder: Builder, { steps, before }: Turn, number: number): Node[] {
  const [first] = steps;
  if (first === undefined) return [];
  // What is said of the first call stands above the turn.
  const above = breakNodes(before, first);
  let previous = first;
  const children = withSections(steps, (step) => {
    const breaks = step === first ? [] : breakNodes(previous, step);
    previous = step;
    return [...breaks, callNode(builder, step)];
  });
  const sums = sumsOf(steps);
  for (const below of agentsIn(children)) addSums(sums, below.sums);
  const [child] = children;
  const only = children.length === 1 && child?.kind === 'call' && child.children.length === 0 ? child : null;
  return [...above, { kind: 'turn', key: `turn ${first.id}`, number, first, sums, children, only }];
}

function withSections(steps: readonly Step[], nodesOf: (step: Step) => Node[]): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < steps.length;) {
    const path = steps[at]?.section_path ?? null;
    let end = at + 1;
    while (end < steps.length && (steps[end]?.section_path ?? null) === path) end += 1;
    const inside = steps.slice(at, end);
    const children = inside.flatMap(nodesOf);
    if (path === null) nodes.push(...children);
    else {
      const sums = sumsOf(inside);
      for (const below of agentsIn(children)) addSums(sums, below.sums);
      nodes.push({ kind: 'section', key: `section ${inside[0]?.id}`, path, sums, children });
    }
    at = end;
  }
  return nodes;
}

function callNode(builder: Builder, step: Step): CallNode {
  const sent = builder.sentBy.get(step.id) ?? [];
  return {
    kind: 'call',
    key: step.id,
    step,
    marks: builder.marks.get(step.id) ?? [],
    children: sent.map((session) => agentNode(builder, session, true)),
  };
}

function breakNodes(before: Step | null, step: Step): BreakNode[] {
  if (before === null) return [];
  return breaksBefore(before, step).map((what) => ({ kind: 'break', key: `${what.what} ${step.id}`, what }));
}

/** What is open is followed by what is below it. Sub-agents are closed by themselves, all else is open. */
export function rowsOf(nodes: readonly Node[], isOpen: (node: Node) => boolean, depth = 0): TreeRow[] {
  const rows: TreeRow[] = [];
  const walk = (node: Node, at: number): void => {
    const below = childrenOf(node);
    const open = below.length === 0 ? null : isOpen(node);
    rows.push({ node, depth: at, isOpen: open });
    if (open === true) for (const child of below) walk(child, at + 1);
  };
  for (const node of nodes) walk(node, depth);
  return rows;
}

export function childrenOf(node: Node): readonly Node[] {
  if (node.kind === 'break') return [];
  return node.kind === 'turn' && node.only !== null ? [] : node.children;
}

/** The call that a row is; null = it is more than one. */
export function stepOf(node: Node): Step | null {
  if (node.kind === 'call') return node.step;
  return node.kind === 'turn' ? (node.only?.step ?? null) : null;
}

/** The nodes above a call, from the top: they must be open for it to be seen. */
export function pathTo(nodes: readonly Node[], call: string): Node[] | null {
  for (const node of nodes) {
    if (stepOf(node)?.id === call) return [];
    const below = pathTo(childrenOf(node), call);
    if (below !== null) return [node, ...below];
  }
  return null;
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
