import type { Outcome } from '../core/capture.ts';
import { headerValue, type HeaderPairs, type ResponseHead } from '../core/headers.ts';
import { unknownUsage } from '../core/usage.ts';
import { Reading } from '../providers/families/reading.ts';
import { endpointFacts } from '../providers/families/endpoint-facts.ts';
import type { EndpointMatch, Provider } from '../providers/provider.ts';
import { applyFacts, type FactVerdict } from './apply-facts.ts';
import { AnswerFacts, FactReader, type ResponseEvidence } from './facts.ts';
import { enforceInvariants } from './invariants.ts';
import {
  NO_BODY,
  type Metered,
  type MeteredBody,
  type MeterLimits,
  type MeterProgress,
  type MeterView,
} from './metered.ts';
import { RequestSide } from './request-side.ts';
import { SocketMeter, type SocketHooks } from './socket-meter.ts';
import { NOTHING_SAID, ResponseSide, type Answered } from './response-side.ts';
import { billingOf, costOfHeaders, requestIdOf } from './verdicts.ts';

/** What the meter asks of the provider registry. */
export interface MeterDirectory {
  get(id: string): Provider | null;
  endpoint(id: string | null, method: string, target: string, host: string, headers: HeaderPairs): EndpointMatch | null;
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

const NOTHING = new Uint8Array();
const NO_RESPONSE: ResponseEvidence = { status: 0, header: () => null, bytes: () => null };

/**
 * Meters one exchange: heads and bodies go in as they were on the wire (transfer coding removed), facts come out.
 * Keeps no view of what it is given. Never throws for what the bytes hold.
 */
export class ExchangeMeter {
  readonly #env: MeterEnv;
  /** Null until something of it came. */
  #requestOrNull: RequestSide | null = null;
  #response: ResponseSide | null = null;

  constructor(env: MeterEnv) {
    this.#env = env;
  }

  requestHead(raw: Uint8Array): void {
    this.#requestOrNull = this.#requestSide(raw);
  }

  requestBody(chunk: Uint8Array): void {
    this.#request.push(chunk);
  }

  /** `bytes` of the request body were not captured. */
  requestGap(bytes: number): void {
    this.#request.gap(bytes);
  }

  responseHead(raw: Uint8Array, _at: number): void {
    this.#response = new ResponseSide(raw, this.#request, this.#env.limits);
  }

  /** @param at time of these bytes; the one of the first content is given back. */
  responseBody(chunk: Uint8Array, at: number): void {
    this.#response?.push(chunk, at);
  }

  /** `bytes` of the response body were not captured; more may follow. */
  responseGap(bytes: number): void {
    this.#response?.gap(bytes);
  }

  /** Memory is short: no more of a streamed answer is kept for the logs; it is read on. */
  stopKeeping(): void {
    this.#response?.stopKeeping();
  }

  /** What has come so far. */
  view(): MeterView {
    const request = this.#request;
    const response = this.#response;
    return {
      requestStartLine: request.head.startLine,
      requestHeaders: request.head.headers,
      request: request.kept,
      responseStartLine: response?.head.startLine ?? null,
      responseHeaders: response?.head.headers ?? [],
      response: response?.kept ?? NOTHING,
      isLines: response?.isLines === true,
    };
  }

  /** What it says so far. @param length characters of the end of its text */
  progress(length: number): MeterProgress {
    const { head } = this.#request;
    const response = this.#response;
    const said = response?.progress(length) ?? NOTHING_SAID;
    const status = response?.head.status ?? 0;
    return {
      method: head.method,
      path: head.target,
      requestHeaders: head.headers,
      status: status === 0 ? null : status,
      model: said.model ?? this.#request.facts().model,
      inputTokens: said.inputTokens,
      outputTokens: said.outputTokens,
      thinkingLength: said.thinkingLength,
      tool: said.tool,
      text: said.text,
    };
  }

  /** For what is said on the connection, once it is a WebSocket; null = it is none. */
  socket(hooks: SocketHooks): SocketMeter | null {
    const head = this.#response?.head ?? null;
    if (head === null || !isSwitchedToWebSocket(head)) return null;
    const { head: requestHead, match } = this.#request;
    // What is known of the exchange by now, by the same rules as at its end.
    const twin = new ExchangeMeter(this.#env);
    twin.requestHead(rawHead(requestHead));
    twin.responseHead(rawHead(head), 0);
    const base = twin.end('upgraded', 0);
    if (base instanceof Promise) return null;
    const { method, family, operation } = match?.endpoint ?? {};
    const own = method === 'WS' && family !== undefined ? (operation ?? null) : null;
    return new SocketMeter({ base, operation: own, limits: this.#env.limits, ...hooks });
  }

  /** A promise only when a decoding stream must drain. Call once, last. */
  end(outcome: Outcome, _at: number): Metered | Promise<Metered> {
    const request = this.#request.end();
    const response = this.#response?.end();
    if (!(request instanceof Promise) && !(response instanceof Promise)) return this.#metered(outcome);
    return Promise.all([request, response]).then(() => this.#metered(outcome));
  }

  get #request(): RequestSide {
    return (this.#requestOrNull ??= this.#requestSide(NOTHING));
  }

  #requestSide(raw: Uint8Array): RequestSide {
    const { directory, limits, provider, host } = this.#env;
    return new RequestSide(raw, limits, (method, target, headers) =>
      directory.endpoint(provider, method, target, host, headers),
    );
  }

  #metered(outcome: Outcome): Metered {
    const request = this.#request;
    const response = this.#response;
    const answered = response?.settle(outcome === 'complete') ?? unanswered();
    const { reading } = answered;
    const { model, stream } = request.facts();
    const verdict = this.#verdict(answered, model, outcome);
    const { usage } = verdict;
    const anomalies = anomaliesOf(request, answered, verdict);
    const assembled = reading.assembled();
    const call = this.#call(answered, verdict);
    const heads = this.#heads();
    const kept = keptOf(response);
    // No spread: V8 makes a slow object of a literal that begins with one (35 µs a call, measured on Node 20).
    return {
      provider: call.provider,
      operation: call.operation,
      isInference: call.isInference,
      reread: call.reread,
      dialect: call.dialect,
      request_id: call.request_id,
      billing: call.billing,
      method: heads.method,
      path: heads.path,
      status: heads.status,
      requestStartLine: heads.requestStartLine,
      responseStartLine: heads.responseStartLine,
      requestHeaders: heads.requestHeaders,
      responseHeaders: heads.responseHeaders,
      request_model: verdict.requestModel,
      response_model: verdict.responseModel,
      response_id: verdict.responseId,
      stream: answered.streamed || (stream && response?.unframed !== false),
      service_tier: reading.serviceTier,
      speed: reading.speed,
      region: reading.region,
      dims: verdict.dims,
      usage,
      contextTokens: reading.contextTokens,
      side: reading.side,
      anomalies,
      stop_reason: reading.stopReason,
      finished: answered.streamed && reading.finished,
      tool_calls: (assembled?.toolCalls ?? []).map(({ id, name }) => ({ id, name })),
      assembled,
      error: answered.error,
      firstContentAt: answered.streamed ? reading.firstContentAt : null,
      requestBody: request.capture(),
      responseBody: kept.body,
      arrivals: kept.arrivals,
      providerCostUsd: call.providerCostUsd,
    };
  }

  /** What the exchange says in the end: the endpoint's own rules over what the dialect read. */
  #verdict(answered: Answered, requestModel: string | null, outcome: Outcome): FactVerdict {
    const { match } = this.#request;
    const stated = statedBy(answered, requestModel, match);
    const facts = match === null ? null : endpointFacts(match.endpoint);
    if (facts === null) return stated;
    const response = this.#response;
    const evidence = response?.evidence() ?? NO_RESPONSE;
    const reader = new FactReader(this.#request.evidence(), evidence, response?.facts ?? new AnswerFacts(facts));
    return applyFacts(facts, reader, stated, {
      status: evidence.status,
      whole: outcome === 'complete',
      intact: answered.intact,
      source: response?.source ?? 'json',
    });
  }

  #call({ dialect, reading }: Answered, { usage, operation, costUsd, requestModel: model }: FactVerdict): CallFacts {
    const { kind, match, head } = this.#request;
    const { directory, host, provider: id } = this.#env;
    const provider = id === null ? null : directory.get(id);
    const responseHeaders = this.#response?.head.headers ?? [];
    const stated = usage.state !== 'none';
    const isInference = kind === 'inference' && (match !== null || stated);
    return {
      provider: id,
      operation: operation ?? (stated ? 'unknown' : null),
      // A POST to a path that nothing knows is a call if its answer states a usage.
      isInference,
      reread: kind === 'reread' || kind === 'batch_results',
      dialect,
      request_id: requestIdOf(provider, responseHeaders),
      billing: billingOf({
        provider,
        match,
        requestHeaders: head.headers,
        responseHeaders,
        serviceTier: reading.serviceTier,
        local: provider !== null && directory.isLocal(provider, host),
        model,
      }),
      providerCostUsd: costUsd ?? costOfHeaders(responseHeaders, isInference),
    };
  }

  #heads(): HeadFacts {
    const { method, target, startLine, headers } = this.#request.head;
    const response = this.#response?.head ?? null;
    return {
      method,
      path: target,
      status: response === null || response.status === 0 ? null : response.status,
      requestStartLine: startLine,
      responseStartLine: response?.startLine ?? null,
      requestHeaders: headers,
      responseHeaders: response?.headers ?? [],
    };
  }
}

function isSwitchedToWebSocket({ status, headers }: ResponseHead): boolean {
  return status === 101 && /(?:^|,)\s*websocket\s*(?:,|$)/i.test(headerValue(headers, 'upgrade') ?? '');
}

/** Without a content coding: what would have it never comes. */
function rawHead({ startLine, headers }: { startLine: string; headers: HeaderPairs }): Buffer {
  const kept = headers.filter(([name]) => name.toLowerCase() !== 'content-encoding');
  const lines = [startLine, ...kept.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

function keptOf(response: ResponseSide | null): { body: MeteredBody; arrivals: readonly number[] } {
  return response === null
    ? { body: NO_BODY, arrivals: [] }
    : { body: response.capture(), arrivals: response.arrivals };
}

type CallFacts = Pick<
  Metered,
  'provider' | 'operation' | 'isInference' | 'reread' | 'dialect' | 'request_id' | 'billing' | 'providerCostUsd'
>;

type HeadFacts = Pick<
  Metered,
  'method' | 'path' | 'status' | 'requestStartLine' | 'responseStartLine' | 'requestHeaders' | 'responseHeaders'
>;

/** After this no count is left that cannot be. */
function anomaliesOf(request: RequestSide, { reading, anomalies }: Answered, { usage }: FactVerdict): string[] {
  const found = [...request.anomalies(), ...anomalies, ...enforceInvariants(usage, reading.subsetsOfMore)];
  for (const side of reading.side) found.push(...enforceInvariants(side.usage, reading.subsetsOfMore));
  return found.length < 2 ? found : [...new Set(found)];
}

function statedBy(
  { usage, reading, model, id }: Answered,
  requestModel: string | null,
  match: EndpointMatch | null,
): FactVerdict {
  return {
    usage,
    requestModel,
    responseModel: model,
    responseId: id,
    dims: {},
    costUsd: reading.costUsd,
    operation: match?.endpoint.operation ?? null,
  };
}

function unanswered(): Answered {
  return {
    usage: unknownUsage(),
    anomalies: [],
    reading: new Reading(0),
    dialect: null,
    error: null,
    model: null,
    id: null,
    streamed: false,
    intact: false,
  };
}
