/** Where one term of a search stands: asked of the index part by part, and of what was read beside it. */
import type { Family } from './documents.ts';
import type { Freshness } from './freshness.ts';
import { type Part, partOf, rangeOf, type SearchIndex } from './index-file.ts';
import type { Term } from './query.ts';
import { matchExpression } from './query.ts';

/** So many questions about single numbers of a part cost as much as all of its numbers. */
const MAX_QUESTIONS = 24;
/** Numbers further apart than this are asked for apart. */
const MAX_SPREAD = 4096;

export class TermMatches {
  readonly #index: SearchIndex | null;
  readonly #stale: Freshness['stale'];
  readonly #isPrefix: boolean;
  readonly #expression: string;
  readonly #parts = new Map<string, { questions: number; bits: Uint8Array | null }>();
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
    for (const part of this.#index?.parts(family) ?? []) {
      const { first, last } = rangeOf(part);
      for (const id of this.#index?.matches(part, this.#expression, first, last) ?? []) {
        if (!this.#stale[family].has(id)) found.push(id);
      }
      if (found.length > limit || isLate()) return null;
    }
    return found;
  }

  /** @param ids of one part, close together */
  #amongNear(family: Family, ids: readonly number[], found: number[]): void {
    const [first = 0] = ids;
    const part = partOf(family, first);
    const bits = this.#bitsWhenWorthIt(part);
    const near =
      bits === null ? new Set(this.#index?.matches(part, this.#expression, first, ids.at(-1) ?? first)) : null;
    for (const id of ids) {
      const offset = id - rangeOf(part).first;
      const isIndexed = bits === null ? near?.has(id) === true : ((bits[offset >> 3] ?? 0) & (1 << (offset & 7))) !== 0;
      if ((isIndexed && !this.#stale[family].has(id)) || this.#read[family].has(id)) found.push(id);
    }
  }

  #bitsWhenWorthIt(part: Part): Uint8Array | null {
    const key = `${part.family}${part.number}`;
    const known = this.#parts.get(key) ?? { questions: 0, bits: null };
    this.#parts.set(key, known);
    known.questions += 1;
    // All words that begin so are gathered for each question, however few numbers it is about.
    if (known.bits === null && (this.#isPrefix || known.questions > MAX_QUESTIONS)) known.bits = this.#bits(part);
    return known.bits;
  }

  #bits(part: Part): Uint8Array {
    const { first, last } = rangeOf(part);
    const bits = new Uint8Array((last - first + 1) / 8);
    for (const id of this.#index?.matches(part, this.#expression, first, last) ?? []) {
      const offset = id - first;
      bits[offset >> 3] = (bits[offset >> 3] ?? 0) | (1 << (offset & 7));
    }
    return bits;
  }
}
