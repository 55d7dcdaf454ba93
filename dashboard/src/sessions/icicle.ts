/** What a session was spent on, as boxes below boxes: section or agent, model, call. Pure. */
import { modelOf } from '../format/call.ts';
import type { Step } from '../api/shapes.ts';
import type { Outline } from './outline.ts';
import { sectionText } from './texts.ts';

export interface Box {
  key: string;
  name: string;
  /** 0 = all of it. */
  level: number;
  /** 0 to 1. */
  x: number;
  width: number;
  value: number;
  calls: number;
  /** The call that it is; null = it is several. */
  call: string | null;
  /** Too many for a box each: there is nothing to enlarge. */
  isRest: boolean;
}

export type Weight = 'cost' | 'tokens';

export function weightOf(step: Step, by: Weight): number {
  if (by === 'cost') return step.cost_usd ?? 0;
  return (step.usage.input_tokens ?? 0) + (step.usage.output_tokens ?? 0);
}

/** Narrower boxes are put together, at the end of their row. Of the picture. */
const LEAST = 0.002;

interface Part {
  name: string;
  value: number;
  calls: number;
  call: string | null;
  parts: Map<string, Part>;
}

/** @param focus key of the box that fills the picture; null = all of it */
export function icicleOf(outline: Pick<Outline, 'sessions' | 'steps'>, by: Weight, focus: string | null): Box[] {
  const nameOf = namesOf(outline);
  const steps = outline.steps.filter((step) => weightOf(step, by) > 0);
  // A level with one name on it says nothing.
  const hasGroups = new Set(steps.map(nameOf)).size > 1;
  const root = part('all');
  for (const step of steps) {
    const value = weightOf(step, by);
    let at = grow(root, value);
    for (const name of hasGroups ? [nameOf(step), modelOf(step)] : [modelOf(step)]) at = grow(into(at, name), value);
    const call = grow(into(at, step.id), value);
    call.name = step.tools.length > 0 ? step.tools.join(', ') : 'answer';
    call.call = step.id;
  }
  if (root.value === 0) return [];
  const boxes: Box[] = [];
  let at = root;
  let key = 'all';
  // What is above the box that is enlarged is as wide as it.
  for (const path = wayTo(root, focus); ;) {
    const next = path.shift();
    if (next === undefined) break;
    boxes.push(boxOf(at, key, { level: boxes.length, x: 0, width: 1 }));
    at = next;
    key = keyOf(key, next);
  }
  place(at, key, { level: boxes.length, x: 0, width: 1 }, boxes);
  return boxes;
}

function wayTo(root: Part, focus: string | null): Part[] {
  const search = (at: Part, key: string): Part[] | null => {
    if (key === focus) return [];
    if (focus?.startsWith(`${key}/`) !== true) return null;
    for (const child of at.parts.values()) {
      const way = search(child, keyOf(key, child));
      if (way !== null) return [child, ...way];
    }
    return null;
  };
  return search(root, 'all') ?? [];
}

function keyOf(parent: string, { call, name }: Part): string {
  return `${parent}/${call ?? name}`;
}

function part(name: string): Part {
  return { name, value: 0, calls: 0, call: null, parts: new Map() };
}

function into(parent: Part, name: string): Part {
  const known = parent.parts.get(name);
  if (known !== undefined) return known;
  const made = part(name);
  parent.parts.set(name, made);
  return made;
}

function grow(at: Part, value: number): Part {
  at.value += value;
  at.calls += 1;
  return at;
}

function namesOf({ sessions, steps }: Pick<Outline, 'sessions' | 'steps'>): (step: Step) => string {
  const titles = new Map(sessions.map(({ id, title, agent }) => [id, title ?? agent ?? id]));
  const main = sessions[0]?.id ?? null;
  const isOne = new Set(steps.map(({ session }) => session)).size === 1;
  return ({ section_path: path, session }) => {
    if (path !== null && path !== '') return sectionText(path);
    if (session === null) return 'no session';
    if (isOne || session === main) return sessions.length > 1 ? 'the session itself' : 'no section';
    return titles.get(session) ?? session;
  };
}

type Where = Pick<Box, 'level' | 'x' | 'width'>;

function boxOf({ name, value, calls, call }: Part, key: string, where: Where): Box {
  return { key, name, value, calls, call, isRest: false, ...where };
}

function place(at: Part, key: string, where: Where, boxes: Box[]): void {
  boxes.push(boxOf(at, key, where));
  const level = where.level + 1;
  let { x } = where;
  let rest: Box | null = null;
  for (const child of [...at.parts.values()].toSorted((a, b) => b.value - a.value)) {
    const width = (where.width * child.value) / at.value;
    if (width >= LEAST) place(child, keyOf(key, child), { level, x, width }, boxes);
    else {
      rest ??= { key: `${key}/…`, name: '', value: 0, calls: 0, call: null, isRest: true, level, x, width: 0 };
      rest.value += child.value;
      rest.calls += child.calls;
      rest.width += width;
    }
    x += width;
  }
  if (rest !== null) boxes.push({ ...rest, name: `${rest.calls} smaller` });
}

/**
 * Where an arrow key leads: to the neighbour in the row, to the box above, or to the widest of those below.
 * @param boxes that can be reached @returns null = nowhere, or it is no arrow key
 */
export function boxBeside(boxes: readonly Box[], from: Box, arrow: string): Box | null {
  const row = boxes.filter(({ level }) => level === from.level).toSorted((a, b) => a.x - b.x);
  const place = row.indexOf(from);
  const isWithin = (inner: Box, outer: Box): boolean => inner.x >= outer.x - 1e-9 && inner.x < outer.x + outer.width;
  switch (arrow) {
    case 'ArrowLeft':
      return row[place - 1] ?? null;
    case 'ArrowRight':
      return row[place + 1] ?? null;
    case 'ArrowUp':
      return boxes.find((box) => box.level === from.level - 1 && isWithin(from, box)) ?? null;
    case 'ArrowDown':
      return boxes.find((box) => box.level === from.level + 1 && isWithin(box, from)) ?? null;
    default:
      return null;
  }
}
