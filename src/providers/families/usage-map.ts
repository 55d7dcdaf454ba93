import { TOKEN_FIELDS, unknownUsage, type TokenCounts, type UnitName, type Usage } from '../../core/usage.ts';
import { isObject, valueAt, type JsonObject } from './json.ts';

/**
 * Where a count is, as text, so that providers are data. One expression or several alternatives (the first that
 * is there wins):
 *   `prompt_tokens`                              a member
 *   `prompt_tokens_details.cached_tokens`        a member of a member
 *   `input_tokens + cache_read_input_tokens?`    a sum; `?` = may be absent. A sum of which nothing is there is unknown
 *   `details[modality=AUDIO].tokenCount`         the elements of a list with that member (any letter case), summed
 *   `results[].tokenCount`                       all elements of a list, summed
 *   `models.*.tokens`                            all members of a member, summed
 */
export type CountRule = string | readonly string[];

export interface UsageMap {
  tokens: Partial<Record<keyof TokenCounts, CountRule>>;
  units?: Partial<Record<UnitName, CountRule>>;
  /** The provider's own total: the arbiter of what is inside what. */
  total?: TotalRule;
  /**
   * Cached and reasoning tokens are parts of what the model saw, and input and output are what is billed, which may be
   * less (Cohere): that they exceed it is no fault.
   */
  subsetsOfMore?: boolean;
  /** What the provider says it charges, and how many of it make one USD. The first that is there wins. */
  cost?: readonly CostRule[];
}

export interface CostRule {
  at: string;
  perUsd: number;
  /** Holds only where this member of the usage object is true. */
  onlyIf?: string;
  /** Does not hold where this member is true. */
  notIf?: string;
}

export interface TotalRule {
  at: string;
  /**
   * Reasoning is inside the output at most providers and beside it at some (xAI): if only input + output +
   * reasoning makes the total, it is added.
   */
  reasoningMayBeOutside?: boolean;
  /** What is no longer believed when no sum makes the total. */
  distrust: 'output' | 'both' | 'nothing';
}

export interface MappedUsage {
  usage: Usage;
  anomalies: string[];
  costUsd: number | null;
}

/** Reads a usage object by its map. `state` and `source` are left to the caller; `usage/invariants.ts` checks the sums. */
export function applyUsageMap(map: UsageMap, raw: JsonObject): MappedUsage {
  const compiled = compile(map);
  const anomalies = new Set<string>();
  const usage = unknownUsage();
  usage.raw = raw;
  for (const [field, rule] of compiled.tokens) usage[field] = evaluate(rule, raw, tokenCount, anomalies);
  for (const [unit, rule] of compiled.units) {
    const amount = evaluate(rule, raw, unitAmount, anomalies);
    if (amount !== null) usage.units[unit] = amount;
  }
  if (compiled.total !== null) checkTotal(usage, compiled.total, raw, anomalies);
  return { usage, anomalies: [...anomalies], costUsd: costOf(compiled.cost, raw) };
}

/** A non-negative safe integer (28.0 is one), or null. */
export function tokenCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function unitAmount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Tokens of `extra` on top of `base`, field by field; unknown plus known is known. */
export function addTokens(base: Usage, extra: Usage): void {
  for (const field of TOKEN_FIELDS) {
    const more = extra[field];
    if (more !== null) base[field] = (base[field] ?? 0) + more;
  }
}

/** Tokens and units of `extra` on top of `base`. */
export function addUsage(base: Usage, extra: Usage): void {
  addTokens(base, extra);
  for (const [name, amount] of Object.entries(extra.units)) {
    const unit = name as UnitName;
    base.units[unit] = (base.units[unit] ?? 0) + amount;
  }
}

function checkTotal(usage: Usage, rule: CompiledTotal, raw: JsonObject, anomalies: Set<string>): void {
  const total = evaluate(rule.at, raw, tokenCount, anomalies);
  const { input_tokens: input, output_tokens: output, reasoning_tokens: reasoning } = usage;
  if (total === null || input === null || output === null || input + output === total) return;
  if (rule.reasoningMayBeOutside && reasoning !== null && input + output + reasoning === total) {
    usage.output_tokens = output + reasoning;
    return;
  }
  anomalies.add('total_mismatch');
  if (rule.distrust !== 'nothing') usage.output_tokens = null;
  if (rule.distrust === 'both') usage.input_tokens = null;
}

function costOf(costs: CompiledMap['cost'], raw: JsonObject): number | null {
  for (const { at, perUsd, onlyIf, notIf } of costs) {
    if (onlyIf !== undefined && valueAt(raw, onlyIf) !== true) continue;
    if (notIf !== undefined && valueAt(raw, notIf) === true) continue;
    const amount = evaluate(at, raw, unitAmount, new Set());
    if (amount !== null) return amount / perUsd;
  }
  return null;
}

// --- the expressions, compiled once per map ---

/** `keys`: the path of a term that is nothing but members, which most are; null = by its steps. */
type Term = { path: Step[]; keys: readonly string[] | null; optional: boolean };
type Step = { key: string; list: boolean; where: { key: string; value: string } | null };
type Expression = Term[];

interface CompiledTotal {
  at: Expression[];
  reasoningMayBeOutside: boolean;
  distrust: TotalRule['distrust'];
}

interface CompiledMap {
  tokens: [keyof TokenCounts, Expression[]][];
  units: [UnitName, Expression[]][];
  total: CompiledTotal | null;
  cost: (Omit<CostRule, 'at'> & { at: Expression[] })[];
}

const compiledMaps = new WeakMap<UsageMap, CompiledMap>();

/** Throws a RangeError on an expression that is not one. */
export function compile(map: UsageMap): CompiledMap {
  const known = compiledMaps.get(map);
  if (known !== undefined) return known;
  const { total } = map;
  const compiled: CompiledMap = {
    tokens: TOKEN_FIELDS.flatMap((field) => {
      const rule = map.tokens[field];
      return rule === undefined ? [] : [[field, compileRule(rule)] satisfies [unknown, unknown]];
    }),
    units: Object.entries(map.units ?? {}).map(([unit, rule]) => [unit as UnitName, compileRule(rule)]),
    total:
      total === undefined
        ? null
        : {
            at: compileRule(total.at),
            reasoningMayBeOutside: total.reasoningMayBeOutside ?? false,
            distrust: total.distrust,
          },
    cost: (map.cost ?? []).map((rule) => ({ ...rule, at: compileRule(rule.at) })),
  };
  compiledMaps.set(map, compiled);
  return compiled;
}

function compileRule(rule: CountRule): Expression[] {
  const alternatives = typeof rule === 'string' ? [rule] : rule;
  return alternatives.map((text) => text.split('+').map((term) => compileTerm(term.trim())));
}

const STEP = /^([\w-]+|\*)(\[(?:([\w-]+)=([\w-]+))?\])?$/;

function compileTerm(text: string): Term {
  const optional = text.endsWith('?');
  const path = (optional ? text.slice(0, -1) : text).split('.').map((part): Step => {
    const match = STEP.exec(part);
    if (match === null) throw new RangeError(`not a count expression: ${text}`);
    const [, key = '', list, whereKey, whereValue] = match;
    const where = whereKey === undefined ? null : { key: whereKey, value: (whereValue ?? '').toLowerCase() };
    return { key, list: list !== undefined, where };
  });
  const isPlain = path.every(({ key, list }) => key !== '*' && !list);
  return { path, keys: isPlain ? path.map(({ key }) => key) : null, optional };
}

type ReadNumber = (value: unknown) => number | null;

function evaluate(rule: Expression[], raw: JsonObject, read: ReadNumber, anomalies: Set<string>): number | null {
  for (const expression of rule) {
    const sum = sumOf(expression, raw, read, anomalies);
    if (sum !== null) return sum;
  }
  return null;
}

function sumOf(expression: Expression, raw: JsonObject, read: ReadNumber, anomalies: Set<string>): number | null {
  let sum: number | null = null;
  for (const term of expression) {
    const amount = amountOf(term, raw, read);
    if (amount === null) {
      anomalies.add('invalid_count');
      return null;
    }
    if (amount !== undefined) sum = (sum ?? 0) + amount;
    else if (!term.optional) return null;
  }
  return sum;
}

/** Undefined = nothing is there; null = what is there is no count. */
function amountOf({ keys, path }: Term, raw: JsonObject, read: ReadNumber): number | null | undefined {
  if (keys !== null) {
    let value: unknown = raw;
    for (const key of keys) value = valueAt(value, key);
    return value === undefined || value === null ? undefined : read(value);
  }
  const values: unknown[] = [];
  collect(raw, path, 0, values);
  let sum: number | undefined;
  for (const value of values) {
    if (value === undefined || value === null) continue;
    const amount = read(value);
    if (amount === null) return null;
    sum = (sum ?? 0) + amount;
  }
  return sum;
}

function collect(node: unknown, path: readonly Step[], index: number, into: unknown[]): void {
  const step = path[index];
  if (step === undefined) {
    into.push(node);
    return;
  }
  if (step.key === '*') {
    const members = isObject(node) ? Object.values(node) : [];
    for (const member of members) collect(member, path, index + 1, into);
    return;
  }
  const value = valueAt(node, step.key);
  if (!step.list) {
    if (value !== undefined) collect(value, path, index + 1, into);
    return;
  }
  if (!Array.isArray(value)) return;
  for (const element of value) {
    if (isObject(element) && matches(element, step.where)) collect(element, path, index + 1, into);
  }
}

function matches(element: JsonObject, where: Step['where']): boolean {
  if (where === null) return true;
  const value = valueAt(element, where.key);
  return typeof value === 'string' && value.toLowerCase() === where.value;
}
