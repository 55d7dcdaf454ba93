import type { Outcome } from '../core/capture.ts';
import { headerValue } from '../core/headers.ts';
import type { Side } from '../core/recorder-port.ts';
import { negotiatedDeflate } from '../decoders/websocket-deflate.ts';
import { type MessageProblem, type MessageReaderOptions, SocketMessages } from '../decoders/websocket-messages.ts';
import type { Metered, MeterLimits } from './metered.ts';
import type { OpenAnswer, SocketAnswer } from './socket-answer.ts';
import { SocketReader } from './socket-reader.ts';

/** One answer on a WebSocket, as the exchange that it is. Times are those of the chunks. */
export interface SocketCall {
  metered: Metered;
  outcome: Outcome;
  startedAt: number;
  /** Its first message. */
  begunAt: number;
  endedAt: number;
  /** The server's own name of the conversation; null = it has none. */
  session: string | null;
  /** All that is said on the socket is: the connection keeps what was said before. */
  isOneConversation: boolean;
}

/** Why a side of a WebSocket was not read to its end. `error`: a fault of ours. */
export type SocketProblem = MessageProblem | 'error';

export interface SocketMeterOptions {
  /** The exchange that the socket began with. */
  base: Metered;
  /** Of an endpoint whose answers are calls, each of its own; null = it is no such endpoint. */
  operation: string | null;
  limits: MeterLimits;
  /** Each answer as it ends, in that order. */
  onCall(call: SocketCall): void;
  /** False = memory is short. */
  mayHold(): boolean;
}

/** What its owner does with it. */
export type SocketHooks = Pick<SocketMeterOptions, 'onCall' | 'mayHold'>;

/** What is known of a WebSocket at its end. */
export interface SocketEnd {
  /** The connection itself is all that is known of what was called. */
  isCall: boolean;
  /** Bytes on the wire that stand with them. */
  requestBytes: number;
  responseBytes: number;
  problem: SocketProblem | null;
}

/** Meters what is said on one WebSocket: bytes of both directions go in, one call per answer comes out. Never throws. */
export class SocketMeter {
  readonly #options: SocketMeterOptions;
  readonly #reader: SocketReader;
  readonly #client: SocketMessages;
  readonly #server: SocketMessages;
  #at = 0;
  #closedBy: Side | null = null;
  #failed = false;
  #requestBytes = 0;
  #responseBytes = 0;

  constructor(options: SocketMeterOptions) {
    this.#options = options;
    const { base, limits } = options;
    const reader = new SocketReader({
      onAnswer: (answer) => this.#onAnswer(answer, 'complete'),
      model: base.request_model,
      messageLength: limits.messageLength,
      assembledLength: limits.assembledLength,
      bodyLength: limits.bodyBytes,
      mayKeep: () => options.mayHold(),
    });
    const deflate = negotiatedDeflate(headerValue(base.responseHeaders, 'sec-websocket-extensions'));
    const side = (from: Side, takeover: boolean | undefined): MessageReaderOptions => ({
      deflate: takeover === undefined ? null : { takeover },
      maxLength: limits.messageLength,
      mayHold: () => options.mayHold(),
      onMessage: (bytes, wireBytes) => {
        if (from === 'request') reader.clientMessage(bytes, this.#at, wireBytes);
        else reader.serverMessage(bytes, this.#at, wireBytes);
      },
      onSkipped: (wireBytes) => reader.skipped(from === 'request' ? 'client' : 'server', wireBytes),
      onClose: () => {
        this.#closedBy ??= from;
      },
    });
    this.#reader = reader;
    this.#client = new SocketMessages(side('request', deflate?.clientTakeover));
    this.#server = new SocketMessages(side('response', deflate?.serverTakeover));
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#client.held + this.#server.held + this.#reader.held;
  }

  /** What is said at the moment; null = nothing. @param length characters of the end of its text */
  progress(length: number): ReturnType<OpenAnswer['progress']> | null {
    return this.#reader.latest?.progress(length) ?? null;
  }

  push(side: Side, chunk: Uint8Array, at: number): void {
    this.#at = at;
    if (!this.#failed) this.#try(() => (side === 'request' ? this.#client : this.#server).push(chunk));
  }

  /** So many bytes were not captured. */
  gap(side: Side, bytes: number): void {
    if (!this.#failed) this.#try(() => (side === 'request' ? this.#client : this.#server).gap(bytes));
  }

  /**
   * The connection is over: what is open was cut.
   * @param upstreamLeft the upstream was the first to leave, as far as the connection tells
   */
  end(outcome: Outcome, upstreamLeft: boolean, at: number): SocketEnd {
    this.#at = at;
    const cut = this.#cutBy(outcome, upstreamLeft);
    this.#try(() => this.#reader.end(at, (answer) => this.#onAnswer(answer, cut)));
    const problem = this.#problem;
    return {
      isCall: this.#reader.count === 0 && (this.#options.operation === null || problem !== null),
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      problem,
    };
  }

  get #problem(): SocketProblem | null {
    return this.#failed ? 'error' : (this.#server.problem ?? this.#client.problem);
  }

  #cutBy(outcome: Outcome, upstreamLeft: boolean): Outcome {
    if (outcome === 'shutdown' || outcome === 'interrupted') return outcome;
    const isUpstream = this.#closedBy === null ? upstreamLeft : this.#closedBy === 'response';
    return isUpstream ? 'upstream_aborted' : 'client_aborted';
  }

  #onAnswer(answer: SocketAnswer, outcome: Outcome): void {
    const isOneConversation = this.#reader.isSession || answer.dialect !== 'openai-responses';
    const metered = meteredOf(answer, this.#options.base, this.#operation(answer, isOneConversation));
    this.#requestBytes += metered.requestBody.wireBytes;
    this.#responseBytes += metered.responseBody.wireBytes;
    const { startedAt, begunAt, endedAt } = answer;
    const { session } = this.#reader;
    this.#options.onCall({ metered, outcome, startedAt, begunAt, endedAt, session, isOneConversation });
  }

  #operation({ kind }: SocketAnswer, isOneConversation: boolean): string {
    if (kind === 'transcription') return kind;
    return this.#options.operation ?? (isOneConversation ? 'realtime' : 'responses');
  }

  /** A message that no one foresaw must cost no more than what is on this socket. */
  #try(work: () => void): void {
    try {
      work();
    } catch {
      this.#failed = true;
    }
  }
}

const LISTENING = /[?&]call_id=/;

function meteredOf(answer: SocketAnswer, base: Metered, operation: string): Metered {
  const { request, response } = answer;
  return {
    ...base,
    operation,
    isInference: answer.isInference,
    // Of a call over WebRTC or a telephone many sockets may hear the same answers: each counts once.
    reread: LISTENING.test(base.path),
    dialect: answer.dialect,
    request_model:
      answer.kind === 'transcription' ? answer.response_model : (answer.request_model ?? base.request_model),
    response_model: answer.response_model,
    response_id: answer.response_id,
    stream: true,
    service_tier: answer.service_tier,
    usage: answer.usage,
    contextTokens: null,
    side: answer.side,
    anomalies: answer.anomalies,
    stop_reason: answer.stop_reason,
    tool_calls: answer.tool_calls,
    error: answer.error,
    firstContentAt: answer.firstContentAt,
    assembled: answer.assembled,
    requestBody: request,
    responseBody: response,
    arrivals: answer.arrivals,
    providerCostUsd: answer.providerCostUsd,
  };
}
