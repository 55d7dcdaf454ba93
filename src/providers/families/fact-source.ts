import { globOf, type Glob } from '../../core/globs.ts';

/**
 * Where a fact of an exchange is, as text, so that providers are data; `usage/facts.ts` evaluates it.
 *
 * A place and, for bodies, a path in it:
 *   `req.body:$.text`        JSON; the fields of a form or a multipart body; the lines of JSON lines; `$` of plain text
 *   `req.multipart:model`    the same as `req.body:$.model`
 *   `res.body:$.usage.cost`  the answer, or the last message of a stream that has it
 *   `res.sse[type=done]:$.n` only messages of a stream with that member, or that event name
 *   `req.query:model`  `req.path:voice`  `req.header:x-a`  `res.header:x-b`  `res.status`
 *   `req.bytes`  `res.bytes` (decoded bodies)   `req.audio_seconds` (of an uploaded file, where its head tells)
 * A path: `$.a.b`, `[*]` all elements of a list, `[0]` one of them, `.*` all members. Several numbers are added up.
 * At its end: `#len` of a list, `#codepoints` of a text, `#ssml` and `#azure` characters of a text that are billed
 * without markup, `#voice` that SSML names, `#seconds` of `5s`, `PT1M2S` or `00:01:02`, `#items` separated by commas.
 * Around it: `max(...)` and `sum(...)` over a list or all messages of a stream, `abs(...)`, `ceil(...)`, `round(...)`; ` + `, ` * `,
 * ` / ` (and `/1000` without blanks) with facts, numbers and parentheses; `const:TEXT`.
 * After it: ` if FACT=a|b and !FACT ...`: a rule whose conditions do not hold gives nothing; `*` stands for any
 * characters, letter case counts for nothing, a bare FACT asks whether something is there (not false, 0, empty).
 */
export type Place =
  | 'req.body'
  | 'req.query'
  | 'req.path'
  | 'req.header'
  | 'req.bytes'
  | 'req.audio_seconds'
  | 'res.body'
  | 'res.header'
  | 'res.status'
  | 'res.bytes';

export type Measure = 'len' | 'codepoints' | 'ssml' | 'azure' | 'voice' | 'seconds' | 'items';

export type Step = { member: string } | { element: number } | 'elements' | 'members';

export interface Fact {
  place: Place;
  /** Of a header (lower case), a query member or a path group. */
  name: string;
  path: readonly Step[];
  measure: Measure | null;
  /** Messages of a stream that count; null = all. */
  where: { key: string; value: string } | null;
  /** Which of several values is meant: those of the last message that has any, added up; the largest; all added up. */
  of: 'last' | 'max' | 'sum';
}

export type Value =
  | { kind: 'constant'; text: string }
  | { kind: 'fact'; fact: Fact }
  | { kind: 'round'; with: 'ceil' | 'round' | 'abs'; value: Value }
  | { kind: 'arithmetic'; operator: '+' | '*' | '/'; left: Value; right: Value };

export interface Condition {
  fact: Fact;
  negated: boolean;
  /** What the text is like; null = it is there. */
  like: Glob | null;
}

export interface FactRule {
  /** As it was written. */
  text: string;
  value: Value;
  conditions: readonly Condition[];
}

const PLACES = new Set<string>([
  'req.body',
  'req.query',
  'req.path',
  'req.header',
  'req.bytes',
  'req.audio_seconds',
  'res.body',
  'res.header',
  'res.status',
  'res.bytes',
] satisfies Place[]);
const NAMELESS = new Set<Place>(['req.bytes', 'req.audio_seconds', 'res.status', 'res.bytes']);
const MEASURES = new Set<string>([
  'len',
  'codepoints',
  'ssml',
  'azure',
  'voice',
  'seconds',
  'items',
] satisfies Measure[]);

/** Throws a RangeError on an expression that is not one. */
export function compileFact(text: string): FactRule {
  const [source, when] = split(text, ' if ');
  const reader = new ExpressionReader(source.trim(), text);
  const value = reader.sum();
  reader.end();
  return { text, value, conditions: when === undefined ? [] : compileConditions(when) };
}

/** `FACT=a|b and !FACT ...`. Throws a RangeError. */
export function compileConditions(text: string): Condition[] {
  return text.split(' and ').map((each) => {
    const trimmed = each.trim();
    const negated = trimmed.startsWith('!');
    const [, source = '', values] = CONDITION.exec(negated ? trimmed.slice(1) : trimmed) ?? [];
    const reader = new ExpressionReader(source.trim(), text);
    const fact = reader.fact();
    reader.end();
    return { fact, negated, like: values === undefined ? null : globOf(values.trim()) };
  });
}

/** An `=` inside the brackets of a place is no comparison. */
const CONDITION = /^((?:[^=[\]]|\[[^\]]*\])+?)\s*(?:=\s*(.*))?$/;

function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

const FUNCTION = /(ceil|round|abs|max|sum)\(/y;
const ROUNDINGS: Readonly<Record<string, 'ceil' | 'round' | 'abs'>> = { ceil: 'ceil', round: 'round', abs: 'abs' };
const NUMBER = /\d+(?:\.\d+)?/y;
const CONSTANT = /const:([^\s()]+)/y;
const OPERATOR = /\s+([+*/])\s+|(\/)(?=\d)/y;
const FIELD = /req\.multipart:([\w.-]+)/y;
const MESSAGE = /res\.sse\[([\w.-]+)=([\w. -]+)\]/y;
const PLACE = /re[qs]\.[a-z_]+/y;
const NAME = /:([\w.-]+)/y;
const ROOT = /:\$/y;
const STEP = /\.(?:([\w-]+)|(\*))|\[(?:(\d+)|(\*))\]/y;
const MEASURE = /#([a-z]+)/y;

/** Recursive descent over one expression; they are a line long. */
class ExpressionReader {
  readonly #text: string;
  readonly #whole: string;
  #at = 0;

  /** @param whole what an error shows. */
  constructor(text: string, whole: string) {
    this.#text = text;
    this.#whole = whole;
  }

  sum(): Value {
    let left = this.#product();
    while (this.#operator('+')) left = { kind: 'arithmetic', operator: '+', left, right: this.#product() };
    return left;
  }

  fact(): Fact {
    const field = this.#match(FIELD)?.[1];
    if (field !== undefined) return factAt('req.body', { path: [{ member: field }] });
    const message = this.#match(MESSAGE);
    if (message !== null) {
      const [, key = '', value = ''] = message;
      return factAt('res.body', { where: { key, value }, ...this.#path() });
    }
    const place = this.#place();
    if (NAMELESS.has(place)) return factAt(place, {});
    if (place === 'req.body' || place === 'res.body') return factAt(place, this.#path());
    const name = this.#match(NAME)?.[1] ?? this.#fail();
    return factAt(place, { name: place.endsWith('header') ? name.toLowerCase() : name, measure: this.#measure() });
  }

  #place(): Place {
    const text = this.#match(PLACE)?.[0] ?? '';
    return isPlace(text) ? text : this.#fail();
  }

  end(): void {
    if (this.#at < this.#text.length) this.#fail();
  }

  #product(): Value {
    let left = this.#factor();
    for (;;) {
      const operator = this.#operator('*') ? '*' : this.#operator('/') ? '/' : null;
      if (operator === null) return left;
      left = { kind: 'arithmetic', operator, left, right: this.#factor() };
    }
  }

  #factor(): Value {
    const number = this.#match(NUMBER)?.[0] ?? this.#match(CONSTANT)?.[1];
    if (number !== undefined) return { kind: 'constant', text: number };
    const name = this.#match(FUNCTION)?.[1];
    if (name === 'max' || name === 'sum') {
      const fact: Fact = { ...this.fact(), of: name };
      this.#close();
      return { kind: 'fact', fact };
    }
    if (name !== undefined || this.#match(/\(/y) !== null) {
      const value = this.sum();
      this.#close();
      return name === undefined ? value : { kind: 'round', with: ROUNDINGS[name] ?? this.#fail(), value };
    }
    return { kind: 'fact', fact: this.fact() };
  }

  #close(): void {
    if (this.#match(/\)/y) === null) this.#fail();
  }

  #operator(wanted: string): boolean {
    const from = this.#at;
    const match = this.#match(OPERATOR);
    if (match !== null && (match[1] ?? match[2]) === wanted) return true;
    this.#at = from;
    return false;
  }

  #path(): Pick<Fact, 'path' | 'measure'> {
    if (this.#match(ROOT) === null) this.#fail();
    const path: Step[] = [];
    for (let match = this.#match(STEP); match !== null; match = this.#match(STEP)) {
      const [, member, members, element] = match;
      if (member !== undefined) path.push({ member });
      else if (element !== undefined) path.push({ element: Number(element) });
      else path.push(members === undefined ? 'elements' : 'members');
    }
    return { path, measure: this.#measure() };
  }

  #measure(): Measure | null {
    const name = this.#match(MEASURE)?.[1];
    if (name === undefined) return null;
    return isMeasure(name) ? name : this.#fail();
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #fail(): never {
    throw new RangeError(`not a fact of an exchange: ${this.#whole}`);
  }
}

function factAt(place: Place, given: Partial<Fact>): Fact {
  return { place, name: '', path: [], measure: null, where: null, of: 'last', ...given };
}

function isPlace(text: string): text is Place {
  return PLACES.has(text);
}

function isMeasure(text: string): text is Measure {
  return MEASURES.has(text);
}
