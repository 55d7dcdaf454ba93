/** What may be asked of the totals of a period, by the names of the API and of `stats`. */

export const STATS_GROUPS = [
  'minute',
  'hour',
  'day',
  'provider',
  'model',
  'client',
  'agent',
  'section',
  'customer',
  'tenant',
] as const;

export type StatsGroup = (typeof STATS_GROUPS)[number];

export const STATS_FILTERS = ['provider', 'model', 'client', 'agent', 'section', 'customer', 'tenant'] as const;

const PARAMETERS = ['since', 'until', 'group', 'zone', ...STATS_FILTERS] as const;

export type StatsParameters = Partial<Record<(typeof PARAMETERS)[number], string | undefined>>;

/** Without any of them `/api/stats` answers the running totals of all time. */
export function isPeriodQuestion(given: StatsParameters): boolean {
  return PARAMETERS.some((name) => (given[name] ?? '') !== '');
}
