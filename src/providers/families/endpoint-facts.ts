import { UNIT_NAMES, type UnitName } from '../../core/usage.ts';
import type { Endpoint, FactSource } from '../provider.ts';
import { compileConditions, compileFact, type Condition, type Fact, type FactRule, type Value } from './fact-source.ts';

/** What an endpoint wants to know of an exchange beside its dialect. Of several rules the first that gives wins. */
export interface EndpointFacts {
  units: readonly { unit: UnitName; from: readonly FactRule[] }[];
  model: readonly FactRule[];
  dims: readonly (readonly [name: string, from: readonly FactRule[]])[];
  cost: { from: readonly FactRule[]; perUsd: number } | null;
  countWhen: readonly Condition[] | null;
  job: FactRule | null;
  operationFrom: FactRule | null;
  /** What is to be looked for in the messages of the answer. */
  answer: readonly Fact[];
}

const UNITS: ReadonlySet<string> = new Set(UNIT_NAMES);
const compiled = new WeakMap<Endpoint, EndpointFacts | null>();

/** Null for the many endpoints that want nothing. Throws a RangeError on an expression that is not one. */
export function endpointFacts(endpoint: Endpoint): EndpointFacts | null {
  const known = compiled.get(endpoint);
  if (known !== undefined) return known;
  const facts = wantsFacts(endpoint) ? compileEndpoint(endpoint) : null;
  compiled.set(endpoint, facts);
  return facts;
}

function wantsFacts({ units, model, dims, cost, countWhen, job, operationFrom }: Endpoint): boolean {
  return [units, model, dims, cost, countWhen, job, operationFrom].some((wanted) => wanted !== undefined);
}

function compileEndpoint(endpoint: Endpoint): EndpointFacts {
  const { units = [], model = [], dims = {}, cost, countWhen, job, operationFrom } = endpoint;
  const facts = {
    units: units.map(({ unit, from }) => {
      if (!UNITS.has(unit)) throw new RangeError(`no unit ${unit}`);
      return { unit, from: compileAll(from) };
    }),
    model: compileAll(model),
    dims: Object.entries(dims).map(([name, from]) => [name, compileAll(from)] as const),
    cost: cost === undefined ? null : compileCost(cost),
    countWhen: countWhen === undefined ? null : compileConditions(countWhen),
    job: job === undefined ? null : compileFact(job),
    operationFrom: operationFrom === undefined ? null : compileFact(operationFrom),
  };
  return { ...facts, answer: allFacts(facts).filter(({ place }) => place === 'res.body') };
}

function compileCost({ from, perUsd }: NonNullable<Endpoint['cost']>): NonNullable<EndpointFacts['cost']> {
  if (!(perUsd > 0)) throw new RangeError('perUsd must be above 0');
  return { from: compileAll(from), perUsd };
}

function allFacts(facts: Omit<EndpointFacts, 'answer'>): Fact[] {
  const rules = [
    ...facts.units.flatMap(({ from }) => from),
    ...facts.model,
    ...facts.dims.flatMap(([, from]) => from),
    ...(facts.cost?.from ?? []),
    ...[facts.job, facts.operationFrom].filter((rule) => rule !== null),
  ];
  const conditions = [...(facts.countWhen ?? []), ...rules.flatMap((rule) => rule.conditions)];
  return [...rules.flatMap(({ value }) => factsIn(value)), ...conditions.map(({ fact }) => fact)];
}

function compileAll(from: FactSource | readonly FactSource[]): FactRule[] {
  return (typeof from === 'string' ? [from] : from).map(compileFact);
}

/** The facts that a value is made of. */
export function factsIn(value: Value): Fact[] {
  switch (value.kind) {
    case 'constant':
      return [];
    case 'fact':
      return [value.fact];
    case 'round':
      return factsIn(value.value);
    case 'arithmetic':
      return [...factsIn(value.left), ...factsIn(value.right)];
  }
}
