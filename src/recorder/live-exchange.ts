import type { Outcome } from '../core/capture.ts';
import { newId } from '../core/ids.ts';
import type { ConnectionInfo, ExchangeEnd, Side } from '../core/recorder-port.ts';
import type { Metered, MeterProgress, MeterView } from '../usage/metered.ts';
import type { SocketCall, SocketEnd, SocketHooks, SocketMeter, SocketProblem } from '../usage/socket-meter.ts';
import type { BodyMemory } from './body-memory.ts';
import type { JournalMark } from './live-journal.ts';

/** What the recorder needs of usage/meter.ts. Bytes are valid during the call only. */
export interface Meter {
  requestHead(raw: Uint8Array): void;
  requestBody(chunk: Uint8Array): void;
  responseHead(raw: Uint8Array, at: number): void;
  responseBody(chunk: Uint8Array, at: number): void;
  /** So many body bytes are missing at this place. */
  requestGap(bytes: number): void;
  responseGap(bytes: number): void;
  /** What has come so far. */
  view?(): MeterView;
  /** What it says so far. @param length of the text: so much of its end, in characters */
  progress?(length: number): MeterProgress;
  /** Memory is short: keep no more of a streamed body, but read on. */
  stopKeeping?(): void;
  /** For what is said on a WebSocket, after its response head; null = it is none. */
  socket?(hooks: SocketHooks): SocketMeter | null;
  end(outcome: Outcome, at: number): Metered | Promise<Metered>;
}

/** What the rows say of one exchange beside what its bytes say. Times: `clock.now()` of the net thread. */
export interface ExchangeFacts {
  readonly connection: ConnectionInfo;
  readonly wall: number;
  readonly openedAt: number;
  responseHeadAt: number | null;
  endedAt: number;
  /** Body bytes on the wire, kept or not. */
  requestBytes: number;
  responseBytes: number;
  /** Body bytes that were not kept for want of memory. */
  dropped: number;
}

export interface FinishedExchange {
  /** Under which the journal or the live view knows it; absent or null = its record gives it one. */
  id?: string | null;
  facts: ExchangeFacts;
  end: ExchangeEnd;
  metered: Metered;
  /** The name of its conversation, where it was recorded elsewhere. What the request itself says comes first. */
  session?: string | null;
  /** Id of the call that opened the WebSocket on which this was said; absent = it is a call of its own. */
  socket?: string;
}

/** A request is known by its first kilobytes (`model` mostly comes first), so that much is read even when memory is short. */
const ALWAYS_READ = 16 * 1024;

/** Told of an answer as it ends, while its connection lives on. */
export type OnCall = (finished: FinishedExchange) => void;

const UPSTREAM_LEFT = {
  type: 'upstream_closed',
  message: 'the upstream closed the WebSocket before its answer was whole',
};

/** One exchange from its first row to its last. */
export class LiveExchange {
  readonly facts: ExchangeFacts;
  /** Of the journal; null = it has not seen this exchange. */
  mark: JournalMark | null = null;
  readonly #meter: Meter;
  readonly #memory: BodyMemory;
  #id: string | null = null;
  #held = 0;
  #keeping = true;
  #requestCut = false;
  readonly #onCall: OnCall | null;
  #socket: SocketMeter | null = null;
  #socketHeld = 0;
  #unread: SocketProblem | null = null;
  /** Body bytes when it became a WebSocket. */
  #before = { request: 0, response: 0 };

  /** @param onCall told of each answer on a WebSocket; null = what was said on one is not here. */
  constructor(
    connection: ConnectionInfo,
    wall: number,
    openedAt: number,
    meter: Meter,
    memory: BodyMemory,
    onCall: OnCall | null = null,
  ) {
    this.facts = {
      connection,
      wall,
      openedAt,
      responseHeadAt: null,
      endedAt: openedAt,
      requestBytes: 0,
      responseBytes: 0,
      dropped: 0,
    };
    this.#meter = meter;
    this.#memory = memory;
    this.#onCall = onCall;
  }

  /** That its record will have; made when it is first asked for. */
  get id(): string {
    this.#id ??= newId('call', this.facts.wall);
    return this.#id;
  }

  /** At its end: why its WebSocket was not read to the end; null = it was, or is none. */
  get unread(): SocketProblem | null {
    return this.#unread;
  }

  head(side: Side, raw: Uint8Array, at: number): void {
    this.facts.endedAt = at;
    if (side === 'request') {
      this.#meter.requestHead(raw);
      return;
    }
    this.facts.responseHeadAt ??= at;
    this.#meter.responseHead(raw, at);
    this.#listen();
  }

  requestBody(chunk: Uint8Array, at: number): void {
    this.facts.endedAt = at;
    if (this.#socket !== null) {
      this.#hear(this.#socket, 'request', chunk, at);
      return;
    }
    if (this.#requestCut || (this.#memory.short && this.facts.requestBytes >= ALWAYS_READ)) {
      this.#requestCut = true;
      this.#missing('request', chunk.length);
      return;
    }
    this.facts.requestBytes += chunk.length;
    this.#hold(chunk.length);
    this.#meter.requestBody(chunk);
  }

  responseBody(chunk: Uint8Array, at: number): void {
    this.facts.endedAt = at;
    if (this.#socket !== null) {
      this.#hear(this.#socket, 'response', chunk, at);
      return;
    }
    this.facts.responseBytes += chunk.length;
    if (this.#keeping && this.#memory.short) {
      this.#keeping = false;
      this.#meter.stopKeeping?.();
    }
    if (this.#keeping) this.#hold(chunk.length);
    this.#meter.responseBody(chunk, at);
  }

  /** @param bytes lost on the way from the net thread. */
  gap(side: Side, bytes: number): void {
    if (this.#socket !== null) {
      this.facts.dropped += bytes;
      this.#count(side, bytes);
      this.#socket.gap(side, bytes);
      return;
    }
    if (side === 'request') this.#requestCut = true;
    this.#missing(side, bytes);
  }

  /** Null = its meter does not tell. */
  view(): MeterView | null {
    return this.#meter.view?.() ?? null;
  }

  /** Null = its meter does not tell. */
  progress(length: number): MeterProgress | null {
    const progress = this.#meter.progress?.(length) ?? null;
    return progress === null ? null : { ...progress, ...this.#socket?.progress(length) };
  }

  /** The last call; a promise only when a decoder must drain. The memory counts as given back at once. */
  end(end: ExchangeEnd, at: number): FinishedExchange | Promise<FinishedExchange> {
    this.facts.endedAt = at;
    const socket = this.#socket?.end(end.outcome, end.upstreamLeft === true, at) ?? null;
    this.release();
    const metered = this.#meter.end(end.outcome, at);
    const finish = (metered: Metered): FinishedExchange => ({
      id: this.#id,
      facts: this.facts,
      end: socket === null ? end : this.#settled(socket, end),
      metered: socket === null ? metered : asConnection(metered, socket),
    });
    return metered instanceof Promise ? metered.then(finish) : finish(metered);
  }

  release(): void {
    this.#memory.release(this.#held);
    this.#held = 0;
  }

  #listen(): void {
    const onCall = this.#onCall;
    if (onCall === null) return;
    this.#socket =
      this.#meter.socket?.({
        onCall: (call) => onCall(this.#finishedCall(call)),
        mayHold: () => !this.#memory.short,
      }) ?? null;
    this.#before = { request: this.facts.requestBytes, response: this.facts.responseBytes };
  }

  #hear(socket: SocketMeter, side: Side, chunk: Uint8Array, at: number): void {
    this.#count(side, chunk.length);
    socket.push(side, chunk, at);
    const { held } = socket;
    this.#hold(held - this.#socketHeld);
    this.#socketHeld = held;
  }

  #count(side: Side, bytes: number): void {
    if (side === 'request') this.facts.requestBytes += bytes;
    else this.facts.responseBytes += bytes;
  }

  /** The net thread's count is the whole one; what belongs to an answer stands with that. */
  #settled({ requestBytes, responseBytes, problem }: SocketEnd, end: ExchangeEnd): ExchangeEnd {
    const { facts } = this;
    const { request, response } = this.#before;
    this.#unread = problem;
    facts.requestBytes = Math.max(facts.requestBytes, request + end.opaqueRequestBytes) - requestBytes;
    facts.responseBytes = Math.max(facts.responseBytes, response + end.opaqueResponseBytes) - responseBytes;
    return { ...end, opaqueRequestBytes: 0, opaqueResponseBytes: 0 };
  }

  /** One answer on this WebSocket, as the exchange that it is. */
  #finishedCall({ metered, outcome, startedAt, begunAt, endedAt, ...said }: SocketCall): FinishedExchange {
    const { connection, wall, openedAt } = this.facts;
    const { requestBody, responseBody } = metered;
    return {
      facts: {
        connection,
        wall: wall + Math.round(startedAt - openedAt),
        openedAt: startedAt,
        responseHeadAt: begunAt,
        endedAt,
        requestBytes: requestBody.wireBytes,
        responseBytes: responseBody.wireBytes,
        dropped: 0,
      },
      end: {
        outcome,
        error: outcome === 'upstream_aborted' ? UPSTREAM_LEFT : null,
        opaqueRequestBytes: 0,
        opaqueResponseBytes: 0,
      },
      metered,
      session: said.session ?? (said.isOneConversation ? this.id : null),
      socket: this.id,
    };
  }

  #missing(side: Side, bytes: number): void {
    this.facts.dropped += bytes;
    if (side === 'request') {
      this.facts.requestBytes += bytes;
      this.#meter.requestGap(bytes);
    } else {
      this.facts.responseBytes += bytes;
      this.#meter.responseGap(bytes);
    }
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#memory.hold(bytes);
  }
}

/** The calls are those that were made on it, unless it is all that is known of them. */
function asConnection(metered: Metered, { isCall, problem }: SocketEnd): Metered {
  const isInference = metered.isInference && isCall;
  const anomalies = problem === null ? metered.anomalies : [...metered.anomalies, `websocket_unread_${problem}`];
  return { ...metered, isInference, anomalies };
}
