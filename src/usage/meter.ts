import type { Outcome } from '../core/capture.ts';
import {
  headerValue,
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  type ResponseHead,
} from '../core/headers.ts';
import { unknownUsage, type Usage } from '../core/usage.ts';
import { ByteBuffer } from '../decoders/byte-buffer.ts';
import { errorOfBody } from '../providers/families/errors.ts';
import { objectsAt } from '../providers/families/json.ts';
import type { EndpointKind, EndpointMatch, Provider } from '../providers/provider.ts';
import { AnswerReader } from './answer-reader.ts';
import { BatchReader } from './batch-reader.ts';
import { BodyTap } from './body-tap.ts';
import { parseJson } from './message-reader.ts';
import type { Metered, MeteredBody, MeterLimits } from './metered.ts';
import { findUsage } from './regex.ts';
import { RequestReader, type RequestFacts } from './request-facts.ts';
import { ResponseReader } from './response-reader.ts';
import { billingOf, contentTypeOf, isTextType, requestIdOf } from './verdicts.ts';

/** What the meter asks of the provider registry. */
export interface MeterDirectory {
  get(id: string): Provider | null;
  endpoint(id: string | null, method: string, target: string): EndpointMatch | null;
  isLocal(provider: Provider, host: string): boolean;
}

export interface MeterEnv {
  directory: MeterDirectory;
  host: string;
  port: number;
  /** Provider id; null = a host that is metered by dialect. */
  provider: string | null;
  limits: MeterLimits;
}

const NO_REQUEST: RequestHead = { startLine: '', method: '', target: '', headers: [] };

/** Error documents are short; a longer one is a page. */
const ERROR_TEXT = 256 * 1024;

/**
 * Meters one exchange: heads and bodies go in as they were on the wire (transfer coding removed), facts come out.
 * Keeps no view of what it is given. Never throws for what the bytes hold.
 */
export class ExchangeMeter {
  readonly #env: MeterEnv;
  readonly #provider: Provider | null;
  #request = NO_REQUEST;
  #match: EndpointMatch | null = null;
  #requestBody: { tap: BodyTap; kept: ByteBuffer; reader: RequestReader } | null = null;
  #response: ResponseHead | null = null;
  #responseBody: { tap: BodyTap; reader: ResponseReader } | null = null;
  #answer: AnswerReader | null = null;
  #batch: BatchReader | null = null;

  constructor(env: MeterEnv) {
    this.#env = env;
    this.#provider = env.provider === null ? null : env.directory.get(env.provider);
  }

  requestHead(raw: Uint8Array): void {
    this.#request = parseRequestHead(raw);
    this.#match = this.#env.directory.endpoint(this.#env.provider, this.#request.method, this.#request.target);
    const kept = new ByteBuffer(this.#env.limits.bodyBytes);
    const reader = new RequestReader(contentTypeOf(this.#request.headers));
    const tap = new BodyTap({
      encoding: headerValue(this.#request.headers, 'content-encoding'),
      incremental: false,
      maxOutput: this.#env.limits.decodedBytes,
      onBytes: (bytes) => {
        kept.push(bytes);
        reader.push(bytes);
      },
    });
    this.#requestBody = { tap, kept, reader };
  }

  requestBody(chunk: Uint8Array): void {
    this.#requestBody?.tap.push(chunk, 0);
  }

  /** `bytes` of the request body were not captured. */
  requestGap(bytes: number): void {
    this.#requestBody?.tap.gap(bytes);
    this.#requestBody?.kept.markTruncated();
  }

  responseHead(raw: Uint8Array, _at: number): void {
    this.#response = parseResponseHead(raw);
    const { headers } = this.#response;
    const contentType = contentTypeOf(headers);
    const messages = this.#messageReader(this.#response.status);
    const lines = this.#kind() === 'batch_results';
    const reader = new ResponseReader(messages, { contentType, lines, limits: this.#env.limits });
    const tap = new BodyTap({
      encoding: headerValue(headers, 'content-encoding'),
      // A stream is decoded as it comes, for the time of its first content; Google's may come as application/json.
      incremental: !contentType.startsWith('application/json') || this.#request.target.includes(':stream'),
      maxOutput: this.#env.limits.decodedBytes,
      onBytes: (bytes, at) => reader.push(bytes, at),
    });
    this.#responseBody = { tap, reader };
  }

  responseBody(chunk: Uint8Array, at: number): void {
    this.#responseBody?.tap.push(chunk, at);
  }

  /** `bytes` of the response body were not captured; what follows is its end. */
  responseGap(bytes: number): void {
    this.#responseBody?.tap.gap(bytes);
    this.#responseBody?.reader.gap();
  }

  /** A promise only when a decoding stream must drain. Call once, last. */
  end(outcome: Outcome, _at: number): Metered | Promise<Metered> {
    const waits = [this.#requestBody?.tap.end(), this.#responseBody?.tap.end()].filter(
      (wait) => wait instanceof Promise,
    );
    if (waits.length === 0) return this.#settle(outcome);
    return Promise.all(waits).then(() => this.#settle(outcome));
  }

  #kind(): EndpointKind {
    // Only a POST is taken for a call when nothing knows the path.
    return (
      this.#match?.endpoint.kind ?? (this.#match !== null || this.#request.method === 'POST' ? 'inference' : 'control')
    );
  }

  #messageReader(status: number): AnswerReader | BatchReader | null {
    const kind = this.#kind();
    const endpoint = this.#match?.endpoint ?? null;
    if (kind === 'count' || kind === 'control' || status >= 400) return null;
    if (kind === 'batch_results' && endpoint !== null) {
      this.#batch = new BatchReader(endpoint);
      return this.#batch;
    }
    this.#answer = new AnswerReader(endpoint, this.#env.limits.assembledLength);
    return this.#answer;
  }

  #settle(outcome: Outcome): Metered {
    const body = this.#responseBody;
    const whole = outcome === 'complete';
    body?.reader.end(whole);
    const anomalies = new Set<string>();
    if (body?.tap.problem) anomalies.add(`response_encoding_${body.tap.problem}`);
    if (this.#requestBody?.tap.problem) anomalies.add(`request_encoding_${this.#requestBody.tap.problem}`);
    const intact = whole && body?.reader.damaged === false && body.tap.problem === null;
    const usage = this.#batch?.usage(intact) ?? this.#usage(intact, whole, anomalies);
    for (const anomaly of this.#batch?.anomalies ?? this.#answer?.reading.anomalies ?? []) anomalies.add(anomaly);
    return this.#metered(usage, [...anomalies]);
  }

  #usage(intact: boolean, whole: boolean, anomalies: Set<string>): Usage {
    const answer = this.#answer;
    const reader = this.#responseBody?.reader;
    if (answer === null || reader === undefined) return unknownUsage();
    const stream = reader.framing !== 'document';
    answer.settle({ whole: intact, stream });
    let { usage } = answer.reading;
    if (answer.reading.rawUsage !== null) usage.source = reader.source;
    else if (reader.damaged || answer.family === null) usage = this.#lastResort(reader, whole) ?? usage;
    if (usage.source === 'regex') anomalies.add('usage_by_regex');
    this.#countImages(usage);
    return usage;
  }

  /** Only for bodies that are JSON in some framing, and only where usage is expected. */
  #lastResort(reader: ResponseReader, whole: boolean): Usage | null {
    if (reader.framing === null || reader.framing === 'opaque') return null;
    const found = findUsage(reader.tail());
    if (found === null) return null;
    const last = new AnswerReader(this.#match?.endpoint ?? null, 0);
    last.value(found);
    last.settle({ whole, stream: false });
    const { rawUsage, usage } = last.reading;
    if (rawUsage === null) return null;
    usage.source = 'regex';
    return usage;
  }

  /** Image models without token counts are paid by the image. */
  #countImages(usage: Usage): void {
    if (this.#match?.endpoint.operation.startsWith('image_') !== true || usage.input_tokens !== null) return;
    const images = objectsAt(parseJson(this.#keptText(ERROR_TEXT)), 'data').length;
    if (images > 0) usage.units.images = images;
  }

  #keptText(max: number): string {
    const kept = this.#responseBody?.reader.kept;
    return kept === undefined || kept.length > max ? '' : kept.view().toString('utf8');
  }

  #error(): Metered['error'] {
    const status = this.#response?.status ?? 0;
    if (status >= 400) return errorOfBody(parseJson(this.#keptText(ERROR_TEXT)), status);
    return this.#answer?.reading.error ?? null;
  }

  #requestFacts(): RequestFacts {
    const facts = this.#requestBody?.reader.facts() ?? { model: null, stream: false };
    return { ...facts, model: facts.model ?? this.#match?.model ?? null };
  }

  #metered(usage: Usage, anomalies: string[]): Metered {
    const { method, target, headers: requestHeaders, startLine: requestStartLine } = this.#request;
    const responseHeaders = this.#response?.headers ?? [];
    const reading = this.#answer?.reading ?? null;
    const kind = this.#kind();
    const known = this.#match !== null || usage.state !== 'none';
    const facts = this.#requestFacts();
    const framing = this.#responseBody?.reader.framing ?? null;
    const streamed = framing === 'sse' || framing === 'ndjson' || framing === 'json-array';
    const provider = this.#provider;
    const serviceTier = reading?.serviceTier ?? null;
    return {
      provider: this.#env.provider,
      operation: this.#match?.endpoint.operation ?? (usage.state === 'none' ? null : 'unknown'),
      isInference: kind === 'inference' && known,
      reread: kind === 'reread' || kind === 'batch_results',
      dialect: this.#answer?.family?.name ?? null,
      method,
      path: target,
      status: this.#response?.status ?? null,
      requestStartLine,
      responseStartLine: this.#response?.startLine ?? null,
      requestHeaders,
      responseHeaders,
      request_model: facts.model,
      response_model: reading?.model ?? this.#batch?.model ?? null,
      response_id: reading?.id ?? (this.#batch === null ? null : (this.#match?.id ?? null)),
      request_id: requestIdOf(provider, responseHeaders),
      stream: this.#batch === null && (streamed || (facts.stream && framing === null)),
      billing: billingOf({
        provider,
        match: this.#match,
        requestHeaders,
        responseHeaders,
        serviceTier,
        local: provider !== null && this.#env.directory.isLocal(provider, this.#env.host),
      }),
      service_tier: serviceTier,
      speed: reading?.speed ?? null,
      region: reading?.region ?? null,
      usage,
      side: reading?.side ?? [],
      anomalies,
      stop_reason: reading?.stopReason ?? null,
      ...assembledOf(reading),
      error: this.#error(),
      firstContentAt: streamed ? (reading?.firstContentAt ?? null) : null,
      requestBody: this.#requestCapture(),
      responseBody: this.#responseCapture(),
      providerCostUsd: reading?.costUsd ?? null,
    };
  }

  #requestCapture(): MeteredBody {
    const body = this.#requestBody;
    if (body === null) return NO_BODY;
    const unread = body.tap.problem !== null;
    return captured(
      body.kept,
      body.tap.wireBytes,
      isTextType(contentTypeOf(this.#request.headers)) || startsAsJson(body.kept),
      unread,
    );
  }

  #responseCapture(): MeteredBody {
    const body = this.#responseBody;
    if (body === null) return NO_BODY;
    const { framing, kept } = body.reader;
    const isText =
      (framing !== null && framing !== 'opaque') || isTextType(contentTypeOf(this.#response?.headers ?? []));
    return captured(kept, body.tap.wireBytes, isText, body.tap.problem !== null);
  }
}

const NO_BODY: MeteredBody = { text: null, bytes: null, wireBytes: 0, truncated: false };

function captured(kept: ByteBuffer, wireBytes: number, isText: boolean, unread: boolean): MeteredBody {
  const truncated = kept.truncated || unread;
  if (kept.length === 0) return { text: wireBytes === 0 ? '' : null, bytes: null, wireBytes, truncated };
  const bytes = kept.view();
  return { text: isText ? bytes.toString('utf8') : null, bytes, wireBytes, truncated };
}

function startsAsJson(kept: ByteBuffer): boolean {
  const first = kept.view()[0];
  return first === 0x7b || first === 0x5b;
}

function assembledOf(reading: AnswerReader['reading'] | null): Pick<Metered, 'assembled' | 'tool_calls'> {
  const assembled = reading?.assembled() ?? null;
  return { assembled, tool_calls: (assembled?.toolCalls ?? []).map(({ id, name }) => ({ id, name })) };
}
