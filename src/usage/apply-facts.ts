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
  const isFinal = facts.countWhen === null || (succeeded && reader.holds(facts.countWhen));
  const usage = isFinal ? stated.usage : { ...unknownUsage(), raw: stated.usage.raw };
  const counts = isFinal && succeeded;
  if (counts) countUnits(facts, reader, usage, ended);
  return {
    usage,
    ...modelsOf(facts, reader, stated),
    responseId: textOf(facts.job, reader) ?? stated.responseId,
    dims: dimsOf(facts, reader),
    costUsd: counts ? (statedCost(facts, reader, usage, ended) ?? stated.costUsd) : null,
    operation: operationName(textOf(facts.operationFrom, reader)) ?? stated.operation,
  };
}

function textOf(rule: FactRule | null, reader: FactReader): string | null {
  return rule === null ? null : (reader.text([rule])?.text ?? null);
}

function countUnits(facts: EndpointFacts, reader: FactReader, usage: Usage, ended: Ended): void {
  for (const { unit, from } of facts.units) {
    const found = reader.number(from);
    if (found === null || usage.units[unit] !== undefined) continue;
    usage.units[unit] = found.amount;
    mark(usage, found.rule, found.amount, ended);
  }
}

function statedCost(facts: EndpointFacts, reader: FactReader, usage: Usage, ended: Ended): number | null {
  const found = facts.cost === null ? null : reader.number(facts.cost.from);
  if (facts.cost === null || found === null || found.amount < 0) return null;
  // The price of a job that is asked for again counts once, as its counts do.
  mark(usage, found.rule, found.amount, ended);
  return found.amount / facts.cost.perUsd;
}

/** Where a count of ours comes from; what the dialect stated stays as it is. */
function mark(usage: Usage, rule: FactRule, amount: number, ended: Ended): void {
  const origin = originOf(rule);
  if (usage.state === 'none') {
    usage.state = ended.whole && (origin !== 'body' || ended.intact) ? 'final' : 'partial';
    usage.source = origin === 'body' ? ended.source : origin;
    usage.raw = {};
  }
  if (origin === 'request' || !isOurs(usage.raw)) return;
  usage.raw[rule.text] = amount;
}

/** What the provider wrote of units is kept by where it stood, beside no usage object of its own. */
function isOurs(raw: unknown): raw is Record<string, number> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && Object.keys(raw).every(isFactText);
}

function isFactText(key: string): boolean {
  return key.includes('res.');
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
