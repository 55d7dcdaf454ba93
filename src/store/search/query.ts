/** The language of searches (docs/search.md). Any text is a query: what is no filter is looked for as it stands. */
import { conditionOf, type Condition, isFilterName } from './filters.ts';
import { foldedWords, spread } from './words.ts';

export interface Term {
  /** As it was typed, quotes removed. */
  readonly text: string;
  /** Its words in a row. Never empty. */
  readonly words: readonly string[];
  /** The last of them may go on. */
  readonly prefix: boolean;
}

export interface Query {
  /** What a call brings (its new messages, its answer, its own facts) must have them all … */
  readonly terms: readonly Term[];
  /** … and none of these. */
  readonly without: readonly Term[];
  readonly conditions: readonly Condition[];
  /** Parts that nothing can be found by: no letter or digit is in them, or they are too many. */
  readonly ignored: readonly string[];
}

interface Part {
  negated: boolean;
  quoted: boolean;
  text: string;
  /** Set when it reads `name:value`. */
  name: string | null;
  value: string;
}

const MAX_CHARACTERS = 4000;
const MAX_PARTS = 64;
/** Shorter beginnings are of too many words to be of use. */
const MIN_PREFIX = 2;
/** Ends a string, or the text, for FTS5. */
const UNQUOTABLE = /["\u0000]/g;

/** `-`, then a quoted phrase, or a word that may hold a quoted value behind a colon. */
const PART = /(-?)(?:"([^"]*)(?:"|$)|([^\s"]+)(?:(?<=:[<>=]{0,2})"([^"]*)(?:"|$))?)/gu;

/** @param now of the clock, for `since:24h`; Unix ms. Never throws. */
export function parseQuery(text: string, now: number): Query {
  const terms: Term[] = [];
  const without: Term[] = [];
  const conditions: Condition[] = [];
  const ignored: string[] = text.length > MAX_CHARACTERS ? [`${text.slice(MAX_CHARACTERS, MAX_CHARACTERS + 20)}…`] : [];
  const parts = partsOf(text.slice(0, MAX_CHARACTERS));
  const kept = parts.slice(0, MAX_PARTS);
  ignored.push(...parts.slice(MAX_PARTS).map((part) => part.text));
  const open = isOpenEnded(text) ? kept.at(-1) : undefined;
  for (const part of kept) {
    const condition = part.name === null ? null : conditionOf(part.name, part.value, part.negated, now);
    if (condition !== null) {
      conditions.push(condition);
      continue;
    }
    const term = termOf(part, part === open);
    if (term === null) ignored.push(part.text);
    else (part.negated ? without : terms).push(term);
  }
  return { terms, without, conditions, ignored };
}

function termOf({ text, quoted, negated }: Part, isOpen: boolean): Term | null {
  const words = foldedWords(text);
  const last = words.at(-1);
  if (last === undefined) return null;
  return { text, words, prefix: isOpen && !quoted && !negated && last.length >= MIN_PREFIX };
}

/** A word that is still being typed; a space behind it ends it. */
function isOpenEnded(text: string): boolean {
  return text !== '' && !/\s$/.test(text);
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  for (const [whole, minus = '', phrase, word = '', quotedValue] of text.matchAll(PART)) {
    const negated = minus === '-';
    if (phrase !== undefined) {
      if (phrase !== '') parts.push({ negated, quoted: true, text: phrase, name: null, value: '' });
      continue;
    }
    const colon = word.indexOf(':');
    const name = colon > 0 ? word.slice(0, colon).toLowerCase() : null;
    const value = colon > 0 ? word.slice(colon + 1) + (quotedValue ?? '') : '';
    const isFilter = name !== null && isFilterName(name) && value !== '';
    parts.push({
      negated,
      quoted: quotedValue !== undefined,
      text: whole.slice(minus.length).replaceAll('"', ' ').trim(),
      name: isFilter ? name : null,
      value,
    });
  }
  return parts;
}

/** For FTS5's MATCH: a string, in which nothing is syntax. SQLite's own tokenizer makes the row of words of it. */
export function matchExpression({ text, prefix }: Term): string {
  return `"${spread(text).replaceAll(UNQUOTABLE, ' ')}"${prefix ? ' *' : ''}`;
}
