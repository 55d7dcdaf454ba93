import { unknownUsage, type Usage } from '../core/usage.ts';
import { isObject, objectAt, objectsAt, stringAt, type JsonObject } from '../providers/families/json.ts';
import { addUsage } from '../providers/families/usage-map.ts';
import type { Endpoint } from '../providers/provider.ts';
import { AnswerReader } from './answer-reader.ts';
import type { SideUsage } from './metered.ts';
import { parseJson, type MessageReader } from './message-reader.ts';

const KEPT_RAW = 100;
/** A batch is of one model, or of a few. */
const MAX_PARTS = 100;
/**
 * Input sizes at which prices step up somewhere. A price that depends on the size of one request would be wrong for the
 * sum of many, so answers are summed apart by what lies between two steps.
 */
const PRICE_STEPS = [32_000, 128_000, 200_000, 256_000, 272_000, 512_000];

/** The answers of one model whose price is the same. */
interface Part extends SideUsage {
  contextTokens: number;
}

/**
 * Batch results, as JSON lines or in one document: the sums of the answers that succeeded, by model. A file is counted whole or not at all:
 * it can be fetched again, and what a cut download counted would be missing from the whole one.
 */
export class BatchReader implements MessageReader {
  at = 0;
  readonly #endpoint: Endpoint;
  readonly #parts = new Map<string, Part>();
  readonly #raw: unknown[] = [];
  readonly #anomalies = new Set<string>();

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
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
    for (const answer of answersOf(line)) this.#answer(answer);
  }

  /** A file of results that ends in an error is a file that is not whole. */
  failed(): void {
    this.anomaly('malformed_stream');
  }

  anomaly(name: string): void {
    this.#anomalies.add(name);
  }

  /** The most of it. @param whole the file was read to its end. */
  usage(whole: boolean): Usage {
    const main = this.#main;
    if (main === null) return unknownUsage();
    if (whole) return { ...main.usage, raw: this.#raw };
    this.anomaly('batch_results_cut');
    return { ...unknownUsage(), raw: this.#raw };
  }

  /** What other models answered, or at another price. @param whole as above. */
  side(whole: boolean): SideUsage[] {
    return whole ? [...this.#parts.values()].filter((part) => part !== this.#main) : [];
  }

  /** Input of the largest request of the most. */
  get contextTokens(): number | null {
    return this.#main?.contextTokens ?? null;
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
    this.#add(reading.model, reading.usage, 'batch_results');
    for (const { model, usage, kind } of reading.side) this.#add(model, usage, kind);
    if (this.#raw.length < KEPT_RAW) this.#raw.push(reading.rawUsage);
    for (const anomaly of reading.anomalies) this.anomaly(anomaly);
  }

  #line(line: unknown, text: string): void {
    if (isObject(line)) this.value(line);
    else if (text.trim() !== '') this.anomaly('malformed_message');
  }

  #add(model: string | null, usage: Usage, kind: string): void {
    const part = this.#partOf(model, usage.input_tokens ?? 0, kind);
    addUsage(part.usage, usage);
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
    const usage: Usage = { ...unknownUsage(), state: 'final', source: 'ndjson' };
    const part: Part = { kind, model, usage, contextTokens: 0 };
    this.#parts.set(key, part);
    return part;
  }
}

/**
 * Anthropic: `result.message`; OpenAI, and most who have batches: `response.body`; Gemini: `response`, or all of them in
 * the batch itself. None of lines that failed, or are none.
 */
function answersOf(line: JsonObject): JsonObject[] {
  const result = objectAt(line, 'result');
  if (result !== null) return present(stringAt(result, 'type') === 'succeeded' ? objectAt(result, 'message') : null);
  const response = objectAt(line, 'response');
  const inlined = inlinedIn(response) ?? inlinedIn(objectAt(objectAt(line, 'metadata'), 'output'));
  if (inlined !== null) return inlined.flatMap((each) => present(objectAt(each, 'response')));
  return present(objectAt(response, 'body') ?? response);
}

function inlinedIn(output: JsonObject | null): readonly JsonObject[] | null {
  const inlined = objectAt(output, 'inlinedResponses');
  return inlined === null ? null : objectsAt(inlined, 'inlinedResponses');
}

function present(answer: JsonObject | null): JsonObject[] {
  return answer === null ? [] : [answer];
}
