/** How the deliveries of a database are, for people and for Prometheus: from their files, whether a daemon runs or not. */
import { messageOf } from '../core/errors.ts';
import type { SinkHealth } from '../core/ports.ts';
import { begunAt, type DeliveryState, readState, stateFileOf } from './state-file.ts';

/** @param last number of the newest call; null = not known */
export function deliveryHealth(db: string, names: readonly string[], last: number | null): SinkHealth[] {
  return names.map((name) => {
    try {
      const state = readState(stateFileOf(db, name));
      return state === null ? notBegun(name) : healthOf(name, state, last);
    } catch (error) {
      return { ...notBegun(name), state: 'failing', error: messageOf(error) };
    }
  });
}

function healthOf(name: string, state: DeliveryState, last: number | null): SinkHealth {
  const { address, sent, refused, missed, sent_at, last_refusal, error } = state;
  return {
    name,
    state: error === null ? 'open' : 'failing',
    queued: last === null ? 0 : Math.max(last - state.seq, 0),
    dropped: refused + missed,
    error: error?.message ?? null,
    delivery: { address, sent, refused, missed, sent_at, error_since: error?.since ?? null, last_refusal },
  };
}

function notBegun(name: string): SinkHealth {
  return { ...healthOf(name, begunAt({ seq: 0, anchor: null, removals: 0 }), null), state: 'opening' };
}

/** Prometheus text; '' = nothing is sent anywhere. */
export function deliveryMetrics(deliveries: readonly SinkHealth[]): string {
  if (deliveries.length === 0) return '';
  return METRICS.map(([name, type, help, valueOf]) => {
    const lines = deliveries.map((sink) => `${name}{sink="${sink.name}"} ${valueOf(sink)}\n`);
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
  }).join('');
}

type Metric = readonly [name: string, type: string, help: string, valueOf: (sink: SinkHealth) => number];

const METRICS: readonly Metric[] = [
  [
    'llm_proxy_delivery_sent_total',
    'counter',
    'Calls that were sent to another system',
    (sink) => sink.delivery?.sent ?? 0,
  ],
  [
    'llm_proxy_delivery_refused_total',
    'counter',
    'Calls that the other system did not want',
    (sink) => sink.delivery?.refused ?? 0,
  ],
  [
    'llm_proxy_delivery_missed_total',
    'counter',
    'Calls that were deleted before they could be sent',
    (sink) => sink.delivery?.missed ?? 0,
  ],
  ['llm_proxy_delivery_waiting_calls', 'gauge', 'Calls in the database that are not sent yet', (sink) => sink.queued],
  [
    'llm_proxy_delivery_failing',
    'gauge',
    '1 while nothing arrives at the other system',
    (sink) => Number(sink.state === 'failing'),
  ],
];
