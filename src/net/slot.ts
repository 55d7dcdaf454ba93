import type { Socket } from 'node:net';
import type { ConnectionInfo } from '../core/recorder-port.ts';
import { CLOSING_TIMES, type ClosingTimes } from './client-side.ts';
import type { ContextHeaders } from './context-headers.ts';
import type { Tap, TapDeps, Verdict } from './tap.ts';

export interface RelayTimes extends ClosingTimes {
  /** A request head must be whole so long after its first byte. */
  headMs: number;
  /** An upstream may refuse to take request bytes for so long: with its client unread, nobody sees the client leave. */
  stalledWriteMs: number;
}

export const RELAY_TIMES: RelayTimes = { ...CLOSING_TIMES, headMs: 60_000, stalledWriteMs: 60_000 };

export interface RelayOptions {
  client: Socket;
  /** The TCP socket below `client`; the same one when there is no TLS. */
  raw: Socket;
  info: ConnectionInfo;
  deps: TapDeps & { context?: ContextHeaders };
  /** Opens an upstream connection that allows half-open. Rejects with AppError. */
  dial(): Promise<Socket>;
  times?: Partial<RelayTimes>;
}

/** One request and its response while they are live. At most one at a time: pipelined requests wait their turn. */
export interface Slot {
  readonly tap: Tap;
  readonly method: string;
  readonly expectContinue: boolean;
  requestDone: boolean;
  responseDone: boolean;
  /** Bytes of the response that went to the client. */
  responseBytes: number;
  /** False: the connection ends with this exchange. */
  persistent: boolean;
  /** How it ends, when not as it should. */
  verdict: Verdict | null;
}

export function isDone({ requestDone, responseDone }: Slot): boolean {
  return requestDone && responseDone;
}
