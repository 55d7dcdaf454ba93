import type { CutBody } from './blocks.ts';
import type { CallContext } from './call-context.ts';
import type { AgentFacts, SessionPart } from './sessions.ts';
import type { Usage } from './usage.ts';

/** Money for one usage. `null` amount = unknown price, shown as "unpriced", never as 0. */
export interface Cost {
  /** Integer nano-dollars (1 USD = 1e9), so that sums are exact. */
  nanos: number | null;
  /** Who said so: the provider itself, the price table, the list in the provider's file, or the user. Of the first line. */
  source: 'provider' | 'genai-prices' | 'list-price' | 'override' | null;
  /** Day (YYYY-MM-DD, or a month) on which the price was taken or checked. */
  price_date: string | null;
  /**
   * `exact`: model and all classes priced. `partial`: some unit has no price. `estimated`: a count in it is ours, not
   * the provider's. `unpriced`: no price at all.
   */
  confidence: 'exact' | 'partial' | 'estimated' | 'unpriced';
  /** Why there is no price, when it is not for want of a price: the provider bills it and nobody knows how much. */
  reason?: 'billed_amount_unknown';
  lines: CostLine[];
}

export interface CostLine {
  /** What was billed, e.g. `input_tokens`, `cache_read_tokens`, `web_searches`. */
  unit: string;
  amount: number;
  /** USD for `per` units: the published price times what `note` says. */
  price_usd: number | null;
  per: number;
  /** `amount` times the price, rounded half up once. The lines add up to the cost. */
  nanos: number | null;
  /** Where the price stands: `provider`, `genai-prices openai/gpt-4o`, a page, the user's own words. */
  source: string | null;
  price_date: string | null;
  /** What changed the published price, e.g. `batch x0.5`, `above 200000 input tokens`. */
  note?: string;
}

/** How the call is paid for. */
export type Billing = 'metered' | 'subscription' | 'free' | 'cached_by_gateway' | 'batch';

/** `passthrough`: to where the client sent it. `target`: elsewhere instead. `compare`: a copy elsewhere as well. */
export type Mode = 'passthrough' | 'target' | 'compare';

/** Where a call went that a mode or a rule had a say in. */
export interface Steer {
  /** Name of the rule that decided, `mode` for the mode itself, `model` for the registry. */
  rule: string;
  /** URL without its query; `null` = where the client sent it. */
  sent_to: string | null;
  /** The model that was asked for there; `null` = as in `request_model`. */
  sent_model: string | null;
}

/** How an exchange may end, as seen on the wire. */
export const OUTCOMES = [
  'complete',
  /** The client left before the response was whole. */
  'client_aborted',
  /** The upstream cut a framed message, or the connection before it answered. */
  'upstream_aborted',
  /** No upstream: refused, unresolvable, bad certificate. The client got a 502 of ours. */
  'upstream_error',
  /** Policy said no; the client got a 4xx of ours. */
  'refused',
  /** The parser gave up on this connection; the bytes flowed on. */
  'unparsed',
  /** 101 Switching Protocols: opaque from there on. */
  'upgraded',
  /** The daemon stopped while the exchange was live. */
  'shutdown',
  /** The daemon died while the exchange was live: what was known a moment before. */
  'interrupted',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export interface ToolCall {
  id: string | null;
  name: string;
}

/** One finished call, as the API, the JSONL export and `calls --json` show it (docs/api.md). */
export interface CallRecord extends CallContext {
  id: string;
  /** ISO 8601 UTC with milliseconds. */
  started_at: string;
  provider: string;
  operation: string | null;
  /**
   * True: one call of a model, counted in `requests`. False: model lists, token counting, re-reads of a stored answer,
   * and the part of an answer that another model gave (advisor): recorded, tokens and money count, requests do not.
   */
  inference: boolean;
  /** True: its numbers are those of an earlier call, which was answered without: a job that was submitted and polled. */
  settles: boolean;
  host: string;
  /** Path with query; secrets masked. */
  path: string;
  method: string;
  status: number | null;
  request_model: string | null;
  response_model: string | null;
  response_id: string | null;
  request_id: string | null;
  /** The client's own count: 2 = two attempts came before this one. Each attempt is a call. */
  retry_count: number | null;
  stream: boolean;
  /** `bedrock` = it came unsigned to a base URL and was signed here. */
  transport: 'http' | 'https' | 'websocket' | 'bedrock';
  billing: Billing;
  /** As the provider wrote it (`flex`, `priority`, `batch` ...); it changes the price. So do the next four. */
  service_tier: string | null;
  /** Anthropic: `standard` or `fast`. */
  speed: string | null;
  /** Where inference ran, as the provider wrote it. */
  region: string | null;
  /** Facts of the request, e.g. size and quality of images. */
  dims: Record<string, string>;
  /** Input tokens by which steps in price go, where they are not `usage.input_tokens`: of the longest answer of a batch. */
  context_tokens: number | null;
  usage: Usage;
  anomalies: string[];
  cost_usd: number | null;
  cost: Omit<Cost, 'nanos'>;
  /** Request's first byte to response's last byte. */
  duration_ms: number;
  /** Request's first byte to the response head. */
  ttfb_ms: number | null;
  /** Request's first byte to the first generated content of a stream. */
  ttft_ms: number | null;
  stop_reason: string | null;
  tool_calls: ToolCall[];
  /** As a step of its conversation; `null` = it is none. */
  agent_facts: AgentFacts | null;
  mode: Mode;
  /** `shadow` = a copy, made for a comparison: it counts in no total. */
  leg: 'primary' | 'shadow';
  /** `null` = no mode and no rule had a say in it. */
  steer: Steer | null;
  /** Both legs of a comparison have the same; `null` = it is none. */
  comparison_id: string | null;
  outcome: Outcome;
  error: { type: string; message: string } | null;
  /** Body bytes on the wire. */
  request_bytes: number;
  response_bytes: number;
  capture: { truncated: boolean; dropped: number };
}

/** A message as it was on the wire, secrets masked, content-encoding removed. */
export interface CapturedMessage {
  /** `POST /v1/messages HTTP/1.1` or `HTTP/1.1 200 OK`; secrets masked. */
  startLine: string;
  /** In wire order and case; secret values masked. */
  headers: readonly (readonly [string, string])[];
  body: CapturedBody;
}

export interface CapturedBody {
  /** Decoded text, secrets masked; `null` when binary or not kept. */
  text: string | null;
  /** Bytes on the wire. */
  wireBytes: number;
  /** True when `text` is not the whole body. */
  truncated: boolean;
  /** True when something in it was replaced: it is not what was on the wire. */
  masked: boolean;
}

/** Both bodies in the pieces of which they are stored: secrets masked, content-encoding removed. */
export interface CaptureParts {
  /** `null` = not kept: too much of it is missing, or it is of a provider whose bodies are not kept. */
  request: CutBody | null;
  response: CutBody | null;
  /** Of a streamed answer: where in its body each chunk began, and when it came. `null` = not streamed, or not known. */
  arrivals: readonly Arrival[] | null;
}

export interface Arrival {
  /** Bytes of the body before it, content-encoding removed. */
  offset: number;
  /** Milliseconds after the request's first byte. */
  at: number;
}

/** What a stream said, put together again (for people, not for machines). Secrets masked. */
export interface AssembledOutput {
  text: string;
  thinking: string;
  toolCalls: { id: string | null; name: string; input: string }[];
}

/** The frozen, redacted result of one finished exchange: the only thing that a sink sees. */
export interface Capture {
  readonly record: CallRecord;
  /** Integer nano-dollars; `null` = unknown. */
  readonly costNanos: number | null;
  readonly request: CapturedMessage;
  readonly response: CapturedMessage | null;
  readonly assembled: AssembledOutput | null;
  readonly parts: CaptureParts;
  /** `null` = it belongs to no session. */
  readonly session: SessionPart | null;
}
