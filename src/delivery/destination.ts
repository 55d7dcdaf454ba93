/** A system that the calls of the store are sent to, beside the traffic. How to add one: its file, and its line in index.ts. */
import type { StoredExchange } from '../core/transfer.ts';

/** What became of a batch that was taken. */
export interface Receipt {
  /** Calls of it that the destination took note of refusing (partial success); they are not sent again. */
  readonly refused: number;
  /** Why, in its words; null = none was. */
  readonly reason: string | null;
}

/** Opened once, used by one delivery at a time. */
export interface Destination {
  /** Of the config table: `otlp`. */
  readonly name: string;
  /** Where to, without secrets: for people. */
  readonly address: string;
  /** Messages are read from the store for it. */
  readonly wantsBodies: boolean;
  /** Calls of one batch at most. */
  readonly batchSize: number;
  /**
   * Sends calls, oldest first. The same call may come again (at-least-once): what is made of it must be the same again,
   * so that the other side can tell. Ends soon after `signal` says so.
   * @throws DeliveryError; anything else counts as `retry`
   */
  send(calls: readonly StoredExchange[], signal: AbortSignal): Promise<Receipt>;
  close(): Promise<void>;
}

/**
 * `retry`: not now (it is away, busy, or out of room). `settings`: never with these settings (a wrong key, a wrong
 * address): it is tried again, slowly, and nothing is lost. `refused`: never with these calls. `too_large`: in smaller
 * batches.
 */
export type Verdict = 'retry' | 'settings' | 'refused' | 'too_large';

export class DeliveryError extends Error {
  readonly verdict: Verdict;
  /** What the other side asked for; null = it did not. */
  readonly retryAfterMs: number | null;

  /** @param message what happened and what to do, without secrets */
  constructor(verdict: Verdict, message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'DeliveryError';
    this.verdict = verdict;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

export const TAKEN: Receipt = { refused: 0, reason: null };
