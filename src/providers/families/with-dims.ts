import type { Endpoint } from '../provider.ts';

/** Endpoints with more facts on which the price of a call depends. */
export function withDims(dims: NonNullable<Endpoint['dims']>, endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.map((endpoint) => ({ ...endpoint, dims: { ...endpoint.dims, ...dims } }));
}
