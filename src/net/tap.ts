import type { Outcome } from '../core/capture.ts';
import type { Clock } from '../core/clock.ts';
import type { Counters } from '../core/counters.ts';
import { codeOf } from '../core/errors.ts';
import type { RecorderPort, Sequence, Side } from '../core/recorder-port.ts';

export interface TapDeps {
  recorder: RecorderPort;
  exchanges: Sequence;
  counters: Counters;
  clock: Clock;
  /** Durability is strict: an answer ends for its client when its call is on record. */
  strict?: boolean;
}

/** How an exchange ended. */
export interface Verdict {
  outcome: Outcome;
  error: { type: string; message: string } | null;
}

export const COMPLETE: Verdict = { outcome: 'complete', error: null };
export const CLIENT_GONE: Verdict = { outcome: 'client_aborted', error: null };
export const UPGRADED: Verdict = { outcome: 'upgraded', error: null };

export function upstreamAborted(type: string, message: string): Verdict {
  return { outcome: 'upstream_aborted', error: { type, message } };
}

export const STALLED = upstreamAborted('upstream_stalled', 'the upstream took no request bytes');

/** @param error of its socket; null = it ended. */
export function upstreamGone(error: unknown): Verdict {
  const [type, did] = codeOf(error) === null ? ['upstream_closed', 'closed'] : ['upstream_reset', 'reset'];
  return upstreamAborted(type, `the upstream ${did} the connection before its answer was whole`);
}

/**
 * The rows of one exchange, from its request head to its end. A recorder that throws is a counter, never a fault of
 * the call; `end` is told once, and nothing after it.
 */
export class Tap {
  readonly #deps: TapDeps;
  readonly #exchange: number;
  #opaqueRequestBytes = 0;
  #opaqueResponseBytes = 0;
  #ended = false;

  constructor(deps: TapDeps, connection: number) {
    this.#deps = deps;
    this.#exchange = deps.exchanges.next();
    try {
      deps.recorder.open(this.#exchange, connection, deps.clock.wall(), deps.clock.now());
    } catch {
      this.#failed();
    }
  }

  head(side: Side, head: Buffer): void {
    if (this.#ended) return;
    try {
      this.#deps.recorder.head(this.#exchange, side, head, this.#deps.clock.now());
    } catch {
      this.#failed();
    }
  }

  body(side: Side, bytes: Buffer): void {
    if (this.#ended) return;
    try {
      this.#deps.recorder.body(this.#exchange, side, bytes, this.#deps.clock.now());
    } catch {
      this.#failed();
    }
  }

  /** Bytes that nothing was read of. */
  opaque(side: Side, bytes: number): void {
    if (side === 'request') this.#opaqueRequestBytes += bytes;
    else this.#opaqueResponseBytes += bytes;
  }

  /** @param settled see `RecorderPort.end`. @param upstreamLeft see `ExchangeEnd.upstreamLeft`. */
  end(verdict: Verdict, settled?: () => void, upstreamLeft = false): void {
    if (this.#ended) return;
    this.#ended = true;
    const end = {
      outcome: verdict.outcome,
      error: verdict.error,
      opaqueRequestBytes: this.#opaqueRequestBytes,
      opaqueResponseBytes: this.#opaqueResponseBytes,
      ...(upstreamLeft ? { upstreamLeft } : {}),
    };
    try {
      this.#deps.recorder.end(this.#exchange, end, this.#deps.clock.now(), settled);
    } catch {
      this.#failed();
      settled?.();
    }
  }

  #failed(): void {
    this.#deps.counters.add('internal_errors', 'part="recorder_port"');
  }
}
