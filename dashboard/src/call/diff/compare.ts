/** What one request says otherwise than another. Pure. */
import { diffArrays } from 'diff/lib/diff/array.js';
import type { Conversation, ViewMessage, ViewTool } from '../../api/shapes.ts';
import type { Head } from '../head.ts';
import { signatureOf, wordsOf } from './words.ts';

export type Entry =
  /** Nothing differs here. */
  | { kind: 'same'; what: string; count: number }
  | { kind: 'removed' | 'added'; what: string; text: string }
  | { kind: 'changed'; what: string; before: string; after: string };

export interface Difference {
  title: 'Model and parameters' | 'System prompt' | 'Tools' | 'Messages' | 'Answer' | 'Request headers';
  entries: Entry[];
}

/** In the order in which providers read a request: the first difference ends what their cache can give. */
export function differencesOf(before: Conversation, after: Conversation): Difference[] {
  return [
    { title: 'Tools', entries: toolEntries(before.tools, after.tools) },
    { title: 'System prompt', entries: textEntries('system prompt', systemOf(before), systemOf(after)) },
    { title: 'Messages', entries: messageEntries(saidIn(before), saidIn(after)) },
    { title: 'Model and parameters', entries: settingEntries(before.settings, after.settings) },
    { title: 'Answer', entries: textEntries('answer', answerOf(before), answerOf(after)) },
  ];
}

export function isSame({ entries }: Difference): boolean {
  return entries.every(({ kind }) => kind === 'same');
}

/** Index of the entry behind which no cache can be read any more; null = what stood there before stands there still. */
export function firstBreak({ title, entries }: Difference): number | null {
  const first = entries.findIndex(({ kind }) => kind !== 'same');
  if (first === -1 || !CACHED.includes(title)) return null;
  // What comes behind all that was there is what conversations are made of.
  const isLonger = title === 'Messages' && entries.slice(first).every(({ kind }) => kind === 'added');
  return isLonger ? null : first;
}

/** What a provider's cache is made of, in its order. */
const CACHED: readonly Difference['title'][] = ['Tools', 'System prompt', 'Messages'];

export function verdict(differences: readonly Difference[]): string {
  const changed = differences.filter((difference) => firstBreak(difference) !== null);
  if (changed.length > 0) return `Not as it was: ${changed.map(({ title }) => title.toLowerCase()).join(', ')}.`;
  const sent = differences.filter(({ title }) => CACHED.includes(title));
  if (sent.every(isSame)) return 'Tools, system prompt and messages are the same.';
  return 'All that was sent before stands unchanged at the beginning; something was added.';
}

function answerOf({ answer }: Conversation): string {
  return answer === null ? '' : wordsOf(answer);
}

function isSystem({ role }: ViewMessage): boolean {
  return role === 'system' || role === 'developer';
}

function systemOf({ messages }: Conversation): string {
  return messages.filter(isSystem).map(wordsOf).join('\n\n');
}

function saidIn({ messages }: Conversation): ViewMessage[] {
  return messages.filter((message) => !isSystem(message));
}

function textEntries(what: string, before: string, after: string): Entry[] {
  if (before === after) return before === '' ? [] : [{ kind: 'same', what, count: 1 }];
  if (before === '') return [{ kind: 'added', what, text: after }];
  return after === '' ? [{ kind: 'removed', what, text: before }] : [{ kind: 'changed', what, before, after }];
}

/** Lists longer than this are only matched at both ends. */
const MOST_ALIGNED = 3000;

/** Matched from the beginning, then from the end, then what is between them. */
export function messageEntries(before: readonly ViewMessage[], after: readonly ViewMessage[]): Entry[] {
  const [a, b] = [before.map(signatureOf), after.map(signatureOf)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const entries: Entry[] = [];
  addSame(entries, start);
  const [removed, added] = [before.slice(start, a.length - end), after.slice(start, b.length - end)];
  for (const run of aligned(a.slice(start, a.length - end), b.slice(start, b.length - end))) {
    if (run.same) addSame(entries, run.a.length);
    else
      entries.push(
        ...paired(
          run.a.map((index) => ({ at: start + index, message: removed[index] as ViewMessage })),
          run.b.map((index) => ({ at: start + index, message: added[index] as ViewMessage })),
        ),
      );
  }
  addSame(entries, end);
  return entries;
}

function addSame(entries: Entry[], count: number): void {
  if (count === 0) return;
  entries.push({ kind: 'same', what: count === 1 ? 'message' : 'messages', count });
}

interface Run {
  same: boolean;
  /** Indices. */
  a: number[];
  b: number[];
}

function aligned(a: readonly string[], b: readonly string[]): Run[] {
  if (a.length === 0 && b.length === 0) return [];
  if (a.length === 0 || b.length === 0 || a.length + b.length > MOST_ALIGNED)
    return [{ same: false, a: [...a.keys()], b: [...b.keys()] }];
  const runs: Run[] = [];
  const next = { a: 0, b: 0 };
  for (const { count, added, removed } of diffArrays([...a], [...b])) {
    const run = runFor(runs, !added && !removed);
    if (!added) run.a.push(...places(next, 'a', count));
    if (!removed) run.b.push(...places(next, 'b', count));
  }
  return runs;
}

/** What was taken out and what came in its place are one run. */
function runFor(runs: Run[], same: boolean): Run {
  const last = runs.at(-1);
  if (last !== undefined && !last.same && !same) return last;
  const run = { same, a: [], b: [] };
  runs.push(run);
  return run;
}

function places(next: { a: number; b: number }, side: 'a' | 'b', count: number): number[] {
  const from = next[side];
  next[side] += count;
  return Array.from({ length: count }, (_, step) => from + step);
}

interface Placed {
  at: number;
  message: ViewMessage;
}

/** What stood in the same place with the same role is the same message, changed. */
function paired(removed: readonly Placed[], added: readonly Placed[]): Entry[] {
  const entries: Entry[] = [];
  const both = Math.max(removed.length, added.length);
  for (let index = 0; index < both; index += 1) {
    const [old, now] = [removed[index], added[index]];
    if (old !== undefined && now !== undefined && old.message.role === now.message.role) {
      entries.push({
        kind: 'changed',
        what: labelOf(now),
        before: wordsOf(old.message),
        after: wordsOf(now.message),
      });
      continue;
    }
    if (old !== undefined) entries.push({ kind: 'removed', what: labelOf(old), text: wordsOf(old.message) });
    if (now !== undefined) entries.push({ kind: 'added', what: labelOf(now), text: wordsOf(now.message) });
  }
  return entries;
}

/** By its place in the request's own list, as everywhere. */
function labelOf({ at, message: { role, place } }: Placed): string {
  return `${role}, message ${(place ?? at) + 1}`;
}

/** By name; tools in another order say something else to a cache. */
export function toolEntries(before: readonly ViewTool[], after: readonly ViewTool[]): Entry[] {
  const [old, now] = [byName(before), byName(after)];
  const entries: Entry[] = [];
  let same = 0;
  for (const [name, text] of old) {
    const other = now.get(name);
    if (other === undefined) entries.push({ kind: 'removed', what: `tool ${name}`, text });
    else if (other === text) same += 1;
    else entries.push({ kind: 'changed', what: `tool ${name}`, before: text, after: other });
  }
  for (const [name, text] of now) if (!old.has(name)) entries.push({ kind: 'added', what: `tool ${name}`, text });
  if (entries.length === 0 && namesOf(old) !== namesOf(now)) {
    entries.push({ kind: 'changed', what: 'order of the tools', before: namesOf(old), after: namesOf(now) });
  }
  if (same > 0) entries.unshift({ kind: 'same', what: same === 1 ? 'tool' : 'tools', count: same });
  return entries;
}

function namesOf(tools: ReadonlyMap<string, string>): string {
  return [...tools.keys()].join('\n');
}

function byName(tools: readonly ViewTool[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name, description, parameters } of tools) {
    // A name twice is an oddity that must not hide one of them.
    const key = texts.has(name) ? `${name} (again)` : name;
    texts.set(key, `${description ?? ''}\n${JSON.stringify(parameters, null, 2)}`.trim());
  }
  return texts;
}

function settingEntries(before: Record<string, unknown>, after: Record<string, unknown>): Entry[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return memberEntries(
    names.map((name) => [name, textOf(before[name]), textOf(after[name])]),
    'parameters',
  );
}

function textOf(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** By name, case apart; a name may stand there several times. */
export function headerEntries(before: Head['headers'], after: Head['headers']): Entry[] {
  const [old, now] = [grouped(before), grouped(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return memberEntries(
    names.map((name) => [name, old.get(name) ?? null, now.get(name) ?? null]),
    'headers',
  );
}

function grouped(headers: Head['headers']): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    const known = texts.get(key);
    texts.set(key, known === undefined ? value : `${known}\n${value}`);
  }
  return texts;
}

function memberEntries(
  members: readonly (readonly [name: string, before: string | null, after: string | null])[],
  what: string,
): Entry[] {
  const entries = members.flatMap(([name, before, after]): Entry[] => {
    if (before === after) return [];
    if (before === null) return [{ kind: 'added', what: name, text: after ?? '' }];
    return after === null
      ? [{ kind: 'removed', what: name, text: before }]
      : [{ kind: 'changed', what: name, before, after }];
  });
  const same = members.length - entries.length;
  return same === 0
    ? entries
    : [{ kind: 'same', what: same === 1 ? what.slice(0, -1) : what, count: same }, ...entries];
}
