/** Counters of one thread. Posted as absolute values to the thread that serves /metrics. */

/** Names without the `llm_proxy_` prefix and `_total` suffix; help texts: sinks/prometheus.ts. */
export type CounterName =
  /** Verdicts on CONNECTs and plain requests: `verdict="intercept|tunnel|refuse",reason="..."`. */
  | 'connections'
  /** Bytes of blind tunnels: `direction="request|response"`. */
  | 'tunnel_bytes'
  /** `side="client|upstream",cause="..."`. */
  | 'handshake_failures'
  /** Connections on which a parser gave up, that of HTTP or that of WebSockets: `reason="..."`. */
  | 'unparsed'
  /** Whatever was lost: `reason="..."`. */
  | 'dropped'
  /** Failures of our own parts that traffic did not notice: `part="..."`. */
  | 'internal_errors'
  /** 101 Switching Protocols: `protocol="websocket|other"`. */
  | 'upgrades'
  /** Upstream connections: `result="ok|refused|..."`. */
  | 'upstream_connects'
  /** Streams whose usage was asked for in the client's place: `result="added|unfiltered|refused|too_long"`. */
  | 'include_usage'
  /** Copies of calls for a comparison: `result="sent|busy|unavailable|too_long|not_convertible"`. */
  | 'comparison_copies'
  /** Ends of answers that went to their client before the call was on record, though strict: `reason="..."`. */
  | 'durability_released';

/** Labels already in Prometheus form, e.g. `reason="queue_full"`; a fixed set of literals, never input. */
export class Counters {
  readonly #values = new Map<string, number>();

  add(name: CounterName, labels = '', by = 1): void {
    const key = labels === '' ? name : `${name}{${labels}}`;
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  get(name: CounterName, labels = ''): number {
    return this.#values.get(labels === '' ? name : `${name}{${labels}}`) ?? 0;
  }

  /** Of all labels that have this one among them, e.g. `sink="console"`. */
  sum(name: CounterName, label: string): number {
    let sum = 0;
    for (const [key, value] of this.#values) if (key.startsWith(`${name}{`) && key.includes(label)) sum += value;
    return sum;
  }

  /** Key as in Prometheus text, e.g. `dropped{reason="queue_full"}`. */
  snapshot(): Record<string, number> {
    return Object.fromEntries(this.#values);
  }
}

/** Counters of several threads, added up. */
export function addCounters(...snapshots: Readonly<Record<string, number>>[]): Record<string, number> {
  const sum = new Map<string, number>();
  for (const snapshot of snapshots) {
    for (const [key, value] of Object.entries(snapshot)) sum.set(key, (sum.get(key) ?? 0) + value);
  }
  return Object.fromEntries(sum);
}
