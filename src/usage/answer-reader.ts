import { RepeatedJson } from '../decoders/repeated-json.ts';
import { FAMILIES } from '../providers/families/dialects.ts';
import { statedError, type StatedError } from '../providers/families/errors.ts';
import type { Ending, Family } from '../providers/families/family.ts';
import { isObject, type JsonObject } from '../providers/families/json.ts';
import { mappedFamily } from '../providers/families/mapped.ts';
import { Reading } from '../providers/families/reading.ts';
import { applyUsageMap, type UsageMap } from '../providers/families/usage-map.ts';
import type { Endpoint } from '../providers/provider.ts';
import type { AnswerFacts } from './facts.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { MessageReader } from './message-reader.ts';

const MARKED = Object.values(FAMILIES).filter((family) => family.byEndpointOnly !== true);
/** Megabytes of base64 in which nothing else stands: not worth parsing. */
const MEDIA_EVENT = /\.(?:partial_image|audio\.delta)$/;
/** Dialects that state with each event how much there is by then. */
const COUNTS_ON: ReadonlySet<string> = new Set(['gemini']);
const mapped = new WeakMap<UsageMap, Family>();

/** Reads the messages of one answer in whatever dialect they turn out to be. */
export class AnswerReader implements MessageReader {
  readonly reading: Reading;
  readonly #hint: Family | null;
  readonly #facts: AnswerFacts | null;
  /** An endpoint that says where its counts are and names no dialect speaks none. */
  readonly #isPlain: boolean;
  #family: Family | null = null;
  readonly #json = new RepeatedJson();
  #done = false;

  /** @param facts told of each message, too. @param pathModel the model that the request's path names. */
  constructor(
    endpoint: Endpoint | null,
    assembledLength: number,
    facts: AnswerFacts | null = null,
    pathModel: string | null = null,
  ) {
    this.reading = new Reading(assembledLength, pathModel);
    this.#hint = hintOf(endpoint);
    this.#facts = facts;
    this.#isPlain = this.#hint === null && endpoint?.units !== undefined;
  }

  /** Set once a message bore the marks of a dialect. */
  get family(): Family | null {
    return this.#family;
  }

  set at(at: number) {
    this.reading.at = at;
  }

  message(text: string, event?: string): void {
    if (this.#done) return;
    if (event !== undefined && MEDIA_EVENT.test(event)) {
      this.reading.content();
      return;
    }
    if (text === '[DONE]') {
      // The closing mark of OpenAI and its compatibles; what follows counts nowhere.
      this.#done = true;
      this.reading.finished = true;
      return;
    }
    const value = this.#json.parse(text);
    if (isObject(value)) this.value(value, event);
    else if (value === undefined && text.trim() !== '') this.anomaly('malformed_message');
  }

  document(text: string): boolean {
    const value = parseJson(text);
    if (isObject(value)) this.value(value);
    else if (value !== undefined) this.#facts?.message(value);
    return value !== undefined;
  }

  value(value: JsonObject, event?: string): void {
    this.#facts?.message(value, event);
    const family = this.#familyFor(value);
    try {
      if (family === null) this.reading.error = statedError(value) ?? this.reading.error;
      else family.read(value, this.reading);
    } catch {
      // A shape that no one foresaw must not cost the rest of the answer.
      this.anomaly('unreadable_message');
    }
  }

  failed(error: StatedError): void {
    this.reading.error = error;
  }

  anomaly(name: string): void {
    this.reading.anomalies.add(name);
  }

  /** What the provider has stated by now. The first event of most dialects has a count of the output that means nothing. */
  countsSoFar(): { inputTokens: number | null; outputTokens: number | null } {
    const family = this.#family;
    const { rawUsage } = this.reading;
    if (family === null || rawUsage === null) return { inputTokens: null, outputTokens: null };
    const { usage } = applyUsageMap(family.usage, rawUsage);
    return { inputTokens: usage.input_tokens, outputTokens: COUNTS_ON.has(family.name) ? usage.output_tokens : null };
  }

  settle(ending: Ending): void {
    try {
      (this.#family ?? this.#hint)?.settle(this.reading, ending);
    } catch {
      this.anomaly('unreadable_message');
    }
  }

  /** The marks in the JSON decide; the endpoint's dialect is asked first, and reads what bears no marks. */
  #familyFor(value: JsonObject): Family | null {
    if (this.#family !== null || this.#isPlain) return this.#family;
    if (this.#hint?.recognises(value)) this.#family = this.#hint;
    else this.#family = MARKED.find((family) => family.recognises(value)) ?? null;
    return this.#family ?? this.#hint;
  }
}

function hintOf(endpoint: Endpoint | null): Family | null {
  if (endpoint?.usage !== undefined) {
    const known = mapped.get(endpoint.usage) ?? mappedFamily(endpoint.usage);
    mapped.set(endpoint.usage, known);
    return known;
  }
  return endpoint?.family === undefined ? null : FAMILIES[endpoint.family];
}
