import { headerValue, parseResponseHead, type ResponseHead } from '../core/headers.ts';
import { unknownUsage, type Usage, type UsageSource } from '../core/usage.ts';
import { errorOfBody, type StatedError } from '../providers/families/errors.ts';
import { Reading } from '../providers/families/reading.ts';
import { endpointFacts } from '../providers/families/endpoint-facts.ts';
import type { Endpoint } from '../providers/provider.ts';
import { AnswerReader } from './answer-reader.ts';
import { Arrivals } from './arrivals.ts';
import { BatchReader } from './batch-reader.ts';
import type { DecodeProblem } from '../decoders/content-encoding.ts';
import { BodyTap } from './body-tap.ts';
import { AnswerFacts, type ResponseEvidence } from './facts.ts';
import { addHeaderTier, addHeaderUsage, errorTypeOf, grpcErrorOf } from './header-facts.ts';
import { parseJson } from '../decoders/parse-json.ts';
import type { MessageReader } from './message-reader.ts';
import { capturedBody, type MeteredBody, type MeterLimits, type MeterProgress } from './metered.ts';
import { findUsage } from './regex.ts';
import type { RequestSide } from './request-side.ts';
import { ResponseReader } from './response-reader.ts';
import { wantedMembers } from './wanted-members.ts';
import { contentTypeOf, grpcEncodingOf, isTextType } from './verdicts.ts';

/** Errors are short; what is longer is something else. */
const SHORT_TEXT = 256 * 1024;

/** As JSON ends, and streams of it. */
const ENDED = /[}\]]\s{0,32}$/;

const ARRAY_STREAM = /(?::|%3a)stream/i;

const NOTHING_TO_READ = { answer: null, batch: null } as const;

/** What an answer said in the end. */
export interface Answered {
  usage: Usage;
  anomalies: string[];
  reading: Reading;
  dialect: string | null;
  error: StatedError | null;
  /** Model and id by which the answer is counted. */
  model: string | null;
  id: string | null;
  /** It came as a stream of messages. */
  streamed: boolean;
  /** All of its messages came and could be read. */
  intact: boolean;
}

/** What an answer says so far. */
export type AnswerProgress = Pick<
  MeterProgress,
  'model' | 'inputTokens' | 'outputTokens' | 'thinkingLength' | 'tool' | 'text'
>;

export const NOTHING_SAID: AnswerProgress = {
  model: null,
  inputTokens: null,
  outputTokens: null,
  thinkingLength: 0,
  tool: null,
  text: '',
};

/** The response of one exchange: its messages read, and a bounded copy. */
export class ResponseSide {
  readonly head: ResponseHead;
  readonly #request: RequestSide;
  /** Lower case. */
  readonly #contentType: string;
  readonly #answer: AnswerReader | null;
  readonly #batch: BatchReader | null;
  readonly #reader: ResponseReader;
  readonly #arrivals = new Arrivals();
  readonly #tap: BodyTap;
  /** What the endpoint wants to know of the answer's messages; null = nothing. */
  readonly facts: AnswerFacts | null;

  constructor(raw: Uint8Array, request: RequestSide, limits: MeterLimits) {
    this.head = parseResponseHead(raw);
    this.#request = request;
    const contentType = contentTypeOf(this.head.headers);
    this.#contentType = contentType;
    const wanted = request.match === null ? null : endpointFacts(request.match.endpoint);
    this.facts = wanted === null ? null : new AnswerFacts(wanted);
    const { answer, batch } = messageReaders(request, this.head.status, limits, this.facts);
    this.#answer = answer;
    this.#batch = batch;
    const messages: MessageReader | null = answer ?? batch;
    // Google's streams without alt=sse.
    const arrayStreams = ARRAY_STREAM.test(request.head.target);
    const grpc = request.grpc === null ? null : { method: request.grpc, encoding: grpcEncodingOf(this.head.headers) };
    const members = wantedMembers(request.match?.endpoint ?? null);
    const lines = batch !== null;
    const reader = new ResponseReader(messages, { contentType, lines, arrayStreams, grpc, limits, members });
    this.#reader = reader;
    const arrivals = this.#arrivals;
    this.#tap = new BodyTap({
      encoding: headerValue(this.head.headers, 'content-encoding'),
      // A stream is decoded as it comes, for the time of its first content.
      incremental: arrayStreams || !contentType.startsWith('application/json'),
      maxOutput: limits.decodedBytes,
      onBytes: (bytes, at) => {
        if (!reader.kept.truncated) arrivals.add(reader.kept.length, at);
        reader.push(bytes, at);
      },
    });
  }

  /** Nothing of the body could be told apart: there was none, or too little. */
  get unframed(): boolean {
    return this.#reader.framing === null;
  }

  /** A view of what is kept so far. */
  get kept(): Uint8Array {
    return this.#reader.kept.view();
  }

  get isLines(): boolean {
    return this.#reader.framing === 'sse' || this.#reader.framing === 'ndjson';
  }

  /** How the messages were told apart. */
  get source(): UsageSource {
    return this.#reader.source;
  }

  evidence(): ResponseEvidence {
    return {
      status: this.head.status,
      header: (name) => headerValue(this.head.headers, name),
      bytes: () => (this.#tap.problem === null ? this.#reader.length : null),
    };
  }

  /** What is said so far; of the text so many characters of its end. */
  progress(length: number): AnswerProgress {
    const answer = this.#answer;
    if (answer === null) return NOTHING_SAID;
    const { model, thinkingLength, lastTool: tool } = answer.reading;
    return { model, ...answer.countsSoFar(), thinkingLength, tool, text: answer.reading.textEnd(length) };
  }

  push(chunk: Uint8Array, at: number): void {
    this.#tap.push(chunk, at);
  }

  gap(bytes: number): void {
    this.#tap.gap(bytes);
    this.#reader.gap();
  }

  stopKeeping(): void {
    this.#reader.stopKeeping();
  }

  end(): void | Promise<void> {
    return this.#tap.end();
  }

  /** After `end`, once. @param whole the body came to its proper end on the wire. */
  settle(whole: boolean): Answered {
    this.#reader.end(whole);
    const problem = this.#problem;
    // A document that can be parsed was all there; of a stream nobody knows what its content coding still held.
    const isRead = problem === null || (problem === 'cut' && !this.#reader.streamed);
    // Part of a file (206) is as good as a cut one.
    const intact = whole && !this.#reader.damaged && isRead && this.head.status !== 206;
    const anomalies = problem === null ? [] : [`response_encoding_${problem}`];
    if (this.#batch !== null) return this.#settleBatch(this.#batch, intact, anomalies);
    return this.#settleAnswer(this.#answer, intact, whole, anomalies);
  }

  /** See Metered. */
  get arrivals(): readonly number[] {
    return this.#reader.streamed ? this.#arrivals.pairs : [];
  }

  capture(): MeteredBody {
    const { kept, textual } = this.#reader;
    const tap = { wireBytes: this.#tap.wireBytes, problem: this.#problem };
    return capturedBody(kept, tap, textual || isTextType(this.#contentType));
  }

  /** To be asked after the end. Whoever has said its closing word may leave the end of its content coding out. */
  get #problem(): DecodeProblem | 'cut' | null {
    const isClosed = this.#reader.streamed && this.#answer?.reading.finished === true;
    return this.#tap.problem ?? (this.#tap.isCut && !isClosed ? 'cut' : null);
  }

  #settleBatch(batch: BatchReader, intact: boolean, anomalies: string[]): Answered {
    const { source } = this.#reader;
    const usage = batch.usage(intact, source);
    const reading = new Reading(0);
    reading.side = batch.side(intact, source);
    reading.contextTokens = batch.contextTokens;
    reading.costUsd = usage.state === 'final' ? batch.costUsd : null;
    return {
      usage,
      anomalies: [...anomalies, ...batch.anomalies],
      reading,
      dialect: null,
      error: null,
      model: batch.model,
      // Results can be fetched again: they are counted by their batch.
      id: this.#request.match?.id ?? null,
      streamed: false,
      intact,
    };
  }

  #settleAnswer(answer: AnswerReader | null, intact: boolean, whole: boolean, anomalies: string[]): Answered {
    const reading = answer?.reading ?? new Reading(0);
    const usage = answer === null ? unknownUsage() : this.#usage(answer, intact, whole);
    if (answer !== null) anomalies.push(...this.#headerUsage(usage));
    addHeaderTier(reading, this.head.headers);
    if (usage.source === 'regex') anomalies.push('usage_by_regex');
    const { status } = this.head;
    return {
      usage,
      anomalies: [...anomalies, ...reading.anomalies],
      reading,
      dialect: answer?.family?.name ?? null,
      error: status >= 400 ? this.#failure() : (reading.error ?? grpcErrorOf(this.head.headers)),
      model: reading.model,
      id: reading.id,
      streamed: this.#reader.streamed,
      intact,
    };
  }

  #failure(): StatedError {
    const { status, headers } = this.head;
    const error = errorOfBody(parseJson(this.#shortText()), status);
    const type = error.type === `http_${status}` ? errorTypeOf(headers) : null;
    return type === null ? error : { ...error, type };
  }

  #headerUsage(usage: Usage): string[] {
    const map = this.#endpoint?.headerUsage;
    return map === undefined ? [] : addHeaderUsage(usage, map, this.head.headers);
  }

  #usage(answer: AnswerReader, intact: boolean, whole: boolean): Usage {
    answer.settle({ whole: intact, stream: this.#reader.streamed });
    let { usage } = answer.reading;
    for (const side of answer.reading.side) side.usage.source = this.#reader.source;
    if (answer.reading.rawUsage !== null) usage.source = this.#reader.source;
    else if (this.#reader.damaged || answer.family === null) usage = this.#lastResort(whole) ?? usage;
    return usage;
  }

  /** Only for bodies that are JSON in some framing, and only where usage is expected. */
  #lastResort(whole: boolean): Usage | null {
    if (!this.#reader.textual) return null;
    const tail = this.#reader.tail();
    const found = findUsage(tail);
    if (found === null) return null;
    const last = new AnswerReader(this.#endpoint, 0);
    last.value(found);
    // What stands in a document that breaks off may not be the last word of it.
    last.settle({ whole: whole && ENDED.test(tail), stream: false });
    const { rawUsage, usage } = last.reading;
    if (rawUsage === null) return null;
    usage.source = 'regex';
    return usage;
  }

  get #endpoint(): Endpoint | null {
    return this.#request.match?.endpoint ?? null;
  }

  #shortText(): string {
    const { kept } = this.#reader;
    return kept.length > SHORT_TEXT ? '' : kept.view().toString('utf8');
  }
}

interface MessageReaders {
  answer: AnswerReader | null;
  batch: BatchReader | null;
}

function messageReaders(
  request: RequestSide,
  status: number,
  limits: MeterLimits,
  facts: AnswerFacts | null,
): MessageReaders {
  const { kind } = request;
  const endpoint = request.match?.endpoint ?? null;
  if (status >= 400 || kind === 'count' || kind === 'control') return NOTHING_TO_READ;
  if (kind === 'batch_results' && endpoint !== null) return { answer: null, batch: new BatchReader(endpoint, facts) };
  return { answer: new AnswerReader(endpoint, limits.assembledLength, facts, request.match?.model), batch: null };
}
