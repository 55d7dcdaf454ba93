/**
 * What the net thread tells the recorder, and nothing else. One exchange is a sequence of rows:
 *   open, requestHead, requestBody*, responseHead, responseBody*, end
 * (response rows may come before the request is whole; `end` is always last and always comes).
 * Every call copies what it is given before it returns: the caller may reuse the buffer.
 */
import type { Mode, Outcome } from './capture.ts';

/** Who talked to whom; told once per upstream connection, before its first exchange. */
export interface ConnectionInfo {
  /** Unique in this daemon run. */
  connection: number;
  scheme: 'https' | 'http';
  /** Normalised upstream name: lower case, no trailing dot, IDNA ASCII. */
  host: string;
  port: number;
  /** Provider id from the host table; `null` = unknown host, metered by dialect. */
  provider: string | null;
  /** Set when the client came in through a listener of `run`. */
  runId: string | null;
  clientAddress: string | null;
  /** Its requests are signed by us: transport `bedrock`. */
  signed?: true;
  /** Its exchanges are copies of others, made for a comparison. */
  leg?: 'shadow';
}

/** How an exchange ended, with what the recorder cannot see from the bytes. */
export interface ExchangeEnd {
  outcome: Outcome;
  error: { type: string; message: string } | null;
  /** Bytes after a 101, or after the parser gave up (both directions apart). */
  opaqueRequestBytes: number;
  opaqueResponseBytes: number;
  /** What we did to it on its way; absent = nothing. They stand among the anomalies of its record. */
  marks?: readonly ExchangeMark[];
  /** What a mode or a rule did with it; absent = nothing, it passed. */
  steer?: SteerFacts;
  /** Of a connection that was upgraded: the upstream was the first to leave. Absent = the client, or nobody knows. */
  upstreamLeft?: true;
}

/** A mode as it was applied to one exchange. */
export interface SteerFacts {
  mode: Mode;
  /** Name of the rule that decided, `mode` for the mode itself, `model` for the registry. */
  rule: string;
  /** URL without its query; `null` = where the client sent it, and in mode target nowhere: it was refused. */
  sentTo: string | null;
  /** `null` = as the client named it, if it did. */
  sentModel: string | null;
  /** What the client named, where that stood in its path and another one stands there now. */
  askedModel?: string;
  /** Both legs of one comparison have the same; `null` = it is compared with nothing. */
  comparison: string | null;
}

/**
 * `include_usage_added`: the provider was asked for the usage of the stream, and the answer to that taken out of it.
 * `include_usage_unfiltered`: it was asked, and the client sees the answer as well. `include_usage_refused`: the
 * provider did not know the question, and was sent the client's own request.
 */
export type ExchangeMark =
  | 'include_usage_added'
  | 'include_usage_unfiltered'
  | 'include_usage_refused'
  /** A target was asked more than once, or another one in its place. */
  | 'target_retried'
  | 'target_fell_back'
  /** It was converted for its target; with a name, what that could not keep (gateway/convert/notes.ts). */
  | 'converted'
  | `converted:${string}`;

export type Side = 'request' | 'response';

/** Time arguments are `clock.now()`: milliseconds of a monotonic clock, fractional. */
export interface RecorderPort {
  connection(info: ConnectionInfo): void;
  /** No exchange will name it again, but those of the last moment. Absent = nobody keeps them. */
  disconnected?(connection: number): void;
  /** @param wall milliseconds since the epoch. */
  open(exchange: number, connection: number, wall: number, at: number): void;
  /** The raw head as on the wire, up to and including the empty line. Interim 1xx heads are not sent; 101 is. */
  head(exchange: number, side: Side, head: Uint8Array, at: number): void;
  /**
   * Body bytes with the transfer coding removed, the content coding still on. After a 101 to a WebSocket: what passes on
   * it; its bytes are among the opaque ones of `end` all the same.
   */
  body(exchange: number, side: Side, bytes: Uint8Array, at: number): void;
  /**
   * @param settled called once, perhaps before this returns: the call is on record, or nobody will say so in time. What
   * waits for it (durability = "strict") must be let go then.
   */
  end(exchange: number, end: ExchangeEnd, at: number, settled?: () => void): void;
}

/** Gives the next exchange number; shared by all connections of the net thread. */
export interface Sequence {
  next(): number;
}
