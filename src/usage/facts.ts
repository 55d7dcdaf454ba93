import type { EndpointFacts } from '../providers/families/endpoint-facts.ts';
import type { Condition, Fact, FactRule, Measure, Step, Value } from '../providers/families/fact-source.ts';
import { isObject, valueAt } from '../providers/families/json.ts';
import { measured } from './measures.ts';
import { parseJson } from '../decoders/parse-json.ts';

/** What was found of one fact. */
export interface Found {
  /** The first value as text. */
  text: string | null;
  /** The values added up; null when one of them is no number. */
  number: number | null;
  max: number | null;
  /** Something is there that is not false, 0 or empty. */
  there: boolean;
}

/** Where facts are read, beside the answer's messages. What is not known is undefined or null. */
export interface RequestEvidence {
  /** The body as JSON, its form fields, its lines, its text. Parsed when first asked for. */
  body(): unknown;
  query(name: string): string | null;
  group(name: string): string | null;
  header(name: string): string | null;
  /** Decoded. */
  bytes(): number | null;
  audioSeconds(): number | null;
}

export interface ResponseEvidence {
  status: number;
  header(name: string): string | null;
  /** Decoded. */
  bytes(): number | null;
}

const NOTHING: Found = { text: null, number: null, max: null, there: false };
/** Of one fact in one message. Lists of strangers may be long. */
const MAX_VALUES = 100_000;
const MAX_TEXT = 256;
const MAX_NESTED_JSON = 64 * 1024;

/** Looks for the facts of an endpoint in the messages of an answer while they come. */
export class AnswerFacts {
  readonly #wanted: readonly Fact[];
  readonly #found = new Map<Fact, Found>();

  constructor({ answer }: EndpointFacts) {
    this.#wanted = answer;
  }

  /** @param event the name of a server-sent event. */
  message(value: unknown, event?: string): void {
    for (const fact of this.#wanted) {
      if (!isOf(fact, value, event)) continue;
      const now = readFact(fact, value);
      if (now.text === null && now.number === null && !now.there) continue;
      this.#found.set(fact, joined(fact, this.#found.get(fact), now));
    }
  }

  get(fact: Fact): Found {
    return this.#found.get(fact) ?? NOTHING;
  }
}

function isOf({ where }: Fact, value: unknown, event: string | undefined): boolean {
  if (where === null) return true;
  const member = scalarText(valueAt(value, where.key));
  return member === where.value || (member === null && event === where.value);
}

function joined({ of }: Fact, before: Found | undefined, now: Found): Found {
  if (before === undefined || of === 'last') return now;
  const number = before.number === null ? now.number : before.number + (now.number ?? 0);
  const max = Math.max(before.max ?? Number.NEGATIVE_INFINITY, now.max ?? Number.NEGATIVE_INFINITY);
  return { text: now.text, number, max: Number.isFinite(max) ? max : null, there: before.there || now.there };
}

/** Values the facts of one exchange. Pure but for the parsing that the evidence puts off; never throws on data. */
export class FactReader {
  readonly #request: RequestEvidence;
  readonly #response: ResponseEvidence;
  readonly #answer: AnswerFacts;

  constructor(request: RequestEvidence, response: ResponseEvidence, answer: AnswerFacts) {
    this.#request = request;
    this.#response = response;
    this.#answer = answer;
  }

  /** By the first rule that gives a number. */
  number(rules: readonly FactRule[]): { amount: number; rule: FactRule } | null {
    for (const rule of rules) {
      if (!this.holds(rule.conditions)) continue;
      const amount = this.#numberOf(rule.value);
      if (amount !== null && Number.isFinite(amount)) return { amount, rule };
    }
    return null;
  }

  /** By the first rule that gives a text; what is added or multiplied gives its digits. */
  text(rules: readonly FactRule[]): { text: string; rule: FactRule } | null {
    for (const rule of rules) {
      if (!this.holds(rule.conditions)) continue;
      const text = this.#textOf(rule.value);
      if (text !== null) return { text, rule };
    }
    return null;
  }

  holds(conditions: readonly Condition[]): boolean {
    return conditions.every(({ fact, negated, like }) => {
      const found = this.#find(fact);
      const holds = like === null ? found.there : found.text !== null && like(found.text);
      return holds !== negated;
    });
  }

  #textOf(value: Value): string | null {
    if (value.kind === 'constant') return value.text;
    if (value.kind === 'fact') return this.#find(value.fact).text;
    const number = this.#numberOf(value);
    return number === null ? null : String(number);
  }

  #numberOf(value: Value): number | null {
    switch (value.kind) {
      case 'constant':
        return numberIn(value.text);
      case 'fact': {
        const found = this.#find(value.fact);
        return value.fact.of === 'max' ? found.max : found.number;
      }
      case 'round': {
        const of = this.#numberOf(value.value);
        return of === null ? null : Math[value.with](of);
      }
      case 'arithmetic': {
        const left = this.#numberOf(value.left);
        const right = this.#numberOf(value.right);
        return left === null || right === null ? null : calculated(left, value.operator, right);
      }
    }
  }

  #find(fact: Fact): Found {
    const { place, name } = fact;
    const request = this.#request;
    const response = this.#response;
    switch (place) {
      case 'res.body':
        return this.#answer.get(fact);
      case 'req.body':
        return readFact(fact, request.body());
      case 'req.query':
        return readFact(fact, request.query(name));
      case 'req.path':
        return readFact(fact, request.group(name));
      case 'req.header':
        return readFact(fact, request.header(name));
      case 'req.bytes':
        return readFact(fact, request.bytes());
      case 'req.audio_seconds':
        return readFact(fact, request.audioSeconds());
      case 'res.header':
        return readFact(fact, response.header(name));
      case 'res.status':
        return readFact(fact, response.status);
      case 'res.bytes':
        return readFact(fact, response.bytes());
    }
  }
}

function calculated(left: number, operator: '+' | '*' | '/', right: number): number | null {
  if (operator === '+') return left + right;
  if (operator === '*') return left * right;
  return right === 0 ? null : left / right;
}

/** One fact in one message. */
export function readFact({ path, measure }: Fact, root: unknown): Found {
  const values: unknown[] = [];
  collect(root, path, 0, values);
  return summed(measure === null ? values : measureAll(values, measure));
}

function measureAll(values: readonly unknown[], measure: Measure): unknown[] {
  // A list of texts has the characters of all of them.
  const each = measure === 'len' ? values : values.flat();
  return each.map((value) => measured(value, measure)).filter((value) => value !== null);
}

function summed(values: readonly unknown[]): Found {
  const stated = values.filter((value) => value !== null && value !== undefined);
  if (stated.length === 0) return NOTHING;
  let number: number | null = 0;
  let max: number | null = null;
  for (const value of stated) {
    const amount = numberIn(value);
    number = number === null || amount === null ? null : number + amount;
    if (amount !== null && (max === null || amount > max)) max = amount;
  }
  const text = stated.map(scalarText).find((each) => each !== null) ?? null;
  return { text, number, max, there: stated.some(isThere) };
}

function collect(node: unknown, path: readonly Step[], index: number, into: unknown[]): void {
  const step = path[index];
  if (into.length >= MAX_VALUES) return;
  if (step === undefined) {
    into.push(node);
    return;
  }
  if (typeof step === 'object' && 'member' in step) {
    const value = valueAt(nested(node), step.member);
    if (value !== undefined) collect(value, path, index + 1, into);
    return;
  }
  for (const value of several(node, step)) collect(value, path, index + 1, into);
}

function several(node: unknown, step: Exclude<Step, { member: string }>): readonly unknown[] {
  if (step === 'members') return isObject(node) ? Object.values(node) : [];
  if (!Array.isArray(node)) return [];
  return step === 'elements' ? node : node.slice(step.element, step.element + 1);
}

/** Forms carry JSON in their fields. */
function nested(node: unknown): unknown {
  const isJson = typeof node === 'string' && node.length <= MAX_NESTED_JSON && node.trimStart().startsWith('{');
  return isJson ? parseJson(node) : node;
}

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;

/** Forms, headers and careful providers write numbers as texts. */
function numberIn(value: unknown): number | null {
  const number = typeof value === 'string' && DECIMAL.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value.slice(0, MAX_TEXT);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return null;
}

function isThere(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return value !== '' && value !== false && value !== 'false' && value !== 0;
}
