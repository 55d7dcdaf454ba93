/** Systems that calls can be sent to; each is a table of the configuration and a file here. */
export const DESTINATIONS = ['otlp', 'loki', 'postgres', 'clickhouse'] as const;

export type DestinationName = (typeof DESTINATIONS)[number];
