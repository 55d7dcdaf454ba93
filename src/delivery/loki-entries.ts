/**
 * One call as entries for Loki: those of the session log, and the events of an agent's turn, in the schema of the Go
 * llm-proxy. Pure: the same call gives the same entries.
 */
import { createHash } from 'node:crypto';
import type { CallRecord, CapturedMessage } from '../core/capture.ts';
import { headerValue } from '../core/headers.ts';
import {
  forkEntry,
  isConversation,
  type LoggedCall,
  requestEntry,
  responseEntry,
  type SessionEntry,
  sessionNameOf,
  type SessionPlace,
  sessionStartEntry,
} from '../core/session-entries.ts';
import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import { frameTexts } from '../decoders/frame-texts.ts';
import {
  callLabels,
  hasTools,
  isBedrock,
  type Labels,
  labelsOf,
  type LokiPlace,
  rateLimitStatus,
  statusBucket,
  wordLabel,
} from './loki-labels.ts';
import { lineOf } from './loki-line.ts';
import { type Draft, turnBegins, turnEnds } from './loki-turns.ts';
import type { SessionHistory } from './session-history.ts';

export interface LokiEntry {
  readonly labels: Labels;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  readonly line: string;
}

/** @param history `null` = calls have no numbers: no `seq`, no `session_start` */
export function lokiEntries(exchange: StoredExchange, place: LokiPlace, history: SessionHistory | null): LokiEntry[] {
  const { record } = exchange;
  const session = sessionNameOf(record.session_id, record.started_at, record.id);
  const call: Call = {
    exchange,
    record,
    place: { session, machine: place.machine },
    seq: isConversation(record) ? (history?.numberOf(record.id) ?? null) : null,
    history,
  };
  const drafts = isConversation(record) ? turnOf(call) : [requestOf(call), responseOf(call)];
  const shared = callLabels(record, place);
  const offset = offsetOf(record.id);
  return drafts.map(({ entry, labels }, index) => ({
    labels: labelsOf({ ...shared, log_type: entry.type, ...labels }),
    time: nanoseconds(entry._meta.ts) + offset + BigInt(index),
    line: lineOf(entry),
  }));
}

interface Call {
  exchange: StoredExchange;
  record: CallRecord;
  place: SessionPlace;
  /** Number of the call in its session; `null` = unknown, or it is none of a conversation. */
  seq: number | null;
  history: SessionHistory | null;
}

/** Of a conversation, in the order in which it happened. */
function turnOf(call: Call): Draft[] {
  const started = call.seq === 1 ? [{ entry: sessionStartEntry(call, call.place), labels: {} }] : [];
  return [
    ...started,
    ...forkOf(call),
    requestOf(call),
    ...turnBegins(call.record, call.place, call.exchange.request?.body ?? null),
    responseOf(call),
    ...turnEnds(call.record, call.place),
  ];
}

function forkOf({ record, place, history }: Call): Draft[] {
  const { agent_facts: facts, parent_session_id: parent } = record;
  if (facts?.follows?.how !== 'forks') return [];
  const from = history?.numberOf(facts.follows.call) ?? null;
  return [{ entry: forkEntry({ record }, place, parent ?? place.session, from), labels: {} }];
}

function requestOf(call: Call): Draft {
  const { record, exchange } = call;
  const { request } = exchange;
  const entry = requestEntry(loggedCall(exchange), call.place, call.seq);
  const body = request?.body ?? null;
  return {
    entry: {
      ...typed(entry, record),
      ...(isBedrock(record) ? { _meta: bedrockMeta(entry, record) } : {}),
      ...factsOf(record),
      request_sha: shaOf(request),
      ...(request === null ? WITHOUT_MESSAGE : {}),
    },
    labels: {
      stream: record.stream,
      has_tools: body === null || request?.truncated === true ? null : hasTools(body),
    },
  };
}

function responseOf(call: Call): Draft {
  const { record, exchange } = call;
  const { response } = exchange;
  const entry = responseEntry(loggedCall(exchange), call.place, call.seq, frameTexts);
  const { usage } = record;
  return {
    entry: {
      ...typed(entry, record),
      ...(isBedrock(record) ? { _meta: bedrockMeta(entry, record) } : {}),
      ...factsOf(record),
      stop_reason: record.stop_reason,
      usage: {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cache_read_tokens: usage.cache_read_tokens,
        cache_write_tokens: usage.cache_write_tokens,
        reasoning_tokens: usage.reasoning_tokens,
        source: usage.source,
        state: usage.state,
        ...(usage.estimated.length === 0 ? {} : { estimated: usage.estimated }),
      },
      cost_usd: record.cost_usd,
      ...(response === null ? WITHOUT_MESSAGE : {}),
    },
    labels: {
      stream: record.stream,
      status_bucket: statusBucket(record.status),
      stop_reason: wordLabel(record.stop_reason),
      ratelimit_status: response === null ? null : rateLimitStatus(response.headers),
    },
  };
}

/** Not read, or not kept: JSON leaves out what is undefined. */
const WITHOUT_MESSAGE = { headers: undefined, body: undefined, chunks: undefined };

/** A copy for a comparison: no sum over `request` or `response` counts it. */
function typed(entry: SessionEntry, { leg, comparison_id: comparison }: CallRecord): SessionEntry {
  return leg === 'primary' ? entry : { ...entry, type: `shadow_${entry.type}`, comparison_id: comparison };
}

function bedrockMeta({ _meta: meta }: SessionEntry, { request_model: model }: CallRecord): SessionEntry['_meta'] {
  return Object.assign({ ...meta }, { transport: 'bedrock', model_override: model });
}

function factsOf({ request_model: asked, response_model: answered, operation, inference }: CallRecord): object {
  return { model: asked ?? answered, operation, ...(inference ? {} : { inference }) };
}

/** Of the body as the client sent it; `null` = what is kept is not that. */
function shaOf(request: StoredMessage | null): string | null {
  if (request?.body == null || request.truncated || request.masked) return null;
  return createHash('sha256').update(request.body).digest('hex');
}

const NOTHING: StoredMessage = {
  startLine: '',
  headers: [],
  body: null,
  truncated: false,
  masked: false,
  arrivals: null,
};

function loggedCall({ record, request, response }: StoredExchange): LoggedCall {
  return {
    record,
    request: captured(request ?? NOTHING, record.request_bytes),
    response: response === null ? null : captured(response, record.response_bytes),
    parts: {
      response: response === null || response.body === null ? null : { bytes: response.body },
      arrivals: response?.arrivals ?? null,
    },
  };
}

function captured({ startLine, headers, body, truncated, masked }: StoredMessage, wireBytes: number): CapturedMessage {
  return { startLine, headers, body: { text: textOf(body, headers), wireBytes, truncated, masked } };
}

const BINARY = /^(?:image|audio|video|font)\/|^application\/(?:vnd\.amazon\.eventstream|grpc|octet-stream|x-protobuf)/i;

/** Null for what is no text. A body may end within a character: it may be cut. */
function textOf(body: Uint8Array | null, headers: StoredMessage['headers']): string | null {
  if (body === null || BINARY.test(headerValue(headers, 'content-type') ?? '')) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body, { stream: true });
  } catch {
    return null;
  }
}

function nanoseconds(ts: string): bigint {
  return BigInt(Date.parse(ts)) * 1_000_000n;
}

/**
 * Within the millisecond that is known of its time, a call has a place of its own: microseconds from its id, and its
 * entries a nanosecond each. So they stand in order, and those of calls of one millisecond are told apart.
 */
function offsetOf(id: string): bigint {
  return BigInt(createHash('sha256').update(id).digest().readUInt32BE(0) % 999) * 1000n;
}
