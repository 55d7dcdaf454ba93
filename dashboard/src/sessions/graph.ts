/** Who did what for whom: agents, sections of the user's code and tools, from the calls and what they follow. Pure. */
import type { SessionSummary, Step } from '../api/shapes.ts';
import type { Outline } from './outline.ts';
import { addStep, addSums, emptySums, type Sums } from './sums.ts';

export interface GraphNode {
  kind: 'agent' | 'section' | 'tool';
  key: string;
  name: string;
  depth: number;
  /** How often it was sent, entered or called. */
  times: number;
  /** Calls that failed in it; of a tool, results that say so. */
  failed: number;
  /** Its own calls; null = a tool, which makes none. */
  own: Sums | null;
  /** With all below it. */
  all: Sums | null;
  /** Where to look: the first call of it. */
  first: string | null;
}

interface Draft extends Omit<GraphNode, 'depth'> {
  children: Map<string, Draft>;
}

export function graphOf({ sessions, steps }: Pick<Outline, 'sessions' | 'steps'>): GraphNode[] {
  const top = draft('agent', '', '');
  const agents = new Agents(sessions, steps, top);
  const askers = new Map<string, Draft>();
  for (const step of steps) {
    const agent = agents.of(step);
    const at = sectionIn(agent, step);
    at.first ??= step.id;
    if (at.own !== null) addStep(at.own, step);
    askers.set(step.id, at);
    for (const name of step.tools) tool(at, name, step.id).times += 1;
    addErrors(step, askers);
  }
  const nodes: GraphNode[] = [];
  for (const child of top.children.values()) flatten(child, 0, nodes);
  return nodes;
}

/** An error is that of the tool where it was called. */
function addErrors({ id, facts }: Step, askers: ReadonlyMap<string, Draft>): void {
  for (const { name, call, is_error: isError } of facts?.tool_results ?? []) {
    const asker = call === null ? undefined : askers.get(call);
    if (isError === true && name !== null && asker !== undefined) tool(asker, name, id).failed += 1;
  }
}

function draft(kind: GraphNode['kind'], key: string, name: string): Draft {
  const own = kind === 'tool' ? null : emptySums();
  return { kind, key, name, times: 0, failed: 0, own, all: null, first: null, children: new Map() };
}

function childOf(parent: Draft, kind: GraphNode['kind'], name: string, id = name): Draft {
  const key = `${parent.key}/${kind} ${id}`;
  const known = parent.children.get(key);
  if (known !== undefined) return known;
  const child = draft(kind, key, name);
  parent.children.set(key, child);
  return child;
}

/** Each session in its place: below the one that sent it; siblings of one name are one. */
class Agents {
  readonly #sessions: ReadonlyMap<string, SessionSummary>;
  readonly #firstOf = new Map<string, Step>();
  readonly #stepOf: ReadonlyMap<string, Step>;
  readonly #found = new Map<string, Draft>();
  readonly #top: Draft;

  constructor(sessions: readonly SessionSummary[], steps: readonly Step[], top: Draft) {
    this.#sessions = new Map(sessions.map((session) => [session.id, session]));
    this.#stepOf = new Map(steps.map((step) => [step.id, step]));
    for (const step of steps)
      if (step.session !== null && !this.#firstOf.has(step.session)) this.#firstOf.set(step.session, step);
    this.#top = top;
  }

  of({ session, agent }: Step): Draft {
    if (session === null) return childOf(this.#top, 'agent', agent ?? 'calls of no session', agent ?? '');
    return this.#place(session, new Set());
  }

  #place(id: string, above: ReadonlySet<string>): Draft {
    const known = this.#found.get(id);
    if (known !== undefined) return known;
    const session = this.#sessions.get(id);
    const parent = session?.parent_session_id ?? null;
    const isBelow = parent !== null && parent !== id && this.#sessions.has(parent) && !above.has(parent);
    const over = isBelow ? this.#sender(id, parent, above) : this.#top;
    const node = childOf(over, 'agent', nameOf(session, id), isBelow ? (session?.agent ?? id) : id);
    node.times += 1;
    this.#found.set(id, node);
    return node;
  }

  /** In the section that its first call says it was sent from. */
  #sender(id: string, parent: string, above: ReadonlySet<string>): Draft {
    const place = this.#place(parent, new Set([...above, id]));
    const call = this.#firstOf.get(id)?.facts?.follows?.call;
    const step = call === undefined ? undefined : this.#stepOf.get(call);
    return step === undefined || step.session !== parent ? place : sectionIn(place, step);
  }
}

function nameOf(session: SessionSummary | undefined, id: string): string {
  return session?.title ?? session?.agent ?? session?.client_session_id ?? id;
}

function sectionIn(agent: Draft, { section_path: path }: Step): Draft {
  let at = agent;
  for (const part of (path ?? '').split('/')) {
    if (part === '') continue;
    at = childOf(at, 'section', part);
    if (at.times === 0) at.times = 1;
  }
  return at;
}

function tool(at: Draft, name: string, call: string): Draft {
  const node = childOf(at, 'tool', name);
  node.first ??= call;
  return node;
}

function flatten(node: Draft, depth: number, into: GraphNode[]): Sums {
  const { children, own, ...rest } = node;
  const all = emptySums();
  if (own !== null) addSums(all, own);
  // `NaN` = there is none: the first bound is taken as it is.
  if (own !== null) [all.start, all.end] = [own.start, own.end];
  const place = into.length;
  into.push({ ...rest, own, all: null, depth });
  for (const child of order([...children.values()])) addSums(all, flatten(child, depth + 1, into));
  const failed = own === null ? node.failed : own.failed;
  into[place] = { ...rest, own, all: own === null ? null : all, failed, depth };
  return all;
}

const ORDER = { section: 0, agent: 1, tool: 2 } as const;

function order(children: Draft[]): Draft[] {
  return children.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind] || (a.kind === 'tool' ? b.times - a.times : 0));
}
