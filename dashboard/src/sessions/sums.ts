/** What some calls come to. Unknown counts are said, and in no sum. */
import type { Step } from '../api/shapes.ts';
import { certaintyOf, stateOf, type TokenClasses, tokenClasses } from '../format/call.ts';

export interface Sums {
  calls: number;
  failed: number;
  /** Of what is known. */
  input: number;
  output: number;
  classes: TokenClasses;
  /** Of some call a count is estimated, or a lower bound. */
  isGuess: boolean;
  isCut: boolean;
  /** Calls of which nothing is known. */
  unknown: number;
  cost: number;
  /** Calls that are billed at a price nobody knows. */
  unpriced: number;
  /** Milliseconds since 1970: from the first start to the last end; NaN = there is no call. */
  start: number;
  end: number;
}

export function sumsOf(steps: Iterable<Step>): Sums {
  const sums = emptySums();
  for (const step of steps) addStep(sums, step);
  return sums;
}

export function emptySums(): Sums {
  return {
    calls: 0,
    failed: 0,
    input: 0,
    output: 0,
    classes: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
    isGuess: false,
    isCut: false,
    unknown: 0,
    cost: 0,
    unpriced: 0,
    start: Number.NaN,
    end: Number.NaN,
  };
}

export function addStep(sums: Sums, step: Step): void {
  sums.calls += 1;
  if (stateOf(step) !== 'ok') sums.failed += 1;
  const start = Date.parse(step.started_at);
  // `NaN` is no bound yet.
  sums.start = sums.start <= start ? sums.start : start;
  sums.end = sums.end >= start + step.duration_ms ? sums.end : start + step.duration_ms;
  if (!step.inference) return;
  const classes = tokenClasses(step);
  if (classes === null) sums.unknown += 1;
  else addClasses(sums, step, classes);
  if (step.cost_usd !== null) sums.cost += step.cost_usd;
  else if (isUnpriced(step)) sums.unpriced += 1;
}

/** It was used and nobody knows what that costs. */
export function isUnpriced({ cost_usd: amount, cost, usage, inference }: Step): boolean {
  if (amount !== null || !inference) return false;
  return cost.reason !== undefined || usage.input_tokens !== null || usage.output_tokens !== null;
}

function addClasses(sums: Sums, step: Step, classes: TokenClasses): void {
  for (const name of Object.keys(classes) as (keyof TokenClasses)[]) sums.classes[name] += classes[name];
  sums.input += step.usage.input_tokens ?? 0;
  sums.output += step.usage.output_tokens ?? 0;
  const certainty = certaintyOf(step);
  if (certainty === 'estimated') sums.isGuess = true;
  if (certainty === 'partial') sums.isCut = true;
}

export function addSums(into: Sums, more: Sums): void {
  for (const name of ['calls', 'failed', 'input', 'output', 'unknown', 'cost', 'unpriced'] as const)
    into[name] += more[name];
  for (const name of Object.keys(into.classes) as (keyof TokenClasses)[]) into.classes[name] += more.classes[name];
  into.isGuess ||= more.isGuess;
  into.isCut ||= more.isCut;
  into.start = into.start <= more.start || Number.isNaN(more.start) ? into.start : more.start;
  into.end = into.end >= more.end || Number.isNaN(more.end) ? into.end : more.end;
}
