import { unknownUsage, type Usage } from '../core/usage.ts';
import { isObject, objectAt, stringAt, type JsonObject } from '../providers/families/json.ts';
import { addTokens } from '../providers/families/usage-map.ts';
import type { Endpoint } from '../providers/provider.ts';
import { AnswerReader } from './answer-reader.ts';
import { parseJson, type MessageReader } from './message-reader.ts';

const KEPT_RAW = 100;

/** JSON lines of batch results: the sum of the answers that succeeded. */
export class BatchReader implements MessageReader {
  at = 0;
  readonly #endpoint: Endpoint;
  readonly #sum = unknownUsage();
  readonly #raw: unknown[] = [];
  readonly #anomalies = new Set<string>();
  #model: string | null = null;
  #items = 0;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  get model(): string | null {
    return this.#model;
  }

  get anomalies(): ReadonlySet<string> {
    return this.#anomalies;
  }

  message(text: string): void {
    const line = parseJson(text);
    if (isObject(line)) this.value(line);
    else if (text.trim() !== '') this.anomaly('malformed_message');
  }

  document(text: string): boolean {
    const line = parseJson(text);
    if (isObject(line)) this.value(line);
    return line !== undefined;
  }

  value(line: JsonObject): void {
    const answer = answerOf(line);
    if (answer === null) return;
    const reader = new AnswerReader(this.#endpoint, 0);
    reader.value(answer);
    reader.settle({ whole: true, stream: false });
    const { reading } = reader;
    if (reading.rawUsage === null) return;
    addTokens(this.#sum, reading.usage);
    for (const [unit, amount] of Object.entries(reading.usage.units)) {
      const name = unit as keyof Usage['units'];
      this.#sum.units[name] = (this.#sum.units[name] ?? 0) + amount;
    }
    this.#model ??= reading.model;
    if (this.#raw.length < KEPT_RAW) this.#raw.push(reading.rawUsage);
    for (const anomaly of reading.anomalies) this.anomaly(anomaly);
    this.#items += 1;
  }

  anomaly(name: string): void {
    this.#anomalies.add(name);
  }

  /** @param whole the file was read to its end. */
  usage(whole: boolean): Usage {
    if (this.#items === 0) return this.#sum;
    this.#sum.units.batch_items = this.#items;
    this.#sum.state = whole ? 'final' : 'partial';
    this.#sum.source = 'ndjson';
    this.#sum.raw = this.#raw;
    return this.#sum;
  }
}

/** Anthropic: `result.message`; OpenAI: `response.body`; Gemini: `response`. Null for lines that failed, or are none. */
function answerOf(line: JsonObject): JsonObject | null {
  const result = objectAt(line, 'result');
  if (result !== null) return stringAt(result, 'type') === 'succeeded' ? objectAt(result, 'message') : null;
  const response = objectAt(line, 'response');
  return objectAt(response, 'body') ?? response;
}
