/** Systems that calls can be sent to; each is a table of the configuration and a file here. */
export const DESTINATIONS = ['otlp', 'loki', 'postgres', 'clickhouse'] as const;

export function isDestination(name: string): boolean {
  return DESTINATIONS.some((known) => known === name);
}

export type DestinationName = (typeof DESTINATIONS)[number];
