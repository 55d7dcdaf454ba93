/** Calls in flight, as they are kept for the case that the process dies: secrets masked, content coding removed. */
import type { ConnectionInfo, Side } from './recorder-port.ts';

/** What is known of a call beside its bodies. Times in milliseconds after its first byte. */
export interface LiveFacts {
  connection: ConnectionInfo;
  /** Milliseconds since the epoch. */
  wall: number;
  /** Latin 1, up to and including the empty line. */
  requestHead: string;
  responseHead: string | null;
  responseHeadAfter: number | null;
  after: number;
  /** Body bytes on the wire. */
  requestBytes: number;
  responseBytes: number;
  dropped: number;
}

/** The next piece of a body, or the whole of it again under a number that was there. */
export interface LivePart {
  side: Side;
  part: number;
  bytes: Uint8Array;
  /** Of the last byte. */
  after: number;
  /** Bytes of this body so far, on the wire. */
  seen: number;
}

/** What is new of one call. */
export interface LiveChange {
  /** That its record will have. */
  id: string;
  /** Null = as before. */
  facts: LiveFacts | null;
  parts: readonly LivePart[];
}

/** A call whose recorder died. */
export interface LeftOverCall {
  id: string;
  facts: LiveFacts;
  parts: readonly LivePart[];
}

/** Where calls in flight are kept until they are recorded: what was kept of one goes with the commit of its record. */
export interface LiveCalls {
  /** False: bodies are not to be stored. Absent = they may be. */
  readonly takesBodies?: boolean;
  /** All or nothing. False = nothing, not now. */
  keep(changes: readonly LiveChange[]): boolean;
  /** A call of a recorder that died is about to be recorded. */
  adopt(id: string): void;
  /** One that never will be: its rows go at the next `keep`. */
  discard(id: string): void;
}
