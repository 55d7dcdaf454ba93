/** Where one term of a search stands: asked of the index part by part, and of what was read beside it. */
import type { Family } from './documents.ts';
import type { Freshness } from './freshness.ts';
import { type Part, partOf, rangeOf, type SearchIndex } from './index-file.ts';
import type { Term } from './query.ts';
import { matchExpression } from './query.ts';

interface Window {
  first: number;
  last: number;
  size: number;
  ids: ReadonlySet<number>;
  /** Questions outside of it since it was moved. */
  misses: number;
}

const MIN_WINDOW = 64;
const MAX_WINDOW = 8192;
const MAX_MISSES = 8;
/** Numbers further apart than this are asked for apart. */
const MAX_SPREAD = 4096;
/** A sample may mislead by so much. */
const CERTAINLY = 3;

export class TermMatches {
  readonly #index: SearchIndex | null;
  readonly #stale: Freshness['stale'];
  readonly #isPrefix: boolean;
  readonly #expression: string;
  readonly #parts = new Map<string, Uint8Array>();
  readonly #windows = new Map<Family, Window>();
  /** Numbers behind the cursor of the index. */
  readonly #read: Readonly<Record<Family, Set<number>>> = { blocks: new Set(), calls: new Set() };

  constructor(index: SearchIndex | null, { stale }: Freshness, term: Term) {
    this.#index = index;
    this.#stale = stale;
    this.#isPrefix = term.prefix;
    this.#expression = matchExpression(term);
  }

  /** A text that the index does not hold yet has the term. */
  note(family: Family, id: number): void {
    this.#read[family].add(id);
  }

  /** Those of the numbers that have the term. @param ids ascending */
  among(family: Family, ids: readonly number[]): number[] {
    const found: number[] = [];
    for (let at = 0; at < ids.length;) {
      const first = ids[at] ?? 0;
      const { last } = rangeOf(partOf(family, first));
      let end = at + 1;
      while (end < ids.length && (ids[end] ?? 0) <= Math.min(last, first + MAX_SPREAD)) end += 1;
      this.#amongNear(family, ids.slice(at, end), found);
      at = end;
    }
    return found;
  }

  /** All numbers that have the term; null = more than `limit`, or no time left. */
  all(family: Family, limit: number, isLate: () => boolean): number[] | null {
    const found = [...this.#read[family]];
    const parts = this.#index?.parts(family) ?? [];
    if (this.#isCommon(parts[0], limit)) return null;
    for (const part of parts) {
      for (const id of this.#isPrefix ? idsIn(part, this.#bits(part)) : this.#inPart(part)) {
        if (!this.#stale[family].has(id)) found.push(id);
      }
      if (found.length > limit || isLate()) return null;
    }
    return found;
  }

  /** Judged by the newest texts: a word of every call is not to be counted in all of them. */
  #isCommon(newest: Part | undefined, limit: number): boolean {
    if (newest === undefined) return false;
    const { first, last: end } = rangeOf(newest);
    const last = Math.min(end, this.#index?.cursor(newest.family) ?? 0);
    // Of a beginning, a few texts take as long as the whole part, which is asked for again.
    const from = this.#isPrefix ? first : last - MAX_SPREAD + 1;
    const sample = this.#isPrefix
      ? idsIn(newest, this.#bits(newest)).length
      : (this.#index?.matches(newest, this.#expression, from, last).length ?? 0);
    return (sample * last) / Math.max(last - from + 1, MAX_SPREAD) > CERTAINLY * limit;
  }

  #inPart(part: Part): number[] {
    const { first, last } = rangeOf(part);
    return this.#index?.matches(part, this.#expression, first, last) ?? [];
  }

  /** @param ids of one part, close together */
  #amongNear(family: Family, ids: readonly number[], found: number[]): void {
    const first = ids[0] ?? 0;
    const last = ids.at(-1) ?? first;
    const part = partOf(family, first);
    const bits = this.#isPrefix ? this.#bits(part) : null;
    const near = bits === null ? this.#near(part, first, last) : null;
    for (const id of ids) {
      const offset = id - rangeOf(part).first;
      const isIndexed = bits === null ? near?.has(id) === true : ((bits[offset >> 3] ?? 0) & (1 << (offset & 7))) !== 0;
      if ((isIndexed && !this.#stale[family].has(id)) || this.#read[family].has(id)) found.push(id);
    }
  }

  /** Who asks downwards, a few numbers at a time, is given more and more of what comes next. */
  #near(part: Part, first: number, last: number): ReadonlySet<number> {
    const window = this.#windows.get(part.family);
    if (window !== undefined && first >= window.first && last <= window.last) return window.ids;
    const isNext = window !== undefined && last < window.first && window.first - last < MAX_SPREAD;
    // One old number among new ones does not move the window.
    if (window !== undefined && !isNext && window.misses < MAX_MISSES) {
      window.misses += 1;
      return this.#between(part, first, last);
    }
    const size = isNext ? Math.min(window.size * 4, MAX_WINDOW) : MIN_WINDOW;
    const from = Math.max(Math.min(first, last - size), rangeOf(part).first);
    const ids = this.#between(part, from, last);
    this.#windows.set(part.family, { first: from, last, size, ids, misses: 0 });
    return ids;
  }

  #between(part: Part, first: number, last: number): ReadonlySet<number> {
    return new Set(this.#index?.matches(part, this.#expression, first, last));
  }

  /** All words that begin so are gathered for each question, however few numbers it is about: one is enough. */
  #bits(part: Part): Uint8Array {
    const key = `${part.family}${part.number}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const { first, last } = rangeOf(part);
    const bits = new Uint8Array((last - first + 1) / 8);
    for (const id of this.#inPart(part)) {
      const offset = id - first;
      bits[offset >> 3] = (bits[offset >> 3] ?? 0) | (1 << (offset & 7));
    }
    this.#parts.set(key, bits);
    return bits;
  }
}

function idsIn(part: Part, bits: Uint8Array): number[] {
  const { first } = rangeOf(part);
  const ids: number[] = [];
  for (const [at, byte] of bits.entries()) {
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) ids.push(first + at * 8 + bit);
  }
  return ids;
}
