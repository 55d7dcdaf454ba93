import type { CallContext } from '../core/call-context.ts';
import type {
  Arrival,
  AssembledOutput,
  CallRecord,
  Capture,
  CaptureParts,
  CapturedMessage,
  Cost,
  Outcome,
} from '../core/capture.ts';
import { headerValue, type HeaderPairs } from '../core/headers.ts';
import { formatAuthority } from '../core/hosts.ts';
import type { ConnectionInfo } from '../core/recorder-port.ts';
import { maskHeaders, maskBody, maskTarget, maskText } from '../core/redact.ts';
import { BILLED_UNKNOWN } from '../core/totals.ts';
import { unknownUsage } from '../core/usage.ts';
import type { SessionPart } from '../core/sessions.ts';
import type { PriceQuestion } from '../pricing/cost.ts';
import { markGuess } from '../pricing/price-again.ts';
import { identify } from '../session/identify.ts';
import type { Placed } from '../session/seen-call.ts';
import type { Metered } from '../usage/metered.ts';
import { type Counted, countedUsage, type CountingDeps } from './counted-usage.ts';
import type { CleanSlices } from './clean-slices.ts';
import type { FinishedExchange } from './live-exchange.ts';
import { type MaskedBody, maskedRequest, maskedResponse } from './masked-body.ts';
import { notePlace, type Placeable } from './place-call.ts';

export interface RecordDeps extends CountingDeps {
  price(question: PriceQuestion): Cost;
  newId(wall: number): string;
  /** False: of what passes there (payments, messages, searches, vectors) usage alone is kept. */
  keepsBodies(provider: string): boolean;
  /** The conversation that the call is a part of. */
  place(call: Placeable): Placed;
  /** Requests that were searched for secrets before. */
  clean: CleanSlices;
}

const UNPRICED: Cost = { nanos: null, source: null, price_date: null, confidence: 'unpriced', lines: [] };
const EMPTY_BODY = { text: null, wireBytes: 0, truncated: false, masked: false } as const;
const NO_PARTS: CaptureParts = { request: null, response: null, arrivals: null };
const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * One finished exchange -> its capture, and one more for each other model that spoke inside the answer.
 * From here on no secret is left: this is the only place where live data becomes a capture.
 */
export function recordExchange(finished: FinishedExchange, deps: RecordDeps): Capture[] {
  const { metered } = finished;
  const provider = metered.provider ?? finished.facts.connection.provider ?? 'unknown';
  const counted = countedUsage(finished, provider, deps);
  const cost = mainCost(finished, provider, counted, deps);
  const record = recordOf(finished, provider, counted, cost, deps);
  const kept = deps.keepsBodies(provider) ? metered : withoutBodies(metered);
  const chunks = { pairs: metered.arrivals, openedAt: finished.facts.openedAt };
  const whole = captureOf(record, cost, kept, deps.clean, chunks);
  const main = { ...whole, session: placeOf(finished, whole, deps) };
  return [main, ...metered.side.map((side) => sideCapture(main, side, finished, counted, deps))];
}

/** Told of the record, too. */
function placeOf(
  finished: FinishedExchange,
  { record, parts, assembled }: Capture,
  deps: RecordDeps,
): SessionPart | null {
  const placed = deps.place({ finished, record, request: parts.request, assembled });
  notePlace(record, placed);
  return placed.part;
}

function recordOf(
  finished: FinishedExchange,
  provider: string,
  counted: Counted,
  cost: Cost,
  deps: RecordDeps,
): CallRecord {
  const { facts, end, metered } = finished;
  const { nanos, ...costFields } = cost;
  const error = end.error ?? metered.error;
  const requestBytes = facts.requestBytes + end.opaqueRequestBytes;
  const responseBytes = facts.responseBytes + end.opaqueResponseBytes;
  return {
    id: finished.id ?? deps.newId(facts.wall),
    started_at: new Date(facts.wall).toISOString(),
    provider,
    operation: metered.operation,
    inference: counted.inference,
    settles: counted.settles !== null,
    host: hostOf(facts.connection),
    path: maskTarget(originForm(metered.path)),
    method: metered.method,
    status: metered.status,
    request_model: masked(requestModel(finished, counted)),
    response_model: masked(metered.response_model),
    response_id: metered.response_id,
    request_id: metered.request_id,
    retry_count: retryCountOf(metered.requestHeaders),
    stream: metered.stream,
    transport: transportOf(finished),
    billing: metered.billing,
    service_tier: masked(metered.service_tier),
    speed: masked(metered.speed),
    region: masked(metered.region),
    dims: Object.fromEntries(Object.entries(metered.dims).map(([name, fact]) => [name, maskText(fact)])),
    context_tokens: metered.contextTokens,
    usage: counted.usage,
    anomalies: [...metered.anomalies, ...counted.anomalies, ...(end.marks ?? [])],
    cost_usd: nanos === null ? null : nanos / 1e9,
    cost: costFields,
    ...timesOf(finished),
    stop_reason: metered.stop_reason,
    tool_calls: metered.tool_calls.map(({ id, name }) => ({ id, name: maskText(name) })),
    ...identityOf(finished),
    agent_facts: null,
    ...legOf(finished),
    outcome: outcomeOf(finished),
    error: error === null ? null : { type: maskText(error.type), message: maskText(error.message) },
    request_bytes: requestBytes,
    response_bytes: responseBytes,
    capture: {
      truncated: metered.requestBody.truncated || metered.responseBody.truncated || facts.dropped > 0,
      dropped: facts.dropped,
    },
  };
}

/** The SDK of OpenAI in Python, for one, closes the connection as soon as it has read `[DONE]`. */
function outcomeOf({ end: { outcome }, metered }: FinishedExchange): Outcome {
  return outcome === 'client_aborted' && metered.finished ? 'complete' : outcome;
}

/** As the client named it, wherever. */
function requestModel({ end, metered }: FinishedExchange, { settles }: Counted): string | null {
  return end.steer?.askedModel ?? metered.request_model ?? settles?.model ?? null;
}

function legOf({ facts, end }: FinishedExchange): Pick<CallRecord, 'mode' | 'leg' | 'steer' | 'comparison_id'> {
  const leg = facts.connection.leg ?? 'primary';
  const { steer } = end;
  // Its end was never told: what its connection was for is known all the same.
  if (steer === undefined)
    return { mode: leg === 'shadow' ? 'compare' : 'passthrough', leg, steer: null, comparison_id: null };
  const { mode, rule, sentTo, sentModel, comparison } = steer;
  return {
    mode,
    leg,
    steer: { rule: maskText(rule), sent_to: masked(sentTo), sent_model: masked(sentModel) },
    comparison_id: comparison,
  };
}

/** Money for what counts here; the provider's own word on it goes with its usage. */
function mainCost(finished: FinishedExchange, provider: string, counted: Counted, deps: RecordDeps): Cost {
  const { metered } = finished;
  const { usage } = counted;
  if (counted.anomalies.includes(BILLED_UNKNOWN)) return { ...UNPRICED, reason: BILLED_UNKNOWN };
  if (!counted.first) return UNPRICED;
  const asked = finished.end.steer?.sentModel ?? requestModel(finished, counted);
  const model = metered.response_model ?? asked;
  const { contextTokens, providerCostUsd } = metered;
  const cost = priceOf(finished, provider, { usage, model, asked, contextTokens, providerCostUsd }, deps);
  return markGuess(cost, usage);
}

/** What differs between the main part of an answer and the others. */
type Priced = Pick<PriceQuestion, 'usage' | 'model' | 'asked' | 'contextTokens' | 'providerCostUsd'>;

function priceOf({ facts, metered }: FinishedExchange, provider: string, priced: Priced, deps: RecordDeps): Cost {
  if (priced.usage.state === 'none' && priced.providerCostUsd === null) return UNPRICED;
  // No spread: see usage/meter.ts.
  const cost = deps.price({
    provider,
    model: priced.model,
    asked: priced.asked ?? null,
    usage: priced.usage,
    contextTokens: priced.contextTokens ?? null,
    providerCostUsd: priced.providerCostUsd,
    operation: metered.operation,
    dims: metered.dims,
    host: facts.connection.host,
    serviceTier: metered.service_tier,
    speed: metered.speed,
    region: metered.region,
    billing: metered.billing,
    at: facts.wall,
  });
  // A provider that states 1e300 dollars spoils no sum.
  return cost.nanos === null || Number.isSafeInteger(cost.nanos) ? cost : UNPRICED;
}

/** The part of an answer that another model gave: its own tokens, money and model; no request, bytes or tools of its own. */
function sideCapture(
  main: Capture,
  side: Metered['side'][number],
  finished: FinishedExchange,
  counted: Counted,
  deps: RecordDeps,
): Capture {
  const { record } = main;
  const usage = counted.first ? side.usage : { ...unknownUsage(), raw: side.usage.raw };
  const { model, contextTokens = null } = side;
  const providerCostUsd = counted.first ? (side.providerCostUsd ?? null) : null;
  const cost = markGuess(
    priceOf(finished, record.provider, { usage, model, contextTokens, providerCostUsd }, deps),
    usage,
  );
  const { nanos, ...costFields } = cost;
  return {
    record: {
      ...record,
      id: deps.newId(finished.facts.wall),
      operation: side.kind,
      inference: false,
      settles: false,
      request_model: null,
      response_model: masked(side.model),
      context_tokens: contextTokens,
      usage,
      anomalies: counted.anomalies,
      cost_usd: nanos === null ? null : nanos / 1e9,
      cost: costFields,
      stop_reason: null,
      tool_calls: [],
      agent_facts: null,
      error: null,
      request_bytes: 0,
      response_bytes: 0,
    },
    costNanos: nanos,
    request: { ...main.request, body: EMPTY_BODY },
    response: main.response === null ? null : { ...main.response, body: EMPTY_BODY },
    assembled: null,
    parts: NO_PARTS,
    session: main.session === null ? null : { ...main.session, edges: [], tip: null },
  };
}

/** How long they were is told; what they said is not. */
function withoutBodies(metered: Metered): Metered {
  const requestBody = { ...metered.requestBody, text: null, bytes: null };
  const responseBody = { ...metered.responseBody, text: null, bytes: null };
  return { ...metered, requestBody, responseBody, assembled: null };
}

/** What of an exchange stands in its capture beside the record. */
type Kept = Pick<
  Metered,
  | 'requestStartLine'
  | 'requestHeaders'
  | 'requestBody'
  | 'responseStartLine'
  | 'responseHeaders'
  | 'responseBody'
  | 'assembled'
  | 'stream'
>;

/** When the chunks of an answer came: see Metered.arrivals. */
interface Chunks {
  pairs: readonly number[];
  /** When the request began, on the same clock. */
  openedAt: number;
}

export function captureOf(
  record: CallRecord,
  cost: Pick<Cost, 'nanos'>,
  metered: Kept,
  clean: CleanSlices,
  chunks: Chunks | null = null,
): Capture {
  const { responseStartLine: startLine, responseHeaders: headers } = metered;
  const request = maskedRequest(metered.requestBody, metered.requestHeaders, clean);
  const answer = startLine === null ? null : maskedResponse(metered.responseBody, headers, metered.stream);
  return {
    record,
    costNanos: cost.nanos,
    request: messageOf(maskStartLine(metered.requestStartLine), metered.requestHeaders, request),
    response: answer === null ? null : messageOf(maskText(startLine ?? ''), headers, answer),
    assembled: maskAssembled(metered.assembled, metered.responseBody.text, answer?.body.text ?? null),
    parts: { request: request.cut, response: answer?.cut ?? null, arrivals: arrivalsOf(chunks, answer) },
    session: null,
  };
}

function messageOf(startLine: string, headers: HeaderPairs, { body }: MaskedBody): CapturedMessage {
  return { startLine, headers: maskHeaders(headers), body };
}

/** Where something was masked, the places of the chunks are no longer those of the bytes. */
function arrivalsOf(chunks: Chunks | null, answer: MaskedBody | null): Arrival[] | null {
  if (chunks === null || answer === null || answer.cut === null || answer.body.masked) return null;
  const { pairs, openedAt } = chunks;
  if (pairs.length === 0) return null;
  const list: Arrival[] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    list.push({ offset: pairs[index] ?? 0, at: Math.max(0, (pairs[index + 1] ?? 0) - openedAt) });
  }
  return list;
}

/** @param body of the response, @param masked the same without secrets */
function maskAssembled(
  assembled: AssembledOutput | null,
  body: string | null,
  masked: string | null,
): AssembledOutput | null {
  if (assembled === null) return null;
  const { text, thinking, toolCalls } = assembled;
  // What stands in one piece, as a string of its own, in a body that had no secret has none: half of the search saved.
  const isClean = body !== null && body === masked && body.includes(`"${text}"`);
  return {
    text: isClean ? text : maskText(text),
    thinking: maskText(thinking),
    toolCalls: toolCalls.map(({ id, name, input }) => ({ id, name: maskText(name), input: maskBody(input) })),
  };
}

export function maskStartLine(line: string): string {
  const [method = '', target, ...rest] = line.split(' ');
  return target === undefined ? maskText(line) : [maskText(method), maskTarget(target), ...rest].join(' ');
}

function identityOf({ facts, metered, session = null, socket }: FinishedExchange): CallContext {
  const identity = identify({
    requestHeaders: metered.requestHeaders,
    requestBody: metered.requestBody.text,
    runId: facts.connection.runId,
  });
  identity.session_id ??= session;
  if (socket !== undefined) {
    // A step of the connection, which has the span that the request names, or its own id for one.
    identity.parent_span_id = identity.span_id ?? socket;
    identity.span_id = null;
  }
  for (const key of Object.keys(identity) as (keyof CallContext)[]) identity[key] = masked(identity[key]);
  return identity;
}

/** As the SDKs of OpenAI, Anthropic and their kin number their attempts. */
function retryCountOf(headers: HeaderPairs): number | null {
  const text = headerValue(headers, 'x-stainless-retry-count')?.trim() ?? '';
  return /^\d{1,3}$/.test(text) ? Number(text) : null;
}

/** From the first byte of the request, which is when the net thread opens an exchange. Milliseconds. */
function timesOf({ facts, metered }: FinishedExchange): Pick<CallRecord, 'duration_ms' | 'ttfb_ms' | 'ttft_ms'> {
  const since = (at: number | null): number | null => (at === null ? null : rounded(at - facts.openedAt));
  return {
    duration_ms: rounded(facts.endedAt - facts.openedAt),
    ttfb_ms: since(facts.responseHeadAt),
    ttft_ms: metered.stream ? since(metered.firstContentAt) : null,
  };
}

/** Microseconds are what the clock is good for. */
function rounded(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 1000) / 1000);
}

function transportOf({ facts, end, metered }: FinishedExchange): CallRecord['transport'] {
  if (facts.connection.signed === true) return 'bedrock';
  const upgraded = end.outcome === 'upgraded' || metered.status === 101;
  const protocol = upgraded ? headerValue(metered.responseHeaders, 'upgrade') : null;
  return protocol?.toLowerCase() === 'websocket' ? 'websocket' : facts.connection.scheme;
}

export function hostOf({ host, port, scheme }: ConnectionInfo): string {
  return port === DEFAULT_PORTS[scheme] ? host : formatAuthority({ host, port });
}

/** `http://host/v1/x` -> `/v1/x`: clients of a plain proxy name the host twice. */
export function originForm(target: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target);
  if (match === null) return target;
  const rest = target.slice(match[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function masked<T extends string | null>(text: T): T {
  return (text === null ? null : maskText(text)) as T;
}
