import { LRUCache } from 'lru-cache';
import { parseJson } from './parse-json.ts';

/**
 * The JSON texts of a stream are nearly always the same with other words in it. This parser learns that shape and reads the
 * next texts by comparing them with it: JSON.parse is half the cost of a stream (`npm run bench:pure`).
 *
 * What it gives is equal to JSON.parse(text), but is only lent: the next call may change its strings, and whole numbers at
 * its top.
 */
export class RepeatedJson {
  #shape: Shape | null = null;
  #misses = 0;
  #texts = 0;
  #attempts = 0;
  #last = '';

  /** The value of a text, or undefined when it is no JSON. */
  parse(text: string): unknown {
    const known = this.#shape?.read(text);
    if (known !== undefined) {
      this.#misses = 0;
      return known;
    }
    this.#misses += 1;
    if (this.#misses >= PATIENCE) this.#shape = null;
    if (this.#shape === null) this.#learn(text);
    return parseJson(text);
  }

  /** Not from the first ones: a short answer would pay for it and gain nothing. */
  #learn(text: string): void {
    this.#texts += 1;
    if (this.#texts < FIRST - 1 || this.#attempts >= MAX_ATTEMPTS) return;
    // Two of a kind behind each other are likely to be followed by a third.
    const isRepeated = this.#last.length > 0 && text.startsWith(this.#last);
    this.#last = text.slice(0, ALIKE);
    if (!isRepeated) return;
    this.#attempts += 1;
    this.#shape = Shape.of(text);
    this.#misses = 0;
  }
}

/** Texts that miss the shape before another is learnt: other kinds of events come in between. */
const PATIENCE = 4;
const FIRST = 8;
/** A stream whose texts never repeat must not pay for learning for ever. */
const MAX_ATTEMPTS = 4;
const ALIKE = 32;
const LONGEST = 1024;
const MAX_HOLES = 24;
/** A string that needs no unescaping. */
const WORDS = String.raw`"([^"\\\u0000-\u001f]*)"`;
const WHOLE = String.raw`(0|-?[1-9]\d{0,14})`;

/** Streams of one API share their shapes: only words and top-level numbers set them apart. */
const expressions = new LRUCache<string, RegExp>({ max: 64 });

interface Hole {
  parent: Record<string, unknown>;
  key: string;
  isNumber: boolean;
}

/** One parsed text, the places in it that change, and an expression of all that does not. */
class Shape {
  readonly #value: unknown;
  readonly #holes: readonly Hole[];
  readonly #expression: RegExp;

  private constructor(value: unknown, holes: readonly Hole[], expression: RegExp) {
    this.#value = value;
    this.#holes = holes;
    this.#expression = expression;
  }

  /** Null for texts that JSON.stringify would write otherwise (blanks, escapes, doubled keys), or that are long. */
  static of(text: string): Shape | null {
    const value = text.length <= LONGEST ? parseJson(text) : undefined;
    if (!isTree(value) || JSON.stringify(value) !== text) return null;
    const holes: Hole[] = [];
    const source = sourceOf(value, holes, 0);
    if (holes.length === 0 || holes.length > MAX_HOLES) return null;
    const expression = expressions.get(source) ?? new RegExp(`^${source}$`);
    expressions.set(source, expression);
    return new Shape(value, holes, expression);
  }

  /** The value of a text of this shape, or undefined. */
  read(text: string): unknown {
    const match = this.#expression.exec(text);
    if (match === null) return undefined;
    let group = 1;
    for (const { parent, key, isNumber } of this.#holes) {
      const found = match[group] ?? '';
      parent[key] = isNumber ? Number(found) : found;
      group += 1;
    }
    return this.#value;
  }
}

/** The expression of a value as JSON.stringify writes it. */
function sourceOf(value: Record<string, unknown>, holes: Hole[], depth: number): string {
  const isList = Array.isArray(value);
  const parts = Object.keys(value).map((key) => {
    const part = partOf(value, key, holes, depth);
    return isList ? part : `${literal(key)}:${part}`;
  });
  return isList ? String.raw`\[${parts.join(',')}\]` : String.raw`\{${parts.join(',')}\}`;
}

function partOf(parent: Record<string, unknown>, key: string, holes: Hole[], depth: number): string {
  const value = parent[key];
  if (isTree(value)) return sourceOf(value, holes, depth + 1);
  // Numbers only at the top (sequence numbers): counts further in may be held by who was lent them.
  const isNumber = depth === 0 && Number.isSafeInteger(value);
  if (!isNumber && typeof value !== 'string') return literal(value);
  holes.push({ parent, key, isNumber });
  return isNumber ? WHOLE : WORDS;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function literal(value: unknown): string {
  return (JSON.stringify(value) ?? '').replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
