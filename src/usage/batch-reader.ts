import { unknownUsage, type Usage, type UsageSource } from '../core/usage.ts';
import { isObject, objectAt, objectsAt, stringAt, type JsonObject } from '../providers/families/json.ts';
import { addUsage } from '../providers/families/usage-map.ts';
import type { Endpoint } from '../providers/provider.ts';
import { AnswerReader } from './answer-reader.ts';
import type { AnswerFacts } from './facts.ts';
import type { SideUsage } from './metered.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { MessageReader } from './message-reader.ts';

const KEPT_RAW = 100;
/** A batch is of one model, or of a few. */
const MAX_PARTS = 100;
/**
 * Input sizes at which prices step up somewhere. A price that depends on the size of one request would be wrong for the
 * sum of many, so answers are summed apart by what lies between two steps.
 */
const PRICE_STEPS = [32_000, 128_000, 199_999, 200_000, 256_000, 271_999, 272_000, 512_000];

/** The answers of one model whose price is the same. */
interface Part extends SideUsage {
  contextTokens: number;
  /** What the provider charged for them; null = of one of them it did not say. */
  providerCostUsd: number | null;
}

/**
 * Batch results, as JSON lines or in one document: the sums of the answers that succeeded, by model. A file is counted whole or not at all:
 * it can be fetched again, and what a cut download counted would be missing from the whole one.
 */
export class BatchReader implements MessageReader {
  at = 0;
  readonly #endpoint: Endpoint;
  readonly #facts: AnswerFacts | null;
  readonly #parts = new Map<string, Part>();
  readonly #raw: unknown[] = [];
  readonly #anomalies = new Set<string>();
  /** The last line broke off: the file was cut, whatever its framing says. */
  #endsBroken = false;

  /** @param facts told of each line, too. */
  constructor(endpoint: Endpoint, facts: AnswerFacts | null = null) {
    this.#endpoint = endpoint;
    this.#facts = facts;
  }

  get model(): string | null {
    return this.#main?.model ?? null;
  }

  /** A file of another kind has nothing of ours in it, and is not broken for that. */
  get anomalies(): readonly string[] {
    return this.#parts.size === 0 ? [] : [...this.#anomalies];
  }

  message(text: string): void {
    this.#line(parseJson(text), text);
  }

  document(text: string): boolean {
    const line = parseJson(text);
    this.#line(line, text);
    return line !== undefined;
  }

  value(line: JsonObject): void {
    this.#facts?.message(line);
    for (const answer of answersOf(line)) this.#answer(answer);
  }

  /** A file of results that ends in an error is a file that is not whole. */
  failed(): void {
    this.anomaly('malformed_stream');
  }

  anomaly(name: string): void {
    this.#anomalies.add(name);
  }

  /** The most of it. @param whole the file was read to its end. @param source how its lines were told apart. */
  usage(whole: boolean, source: UsageSource): Usage {
    const main = this.#main;
    if (main === null) return unknownUsage();
    if (whole && !this.#endsBroken) return { ...main.usage, source, raw: this.#raw };
    this.anomaly('batch_results_cut');
    return { ...unknownUsage(), raw: this.#raw };
  }

  /** What other models answered, or at another price. */
  side(whole: boolean, source: UsageSource): SideUsage[] {
    if (!whole || this.#endsBroken) return [];
    const main = this.#main;
    const others = [...this.#parts.values()].filter((part) => part !== main);
    return others.map((part) => ({ ...part, usage: { ...part.usage, source } }));
  }

  /** Input of the largest request of the most. */
  get contextTokens(): number | null {
    return this.#main?.contextTokens ?? null;
  }

  /** What the provider itself says it charged for the most. */
  get costUsd(): number | null {
    return this.#main?.providerCostUsd ?? null;
  }

  get #main(): Part | null {
    let main: Part | null = null;
    for (const part of this.#parts.values()) {
      if (main === null || (part.usage.units.batch_items ?? 0) > (main.usage.units.batch_items ?? 0)) main = part;
    }
    return main;
  }

  #answer(answer: JsonObject): void {
    const reader = new AnswerReader(this.#endpoint, 0);
    reader.value(answer);
    reader.settle({ whole: true, stream: false });
    const { reading } = reader;
    if (reading.rawUsage === null) return;
    this.#add({ kind: 'batch_results', model: reading.model, usage: reading.usage, providerCostUsd: reading.costUsd });
    for (const side of reading.side) this.#add(side);
    if (this.#raw.length < KEPT_RAW) this.#raw.push(reading.rawUsage);
    for (const anomaly of reading.anomalies) this.anomaly(anomaly);
  }

  #line(line: unknown, text: string): void {
    if (text.trim() === '') return;
    this.#endsBroken = !isObject(line);
    if (isObject(line)) this.value(line);
    else this.anomaly('malformed_message');
  }

  #add({ kind, model, usage, providerCostUsd: cost = null }: SideUsage): void {
    const part = this.#partOf(model, usage.input_tokens ?? 0, kind);
    addUsage(part.usage, usage);
    part.providerCostUsd = cost === null || part.providerCostUsd === null ? null : dollars(part.providerCostUsd + cost);
    part.usage.units.batch_items = (part.usage.units.batch_items ?? 0) + 1;
    part.contextTokens = Math.max(part.contextTokens, usage.input_tokens ?? 0);
  }

  #partOf(model: string | null, input: number, kind: string): Part {
    const step = PRICE_STEPS.filter((start) => input > start).length;
    const key = JSON.stringify([model, kind, step]);
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const [first] = this.#parts.values();
    if (first !== undefined && this.#parts.size >= MAX_PARTS) {
      this.anomaly('batch_of_many_models');
      return first;
    }
    const usage: Usage = { ...unknownUsage(), state: 'final' };
    const part: Part = { kind, model, usage, contextTokens: 0, providerCostUsd: 0 };
    this.#parts.set(key, part);
    return part;
  }
}

/** Without what adding binary fractions leaves behind; the finest that a provider states is 1e-10. */
function dollars(sum: number): number {
  return Math.round(sum * 1e12) / 1e12;
}

/** The answers in a line, or in a document that holds all of them. None of lines that failed, or are none. */
function answersOf(line: JsonObject): JsonObject[] {
  for (const list of [objectsAt(line, 'results'), objectsAt(line, 'outputs'), inlinedIn(line)]) {
    if (list.length > 0) return list.flatMap(answerOf);
  }
  return answerOf(line);
}

/**
 * Anthropic: `result.message`; xAI: `batch_result.response.<method>`; OpenAI, and most who have batches: `response.body`;
 * Gemini: `response`.
 */
function answerOf(line: JsonObject): JsonObject[] {
  const result = objectAt(line, 'result');
  if (result !== null) return present(stringAt(result, 'type') === 'succeeded' ? objectAt(result, 'message') : null);
  const methods = objectAt(objectAt(line, 'batch_result'), 'response');
  if (methods !== null) return Object.values(methods).filter(isObject);
  const response = objectAt(line, 'response');
  return present(objectAt(response, 'body') ?? response);
}

/** Gemini: once the batch has ended, it holds its answers twice. */
function inlinedIn(batch: JsonObject): readonly JsonObject[] {
  const outputs = [objectAt(batch, 'response'), objectAt(objectAt(batch, 'metadata'), 'output')];
  const lists = outputs.map((output) => objectsAt(objectAt(output, 'inlinedResponses'), 'inlinedResponses'));
  return lists.find((list) => list.length > 0) ?? [];
}

function present(answer: JsonObject | null): JsonObject[] {
  return answer === null ? [] : [answer];
}
