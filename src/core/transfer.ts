/** Calls on their way out of the store and into it. */
import type { Arrival, CallRecord, Outcome } from './capture.ts';
import type { HeaderPairs } from './headers.ts';

/** One message of a call, as it is kept: secrets masked, content coding removed. */
export interface StoredMessage {
  /** `POST /v1/messages HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly startLine: string;
  /** In wire order and case. */
  readonly headers: HeaderPairs;
  /** `null` = not kept, or kept no longer. */
  readonly body: Uint8Array | null;
  /** `body` is not all of it. */
  readonly truncated: boolean;
  /** Something in `body` was replaced: it is not what was on the wire. */
  readonly masked: boolean;
  /** When the pieces of a streamed answer came; `null` = not streamed, or not known. */
  readonly arrivals: readonly Arrival[] | null;
}

/** A call as it leaves the store. Messages are `null` when they were not asked for, or are not kept. */
export interface StoredExchange {
  readonly record: CallRecord;
  readonly request: StoredMessage | null;
  readonly response: StoredMessage | null;
}

/** An exchange that another program recorded: metered here, as if it had passed. */
export interface ForeignExchange {
  readonly scheme: 'http' | 'https';
  /** Normalised, without the port. */
  readonly host: string;
  readonly port: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds from the start; `null` = not told, or no answer came. */
  readonly headAt: number | null;
  readonly endAt: number;
  /** Transfer and content coding removed. */
  readonly request: ForeignMessage;
  readonly response: ForeignMessage | null;
  readonly outcome: Extract<Outcome, 'complete' | 'client_aborted' | 'shutdown'>;
  /** Whose it is when it does not say so itself. */
  readonly session: string | null;
}

export interface ForeignMessage {
  readonly startLine: string;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
  /** Empty = not told. */
  readonly pieces: readonly Arrival[];
}

/** What is to be taken into the store: a call of another store of ours, or what another program saw. */
export type ImportItem =
  | ({ readonly kind: 'call' } & StoredExchange)
  | ({ readonly kind: 'exchange' } & ForeignExchange);

/** What became of some items. Each counts once. */
export interface ImportOutcome {
  /** Calls that the store did not have. */
  added: number;
  /** Calls that it had already. */
  existing: number;
  /** Exchanges with hosts that no provider names. */
  strange: number;
  /** Items that could not be taken, by their place among those that were given. */
  failed: { index: number; message: string }[];
}
