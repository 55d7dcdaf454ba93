import type { AssembledOutput, Billing, ToolCall } from '../core/capture.ts';
import type { HeaderPairs } from '../core/headers.ts';
import type { Usage } from '../core/usage.ts';

/** What one exchange said, before pricing, sessions and redaction: secrets are still in it. */
export interface Metered {
  /** `null`: a host that no provider file names; metered by dialect. */
  provider: string | null;
  /** E.g. `chat`, `embeddings`, `count_tokens`; `null` when path and answer say nothing. */
  operation: string | null;
  /** False for model lists, files, token counting, re-reads of stored answers ...: no usage is expected. */
  isInference: boolean;
  /** The answer repeats an earlier one (stored response, polled run): count it once per `response_id`. */
  reread: boolean;
  /** Name of the JSON dialect the answer spoke, e.g. `openai-chat`. */
  dialect: string | null;
  method: string;
  /** Request target as on the wire: path with query. */
  path: string;
  /** `null`: no response head came. */
  status: number | null;
  requestStartLine: string;
  responseStartLine: string | null;
  requestHeaders: HeaderPairs;
  responseHeaders: HeaderPairs;
  request_model: string | null;
  response_model: string | null;
  response_id: string | null;
  /** The provider's id of the request, from its headers. */
  request_id: string | null;
  stream: boolean;
  billing: Billing;
  /** As the answer states it (`flex`, `priority`, `batch` ...); it changes the price. */
  service_tier: string | null;
  /** Anthropic `usage.speed`; `fast` is dearer. */
  speed: string | null;
  /** Anthropic `usage.inference_geo`. */
  region: string | null;
  /** Facts of the request that the price depends on, e.g. size and quality of images. */
  dims: Readonly<Record<string, string>>;
  usage: Usage;
  /**
   * Where `usage` sums several answers (a batch): input tokens of the largest request. Prices that step up with the size
   * of a request go by it. Null: `usage` is of one request.
   */
  contextTokens: number | null;
  /** Tokens of other models inside the same answer (Anthropic advisor), not in `usage`. */
  side: readonly SideUsage[];
  anomalies: readonly string[];
  stop_reason: string | null;
  /** Of a stream: it has said its closing word, such as `[DONE]`. Whoever leaves behind that has missed nothing. */
  finished: boolean;
  tool_calls: readonly ToolCall[];
  /** The provider's error, also one inside a 200. */
  error: { type: string; message: string } | null;
  /** `at` of the first generated text, thinking, tool input or audio. */
  firstContentAt: number | null;
  /** `null` when nothing was generated. */
  assembled: AssembledOutput | null;
  requestBody: MeteredBody;
  responseBody: MeteredBody;
  /** Of a streamed answer: bytes of the kept body before each chunk, and the `at` of the chunk; one after the other. */
  arrivals: readonly number[];
  /** USD, when the provider itself names the price. */
  providerCostUsd: number | null;
}

export interface SideUsage {
  kind: string;
  model: string | null;
  usage: Usage;
  /** As `Metered.contextTokens`. */
  contextTokens?: number | null;
  /** As `Metered.providerCostUsd`. */
  providerCostUsd?: number | null;
}

/** A body with its content coding removed, bounded. */
export interface MeteredBody {
  /** `null` when binary or not kept. */
  text: string | null;
  /** The kept bytes; `null` when none were kept. */
  bytes: Uint8Array | null;
  /** Bytes on the wire (content coding still on). */
  wireBytes: number;
  /** True when text and bytes are not the whole body. */
  truncated: boolean;
}

/** What has come of an exchange that is not over. Secrets are still in it; the bytes are views, valid until more come. */
export interface MeterView {
  requestStartLine: string;
  requestHeaders: HeaderPairs;
  /** Content coding removed; empty where it is removed at the end only. So is `response`. */
  request: Uint8Array;
  /** Null = no answer yet. */
  responseStartLine: string | null;
  responseHeaders: HeaderPairs;
  response: Uint8Array;
  /** The answer is a stream of lines: what is between two line feeds makes sense by itself. */
  isLines: boolean;
}

/** What an exchange that is not over says so far. Secrets are still in it. */
export interface MeterProgress {
  method: string;
  path: string;
  requestHeaders: HeaderPairs;
  /** `null` = no answer yet. */
  status: number | null;
  /** As answered, else as asked. */
  model: string | null;
  /** As stated by now. */
  inputTokens: number | null;
  outputTokens: number | null;
  /** Characters of what was thought. */
  thinkingLength: number;
  /** The tool that was called last. */
  tool: string | null;
  /** The end of the visible text. */
  text: string;
}

/** Bounds of what one exchange may hold in memory. Bytes unless said otherwise. */
export interface MeterLimits {
  /** Kept of each body, for logs and the store. */
  bodyBytes: number;
  /** Longest JSON document that is parsed whole; longer ones are scanned for their top-level facts. */
  documentBytes: number;
  /** Longest event, line or array element; longer ones are skipped and flagged. UTF-16 units. */
  messageLength: number;
  /** Most that one compressed body may become. */
  decodedBytes: number;
  /** Characters of assembled output. */
  assembledLength: number;
}

export const DEFAULT_LIMITS: MeterLimits = {
  bodyBytes: 16 * 1024 * 1024,
  documentBytes: 16 * 1024 * 1024,
  messageLength: 16 * 1024 * 1024,
  decodedBytes: 128 * 1024 * 1024,
  assembledLength: 1024 * 1024,
};

export const NO_BODY: MeteredBody = { text: null, bytes: null, wireBytes: 0, truncated: false };

/** What was kept of a body, for the record. */
export function capturedBody(
  kept: { readonly length: number; readonly truncated: boolean; view(): Buffer },
  tap: { readonly wireBytes: number; readonly problem: unknown },
  isText: boolean,
): MeteredBody {
  const { wireBytes } = tap;
  const truncated = kept.truncated || tap.problem !== null;
  if (kept.length === 0) return { text: wireBytes === 0 ? '' : null, bytes: null, wireBytes, truncated };
  const bytes = kept.view();
  return { text: isText ? bytes.toString('utf8') : null, bytes, wireBytes, truncated };
}
