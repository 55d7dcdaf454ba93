/** Two answers to one request, side by side: what `GET /api/compare` and `llm-proxy compare report` give. Pure. */
import type { CallRecord } from './capture.ts';
import { isError } from './totals.ts';

/** Shadow less primary; `null` = one of them is unknown. */
export interface Deltas {
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  ttft_ms: number | null;
  duration_ms: number | null;
}

export interface Comparison {
  comparison_id: string;
  /** `null` = it is no longer (or not yet) stored. */
  primary: CallRecord | null;
  shadow: CallRecord;
  deltas: Deltas | null;
  /** Whether both ended for the same reason, and called the same tools in the same order; `null` = not to be told. */
  same_stop_reason: boolean | null;
  same_tool_calls: boolean | null;
}

export const MEASURES = ['ttft_ms', 'duration_ms', 'cost_usd', 'input_tokens', 'output_tokens'] as const;
export type Measure = (typeof MEASURES)[number];
/** Of these, less is better. */
export const CONTESTS = ['ttft_ms', 'duration_ms', 'cost_usd'] as const;
export type Contest = (typeof CONTESTS)[number];

export type Medians = Record<Measure, number | null>;

export interface Wins {
  primary: number;
  shadow: number;
  ties: number;
}

/** All comparisons of one model with another. */
export interface ModelPair {
  primary: { provider: string; model: string | null };
  shadow: { provider: string; model: string | null };
  calls: number;
  /** Answers that failed; they are in no median and win nothing. */
  failed: { primary: number; shadow: number };
  medians: { primary: Medians; shadow: Medians };
  wins: Record<Contest, Wins>;
  /** How many of those in which it can be told. */
  same_stop_reason: { same: number; of: number };
  same_tool_calls: { same: number; of: number };
}

export interface ComparisonReport {
  pairs: ModelPair[];
  /** ISO 8601 UTC; `null` = no end. */
  since: string | null;
  until: string | null;
  /** Only the latest so many comparisons were looked at; `null` = all. */
  limited_to: number | null;
}

/** What of a leg a report needs. */
export type Leg = Pick<
  CallRecord,
  'provider' | 'request_model' | 'response_model' | 'ttft_ms' | 'duration_ms' | 'cost_usd' | 'stop_reason'
> & {
  input_tokens: number | null;
  output_tokens: number | null;
  /** Names in order. */
  tools: readonly string[];
  failed: boolean;
};

export function legOf(record: CallRecord): Leg {
  const { provider, request_model, response_model, ttft_ms, duration_ms, cost_usd, stop_reason, usage } = record;
  return {
    provider,
    request_model,
    response_model,
    ttft_ms,
    duration_ms,
    cost_usd,
    stop_reason,
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    tools: record.tool_calls.map(({ name }) => name),
    failed: hasFailed(record),
  };
}

/** Also one that its client left: there is nothing to compare. */
export function hasFailed(record: CallRecord): boolean {
  return isError(record) || record.outcome !== 'complete';
}

export function comparisonOf(id: string, primary: CallRecord | null, shadow: CallRecord): Comparison {
  if (primary === null) {
    return {
      comparison_id: id,
      primary,
      shadow,
      deltas: null,
      same_stop_reason: null,
      same_tool_calls: null,
    };
  }
  const [one, other] = [legOf(primary), legOf(shadow)];
  const delta = (measure: Measure): number | null => difference(other[measure], one[measure]);
  return {
    comparison_id: id,
    primary,
    shadow,
    deltas: {
      input_tokens: delta('input_tokens'),
      output_tokens: delta('output_tokens'),
      cost_usd: delta('cost_usd'),
      ttft_ms: delta('ttft_ms'),
      duration_ms: delta('duration_ms'),
    },
    same_stop_reason: sameStop(one, other),
    same_tool_calls: sameTools(one, other),
  };
}

function difference(value: number | null, from: number | null): number | null {
  return value === null || from === null ? null : Number((value - from).toFixed(9));
}

/** Words of the dialects for one thing. */
const STOPS: readonly (readonly [kind: string, words: RegExp])[] = [
  ['end', /^(?:end_turn|stop|stop_sequence|completed|complete|eos|end)$/i],
  ['tools', /^(?:tool_use|tool_calls?|function_call)$/i],
  ['length', /^(?:max_tokens|length|max_output_tokens|model_length|model_context_window_exceeded)$/i],
  ['refusal', /^(?:refusal|content_filter(?:ed)?|safety|guardrail_intervened)$/i],
];

function stopKind(reason: string): string {
  return STOPS.find(([, words]) => words.test(reason))?.[0] ?? reason.toLowerCase();
}

function sameStop(one: Leg, other: Leg): boolean | null {
  if (one.stop_reason === null || other.stop_reason === null) return null;
  return stopKind(one.stop_reason) === stopKind(other.stop_reason);
}

function sameTools(one: Leg, other: Leg): boolean | null {
  if (one.failed || other.failed) return null;
  return one.tools.length === other.tools.length && one.tools.every((name, index) => name === other.tools[index]);
}

interface Gathered {
  pair: ModelPair;
  values: { primary: Record<Measure, number[]>; shadow: Record<Measure, number[]> };
}

/** Most compared pairs first. */
export function modelPairs(comparisons: Iterable<readonly [primary: Leg, shadow: Leg]>): ModelPair[] {
  const gathered = new Map<string, Gathered>();
  for (const [primary, shadow] of comparisons) {
    const names = [nameOf(primary), nameOf(shadow)] as const;
    const key = JSON.stringify(names);
    const found = gathered.get(key) ?? gather(names);
    gathered.set(key, found);
    take(found, primary, shadow);
  }
  return [...gathered.values()]
    .map(({ pair, values }) => ({
      ...pair,
      medians: { primary: mediansOf(values.primary), shadow: mediansOf(values.shadow) },
    }))
    .toSorted((one, other) => other.calls - one.calls);
}

function nameOf({ provider, request_model, response_model }: Leg): { provider: string; model: string | null } {
  return { provider, model: response_model ?? request_model };
}

function gather([primary, shadow]: readonly [ModelPair['primary'], ModelPair['shadow']]): Gathered {
  const none = { primary: 0, shadow: 0, ties: 0 };
  return {
    pair: {
      primary,
      shadow,
      calls: 0,
      failed: { primary: 0, shadow: 0 },
      medians: { primary: mediansOf(noValues()), shadow: mediansOf(noValues()) },
      wins: { ttft_ms: { ...none }, duration_ms: { ...none }, cost_usd: { ...none } },
      same_stop_reason: { same: 0, of: 0 },
      same_tool_calls: { same: 0, of: 0 },
    },
    values: { primary: noValues(), shadow: noValues() },
  };
}

function noValues(): Record<Measure, number[]> {
  return { ttft_ms: [], duration_ms: [], cost_usd: [], input_tokens: [], output_tokens: [] };
}

function take({ pair, values }: Gathered, primary: Leg, shadow: Leg): void {
  pair.calls += 1;
  for (const [side, leg] of [['primary', primary] as const, ['shadow', shadow] as const]) {
    if (leg.failed) pair.failed[side] += 1;
    else {
      for (const measure of MEASURES) {
        const value = leg[measure];
        if (value !== null) values[side][measure].push(value);
      }
    }
  }
  if (primary.failed || shadow.failed) return;
  for (const contest of CONTESTS) decide(pair.wins[contest], primary[contest], shadow[contest]);
  note(pair.same_stop_reason, sameStop(primary, shadow));
  note(pair.same_tool_calls, sameTools(primary, shadow));
}

function decide(wins: Wins, primary: number | null, shadow: number | null): void {
  if (primary === null || shadow === null) return;
  if (primary === shadow) wins.ties += 1;
  else if (primary < shadow) wins.primary += 1;
  else wins.shadow += 1;
}

function note(count: { same: number; of: number }, same: boolean | null): void {
  if (same === null) return;
  count.of += 1;
  if (same) count.same += 1;
}

function mediansOf(values: Record<Measure, number[]>): Medians {
  return {
    ttft_ms: median(values.ttft_ms),
    duration_ms: median(values.duration_ms),
    cost_usd: median(values.cost_usd),
    input_tokens: median(values.input_tokens),
    output_tokens: median(values.output_tokens),
  };
}

/** Of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const high = sorted[middle];
  if (high === undefined) return null;
  const low = sorted.length % 2 === 0 ? sorted[middle - 1] : high;
  return Number((((low ?? high) + high) / 2).toFixed(9));
}
