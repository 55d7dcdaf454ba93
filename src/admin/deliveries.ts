/** The systems that calls are sent to, as /health, /metrics and the settings screen tell of them. */
import type { SinkHealth } from '../core/ports.ts';
import { deliveryHealth } from '../delivery/health.ts';
import { statementOf } from '../store/driver.ts';
import type { Calls } from './calls.ts';

export interface DeliveryDeps {
  calls: Pick<Calls, 'ask'>;
  house: { db: string; destinations?: readonly string[] };
}

export function deliveriesOf({ calls, house: { db, destinations = [] } }: DeliveryDeps): SinkHealth[] {
  return destinations.length === 0 ? [] : deliveryHealth(db, destinations, lastCall(calls));
}

/** For whoever may connect: where calls are sent to is not for all of them. */
export function openlyOf(deliveries: readonly SinkHealth[]): SinkHealth[] {
  return deliveries.map(({ name, state, queued, dropped, error }) => ({ name, state, queued, dropped, error }));
}

/** Null = the database cannot be read at the moment. */
function lastCall(calls: Pick<Calls, 'ask'>): number | null {
  try {
    return calls.ask((database) =>
      Number(statementOf(database, 'SELECT max(seq) AS last FROM llm_calls').get()?.['last'] ?? 0),
    );
  } catch {
    return null;
  }
}
