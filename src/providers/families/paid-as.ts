import type { Billing } from '../../core/capture.ts';
import type { Endpoint } from '../provider.ts';

/** Endpoints whose calls are paid for in another way than the provider's others, e.g. a coding plan under its own base path. */
export function paidAs(billing: Billing, endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.map((endpoint) => ({ ...endpoint, billing }));
}
