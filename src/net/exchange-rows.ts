import type { Outcome } from '../core/capture.ts';
import type { Clock } from '../core/clock.ts';
import type { ExchangeMark, RecorderPort } from '../core/recorder-port.ts';
import { pairsOf } from './end-to-end.ts';

/** Rows of one parsed exchange. Whatever happens, `end` is told once, and nothing after it. */
export class ExchangeRows {
  readonly #recorder: RecorderPort;
  readonly #clock: Clock;
  readonly #exchange: number;
  readonly #marks: ExchangeMark[] = [];
  #ended = false;

  constructor(recorder: RecorderPort, clock: Clock, exchange: number, connection: number) {
    this.#recorder = recorder;
    this.#clock = clock;
    this.#exchange = exchange;
    recorder.open(exchange, connection, clock.wall(), clock.now());
  }

  requestHead(line: string, headers: readonly string[]): void {
    if (!this.#ended) this.#recorder.head(this.#exchange, 'request', headBytes(line, headers), this.#clock.now());
  }

  requestBody(bytes: Uint8Array): void {
    if (!this.#ended) this.#recorder.body(this.#exchange, 'request', bytes, this.#clock.now());
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

  end(
    outcome: Outcome,
    error: { type: string; message: string } | null = null,
    opaque = { request: 0, response: 0 },
    settled?: () => void,
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    const end = { outcome, error, opaqueRequestBytes: opaque.request, opaqueResponseBytes: opaque.response };
    const marked = this.#marks.length === 0 ? end : { ...end, marks: this.#marks };
    this.#recorder.end(this.#exchange, marked, this.#clock.now(), settled);
  }
}

/** A head as on the wire. */
export function headBytes(line: string, headers: readonly string[]): Buffer {
  const lines = [line, ...pairsOf(headers).map(([name, value]) => `${name}: ${value}`)];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
