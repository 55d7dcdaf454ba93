import { unknownUsage, type Usage, type UsageSource } from '../core/usage.ts';
import { factsIn, type EndpointFacts } from '../providers/families/endpoint-facts.ts';
import type { FactRule } from '../providers/families/fact-source.ts';
import type { FactReader } from './facts.ts';
import { modelName } from './request-facts.ts';

/** How an exchange ended. */
export interface Ended {
  /** 0 = there was no answer. */
  status: number;
  /** The exchange came to its proper end. */
  whole: boolean;
  /** The messages of the answer came whole, too. */
  intact: boolean;
  /** How the messages of the answer were told apart. */
  source: UsageSource;
}

/** What an exchange says in the end. */
export interface FactVerdict {
  usage: Usage;
  requestModel: string | null;
  responseModel: string | null;
  responseId: string | null;
  dims: Readonly<Record<string, string>>;
  costUsd: number | null;
  operation: string | null;
}

/**
 * Applies the rules of an endpoint to one exchange. What is computed from the request counts when the answer succeeded;
 * a failed call has no units, whatever it asked for, and a job that still runs has no counts at all.
 * @param stated what the dialect read.
 */
export function applyFacts(facts: EndpointFacts, reader: FactReader, stated: FactVerdict, ended: Ended): FactVerdict {
  const succeeded = ended.status >= 200 && ended.status <= 299;
  const isFinal = endedWell(facts, reader, succeeded);
  const usage = isFinal ? stated.usage : { ...unknownUsage(), raw: stated.usage.raw };
  const counts = isFinal && succeeded;
  const units = counts ? countUnits(facts, reader, usage) : [];
  const cost = counts ? statedCost(facts, reader) : null;
  // The price of a job that is asked for again counts once, as its counts do.
  mark(usage, cost === null ? units : [...units, cost], ended);
  return {
    usage,
    ...modelsOf(facts, reader, stated),
    responseId: textOf(facts.job, reader) ?? stated.responseId,
    dims: dimsOf(facts, reader),
    costUsd: costOf(facts, cost) ?? (counts ? stated.costUsd : null),
    operation: operationName(textOf(facts.operationFrom, reader)) ?? stated.operation,
  };
}

function endedWell({ countWhen }: EndpointFacts, reader: FactReader, succeeded: boolean): boolean {
  return countWhen === null || (succeeded && reader.holds(countWhen));
}

function textOf(rule: FactRule | null, reader: FactReader): string | null {
  return rule === null ? null : (reader.text([rule])?.text ?? null);
}

/** What a rule gave. */
interface Given {
  amount: number;
  rule: FactRule;
}

function countUnits(facts: EndpointFacts, reader: FactReader, usage: Usage): Given[] {
  const given: Given[] = [];
  for (const { unit, from } of facts.units) {
    const found = reader.number(from);
    // What the dialect has counted already stays.
    if (found === null || usage.units[unit] !== undefined) continue;
    usage.units[unit] = found.amount;
    given.push(found);
  }
  return given;
}

function statedCost({ cost }: EndpointFacts, reader: FactReader): Given | null {
  const found = cost === null ? null : reader.number(cost.from);
  return found !== null && found.amount >= 0 ? found : null;
}

function costOf({ cost }: EndpointFacts, given: Given | null): number | null {
  return cost === null || given === null ? null : given.amount / cost.perUsd;
}

const ORIGINS = ['body', 'header', 'request'] as const;

/** Where counts of ours come from, where the dialect stated none: the best source of any of them. */
function mark(usage: Usage, given: readonly Given[], ended: Ended): void {
  if (usage.state !== 'none' || given.length === 0) return;
  const origins = given.map(({ rule }) => originOf(rule));
  const best = ORIGINS.find((origin) => origins.includes(origin)) ?? 'request';
  usage.source = best === 'body' ? ended.source : best;
  usage.state = ended.whole && (best !== 'body' || ended.intact) ? 'final' : 'partial';
  // No usage object, but what the provider wrote, by where it stood.
  const stated = given.filter(({ rule }) => originOf(rule) !== 'request');
  usage.raw =
    stated.length === 0 ? null : Object.fromEntries(stated.map(({ rule, amount }) => [placeOf(rule), amount]));
}

/** The rule without its conditions. */
function placeOf({ text }: FactRule): string {
  const conditions = text.indexOf(' if ');
  return conditions < 0 ? text : text.slice(0, conditions);
}

/** The best that a rule leans on: a number of the answer, one of its heads, or only of the request. */
function originOf({ value }: FactRule): 'body' | 'header' | 'request' {
  const places = factsIn(value).map(({ place }) => place);
  if (places.includes('res.body')) return 'body';
  return places.includes('res.header') ? 'header' : 'request';
}

function modelsOf(
  facts: EndpointFacts,
  reader: FactReader,
  { requestModel, responseModel }: FactVerdict,
): Pick<FactVerdict, 'requestModel' | 'responseModel'> {
  const found = reader.text(facts.model);
  if (found === null) return { requestModel, responseModel };
  const model = modelName(found.text);
  return originOf(found.rule) === 'request'
    ? { requestModel: model, responseModel }
    : { requestModel, responseModel: responseModel ?? model };
}

function dimsOf(facts: EndpointFacts, reader: FactReader): Record<string, string> {
  const dims: Record<string, string> = {};
  for (const [name, from] of facts.dims) {
    const found = reader.text(from);
    if (found !== null) dims[name] = found.text;
  }
  return dims;
}

const OPERATION = /^[A-Za-z][\w/-]{0,60}$/;

/** `RekognitionService.DetectLabels` -> `detect_labels`. Null when it is no name. */
function operationName(text: string | null): string | null {
  if (text === null) return null;
  const last = text.slice(text.lastIndexOf('.') + 1);
  if (!OPERATION.test(last)) return null;
  return last
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/[/-]/g, '_')
    .toLowerCase();
}
