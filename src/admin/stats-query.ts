import { AppError } from '../core/errors.ts';
import { STATS_FILTERS, STATS_GROUPS, type StatsGroup, type StatsParameters } from '../core/stats-question.ts';
import type { StatsQuery } from '../store/period-stats.ts';
import type { SumFilter } from '../store/period-sums.ts';
import { timeOf } from './times.ts';

/** Of a request's query or of the command line. Throws AppError `config_invalid`. */
export function statsQueryOf(given: StatsParameters): StatsQuery {
  const filter: SumFilter = {};
  for (const name of STATS_FILTERS) {
    const value = given[name];
    if (value !== undefined && value !== '') filter[name] = value;
  }
  const from = timeOrNull('since', given.since);
  const group = groupOf(given.group);
  const to = timeOrNull('until', given.until);
  if (group === 'minute') requireShort(from, to);
  return {
    from,
    to,
    group,
    filter,
    zone: zoneOf(given.zone),
  };
}

const MAX_MINUTES_MS = 25 * 3_600_000;

/** Minutes are in no sum: they are read from the calls. */
function requireShort(from: string | null, to: string | null, now = Date.now()): void {
  const end = to === null ? now : Date.parse(to);
  if (from === null || end - Date.parse(from) > MAX_MINUTES_MS)
    throw new AppError('config_invalid', 'group=minute takes a period of 25 hours at most; use hour or day');
}

function timeOrNull(name: string, text: string | undefined): string | null {
  return text === undefined || text === '' ? null : timeOf(name, text);
}

function groupOf(text: string | undefined): StatsGroup | null {
  if (text === undefined || text === '') return null;
  const group = STATS_GROUPS.find((name) => name === text);
  if (group === undefined) throw new AppError('config_invalid', `group must be one of ${STATS_GROUPS.join(', ')}`);
  return group;
}

function zoneOf(text: string | undefined): string {
  if (text === undefined || text === '') return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch (cause) {
    throw new AppError('config_invalid', 'zone must be a time zone such as Europe/Berlin', { cause });
  }
}
