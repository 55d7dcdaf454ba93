/** Where the words of a search stand in a text, and the lines around them. */
import type { Term } from './query.ts';
import { type Word, wordsOf } from './words.ts';

export interface Snippet {
  /** One line; `…` where the text goes on. Plain text: who shows it must escape it as any other. */
  readonly text: string;
  /** UTF-16 offsets in `text`, ascending: first, and the one after the last. */
  readonly marks: readonly (readonly [number, number])[];
}

interface Mark {
  start: number;
  end: number;
  term: number;
}

/** UTF-16 units. */
const LENGTH = 200;
const BEFORE = 40;
const MAX_MARKS = 200;
/** Words of a text that are looked at for marks. */
const MAX_WORDS = 200_000;

/** Which of the terms are in a text. */
export function termsIn(text: string, terms: readonly Term[]): boolean[] {
  const words = firstWords(text);
  return terms.map((term) => occurrence(words, term, 0) >= 0);
}

/** The place of a text where most of the terms stand close together; its beginning when none is in it. */
export function snippetOf(text: string, terms: readonly Term[]): Snippet {
  const marks = marksOf(text, terms);
  const first = bestOf(marks)?.start ?? 0;
  const from = cutBefore(text, first - BEFORE);
  const to = cutBehind(text, from + LENGTH);
  let shown = from > 0 ? '…' : '';
  let at = from;
  const placed: [number, number][] = [];
  for (const { start, end } of marks) {
    if (start < at || end > to) continue;
    shown = joined(shown, text.slice(at, start));
    const begin = shown.length;
    shown += oneLine(text.slice(start, end));
    placed.push([begin, shown.length]);
    at = end;
  }
  shown = joined(shown, text.slice(at, to)).trimEnd();
  return { text: to < text.length ? `${shown}…` : shown, marks: placed };
}

function marksOf(text: string, terms: readonly Term[]): Mark[] {
  const words = firstWords(text);
  const marks: Mark[] = [];
  for (const [number, term] of terms.entries()) {
    let at = occurrence(words, term, 0);
    for (let count = 0; at >= 0 && count < MAX_MARKS; count += 1) {
      const last = at + term.words.length - 1;
      marks.push({ start: words[at]?.start ?? 0, end: words[last]?.end ?? 0, term: number });
      at = occurrence(words, term, last + 1);
    }
  }
  return marks.toSorted((one, other) => one.start - other.start);
}

/** The first word of the row, or -1. */
function occurrence(words: readonly Word[], { words: wanted, prefix }: Term, from: number): number {
  const last = wanted.length - 1;
  for (let at = from; at + last < words.length; at += 1) {
    const isThere = wanted.every((word, offset) => {
      const there = words[at + offset]?.folded ?? '';
      return prefix && offset === last ? there.startsWith(word) : there === word;
    });
    if (isThere) return at;
  }
  return -1;
}

function firstWords(text: string): Word[] {
  const words: Word[] = [];
  for (const word of wordsOf(text)) {
    words.push(word);
    if (words.length === MAX_WORDS) break;
  }
  return words;
}

/** The mark from which on most different terms stand within a snippet. */
function bestOf(marks: readonly Mark[]): Mark | undefined {
  let best: Mark | undefined;
  let most = 0;
  for (const [index, mark] of marks.entries()) {
    const terms = new Set<number>();
    for (let other = index; other < marks.length; other += 1) {
      const next = marks[other];
      if (next === undefined || next.end > mark.start + LENGTH - BEFORE) break;
      terms.add(next.term);
    }
    if (terms.size > most) {
      most = terms.size;
      best = mark;
    }
  }
  return best ?? marks[0];
}

/** Where a word begins or ends, or at least a character does. */
function cutBefore(text: string, at: number): number {
  if (at <= 0) return 0;
  const blank = text.slice(at, at + BEFORE / 2).search(/\s/);
  return blank >= 0 ? at + blank + 1 : at + (isLowSurrogate(text, at) ? 1 : 0);
}

function cutBehind(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const blank = text.slice(at - BEFORE / 2, at).search(/\s\S*$/);
  return blank >= 0 ? at - BEFORE / 2 + blank : at + (isLowSurrogate(text, at) ? 1 : 0);
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}

function joined(before: string, text: string): string {
  const line = oneLine(text);
  return before === '' || before.endsWith(' ') ? before + line.trimStart() : before + line;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
