import type { Outcome } from '../core/capture.ts';
import type { Clock } from '../core/clock.ts';
import type { ExchangeMark, RecorderPort, SteerFacts } from '../core/recorder-port.ts';
import { pairsOf } from './end-to-end.ts';

/**
 * Rows of one parsed exchange. Whatever happens, `end` is told once, and nothing after it. An exchange whose upstream is
 * not known yet is told when it is, with the times at which things happened.
 */
export class ExchangeRows {
  readonly #recorder: RecorderPort;
  readonly #clock: Clock;
  readonly #exchange: number;
  readonly #wall: number;
  readonly #openedAt: number;
  readonly #marks: ExchangeMark[] = [];
  #steer: SteerFacts | null = null;
  /** What is to be told; null = the connection is known. */
  #waiting: (() => void)[] | null = null;
  #ended = false;

  /** @param connection null = see `bind`. */
  constructor(recorder: RecorderPort, clock: Clock, exchange: number, connection: number | null) {
    this.#recorder = recorder;
    this.#clock = clock;
    this.#exchange = exchange;
    this.#wall = clock.wall();
    this.#openedAt = clock.now();
    if (connection === null) this.#waiting = [];
    else recorder.open(exchange, connection, this.#wall, this.#openedAt);
  }

  get isBound(): boolean {
    return this.#waiting === null;
  }

  /** Once. The head of the request belongs to its upstream too. */
  bind(connection: number, line: string, headers: readonly string[]): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    this.#recorder.open(this.#exchange, connection, this.#wall, this.#openedAt);
    this.#recorder.head(this.#exchange, 'request', headBytes(line, headers), this.#openedAt);
    for (const tell of waiting) tell();
  }

  requestHead(line: string, headers: readonly string[]): void {
    if (!this.#ended) this.#recorder.head(this.#exchange, 'request', headBytes(line, headers), this.#clock.now());
  }

  requestBody(bytes: Uint8Array): void {
    if (this.#ended) return;
    const at = this.#clock.now();
    if (this.#waiting === null) this.#recorder.body(this.#exchange, 'request', bytes, at);
    else this.#waiting.push(() => this.#recorder.body(this.#exchange, 'request', bytes, at));
  }

  responseHead(line: string, headers: readonly string[]): void {
    if (!this.#ended) this.#recorder.head(this.#exchange, 'response', headBytes(line, headers), this.#clock.now());
  }

  responseBody(bytes: Uint8Array): void {
    if (!this.#ended) this.#recorder.body(this.#exchange, 'response', bytes, this.#clock.now());
  }

  mark(mark: ExchangeMark): void {
    this.#marks.push(mark);
  }

  /** What a mode did with it; the last word holds. */
  steered(steer: SteerFacts): void {
    this.#steer = steer;
  }

  /** To be bound first. */
  end(
    outcome: Outcome,
    error: { type: string; message: string } | null = null,
    opaque: { request: number; response: number; upstreamLeft?: boolean } = { request: 0, response: 0 },
    settled?: () => void,
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    // Nobody was told that it began.
    if (this.#waiting !== null) {
      this.#waiting = null;
      settled?.();
      return;
    }
    const end = {
      outcome,
      error,
      opaqueRequestBytes: opaque.request,
      opaqueResponseBytes: opaque.response,
      ...(opaque.upstreamLeft === true ? { upstreamLeft: true as const } : {}),
      ...(this.#marks.length === 0 ? {} : { marks: this.#marks }),
      ...(this.#steer === null ? {} : { steer: this.#steer }),
    };
    this.#recorder.end(this.#exchange, end, this.#clock.now(), settled);
  }
}

/** A head as on the wire. */
export function headBytes(line: string, headers: readonly string[]): Buffer {
  const lines = [line, ...pairsOf(headers).map(([name, value]) => `${name}: ${value}`)];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
