import type { Agent, IncomingMessage } from 'node:http';
import type { ExchangeMark } from '../core/recorder-port.ts';

/** What is to be sent in place of a request. */
export interface EditedRequest {
  /** Raw. */
  headers: readonly string[];
  body: readonly Buffer[];
  /** Elsewhere than where the client sent it. */
  to?: Destination;
}

export interface Destination {
  agent: Agent;
  host: string;
  port: number;
  path: string;
  /** It may be silent for so long, before its answer and in it. */
  silenceMs: number;
}

/** Sees the body of a request as it streams by, and must not hold it up. */
export interface RequestCopy {
  push(chunk: Buffer): void;
  /** The request is whole. */
  end(): void;
  /** It will not be. */
  abort(): void;
}

/** A body on its way to the client, changed as it streams by. */
export interface BodyEdit {
  /** What the client gets now; may be empty. */
  push(chunk: Buffer): Buffer;
  /** The body is over: what was still held back. @param isWhole false = it was cut */
  end(isWhole: boolean): Buffer;
  /** Absent = the head passes as it is. */
  readonly head?: AnswerHead;
}

/** In place of the upstream's. */
export interface AnswerHead {
  /** Final with the end of the body, where that is waited for. */
  readonly status: number;
  readonly contentType: string;
  /** Nothing comes before the end, and the head is to wait for it. */
  readonly isWhole: boolean;
}

/** An answer of ours. */
export interface OwnAnswer {
  status: number;
  contentType: string;
  body: Buffer;
}

/**
 * A change to one exchange that the user asked for. The request is held until it is known whether it is changed, and on
 * until its answer shows that it need not be sent again. In doubt everything stays as it is.
 */
export interface ExchangeEdit {
  /**
   * Takes bytes of the request body. False = they and all before them go on unchanged, now. Where they must not, it
   * throws AppError, which the client is told.
   */
  hold(chunk: Buffer): boolean;
  /** What was taken, unchanged. */
  readonly held: readonly Buffer[];
  /** The request is whole. Null = it goes on unchanged. May reject with AppError, which the client is told. */
  decide(): EditedRequest | null | Promise<EditedRequest | null>;
  /** The answer may say that the changed request is not understood: its beginning is to be shown to `isRefused`. */
  mayBeRefused(answer: IncomingMessage): boolean;
  /** True: the request is to be sent again, as `again` has it, else unchanged. */
  isRefused(status: number, body: string): boolean;
  again?(): Promise<EditedRequest | null>;
  /** What was sent failed before its answer began. Null = the client is told so. May reject with AppError. */
  failed?(error: unknown): Promise<EditedRequest | null> | null;
  /** What the client gets where no answer will come; null = the reason. */
  instead?(): OwnAnswer | null;
  /** The exchange is over. */
  over?(): void;
  /** For the answer to the changed request; null = it passes as it is. */
  answer(answer: IncomingMessage): BodyEdit | null;
  /** What is held will not be needed any more. Called at the end, and possibly before. */
  release(): void;
  /** For the record, once the exchange is over. */
  readonly mark: ExchangeMark | null;
}
