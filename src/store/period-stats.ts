/** Totals of a period, and what they are made of: the question of the dashboard and of `stats --since`. */
import type { PeriodGroup, PeriodStats } from '../core/ports.ts';
import type { StatsGroup } from '../core/stats-question.ts';
import { toTotals } from '../core/totals.ts';
import type { Database } from './driver.ts';
import { type Period, wholeHours } from './hours.ts';
import { percentilesOf } from './latencies.ts';
import {
  addSum,
  deletedCalls,
  emptySum,
  isCut,
  isOfCalls,
  PAIR,
  type PeriodSum,
  type PeriodSums,
  sumAt,
  type SumFilter,
  type SumKey,
  sumPeriod,
} from './period-sums.ts';
import { type ModelTally, statsOf } from './queries.ts';

export interface StatsQuery extends Period {
  group: StatsGroup | null;
  filter: SumFilter;
  /** IANA name: the days of which zone; each hour is of the day in which it begins. */
  zone: string;
}

/** Groups of one answer that are not of time; those that cost least are left out. */
const MAX_GROUPS = 1000;

/** @throws RangeError for a zone that is none */
export function periodStats(database: Database, query: StatsQuery): PeriodStats {
  const { filter, group } = query;
  // One moment for all sums of an answer, although calls come in.
  database.exec('BEGIN');
  try {
    const isRounded = isCut(database, query);
    const period = isRounded ? wholeHours(query) : { from: query.from, to: query.to };
    const isOfTime = isTime(group);
    const deleted = deletedCalls(database, { by: group ?? 'model', filter, period });
    const { models, sums } = sumsOf(database, query, { period, deleted });
    const all = sumOf(isOfTime ? sums : models);
    const { since: _, ...totals } = statsOf([...models].map(modelTallyOf), null);
    return {
      ...totals,
      since: period.from,
      until: period.to,
      whole_hours: isRounded,
      deleted_calls: deleted,
      duration_ms: percentilesOf(all.duration),
      ttft_ms: percentilesOf(all.ttft),
      ...(group === null ? {} : groupsOf(sums, group)),
    };
  } finally {
    database.exec('COMMIT');
  }
}

interface Sums {
  models: PeriodSums;
  /** By what was asked for. */
  sums: PeriodSums;
}

interface Known {
  period: Period;
  deleted: number;
}

function sumsOf(database: Database, query: StatsQuery, known: Known): Sums {
  const { filter, group, zone } = query;
  const { period } = known;
  const isGrouped = group !== null && group !== 'model' && group !== 'provider';
  if (!isGrouped || !isOfCalls({ by: 'model', filter })) {
    const models = sumPeriod(database, { by: 'model', filter, period, latencies: !isTime(group) });
    return { models, sums: sumsBy(database, query, models, known) };
  }
  // Both from one look at the calls.
  const by = group === 'day' && zone !== 'UTC' ? 'hour' : group;
  const pairs = sumPeriod(database, { by, filter, period, latencies: true, withModel: true });
  const sums = joined(pairs, (key) => key.slice(0, key.indexOf(PAIR)));
  return {
    models: joined(pairs, (key) => key.slice(key.indexOf(PAIR) + 1)),
    sums: by === group ? sums : joined(sums, dayIn(zone)),
  };
}

function sumsBy(
  database: Database,
  { filter, group, zone }: StatsQuery,
  models: PeriodSums,
  { period, deleted }: Known,
): PeriodSums {
  const toldOnly = deleted === 0;
  const summed = (by: SumKey): PeriodSums => sumPeriod(database, { by, filter, period, latencies: true, toldOnly });
  switch (group) {
    case null:
    case 'model':
      return models;
    case 'provider':
      return joined(models, (key) => key.slice(0, key.indexOf('\n')));
    case 'minute':
    case 'hour':
      return summed(group);
    case 'day':
      return zone === 'UTC' ? summed('day') : joined(summed('hour'), dayIn(zone));
    default:
      // What deleted calls said is not known: they are in no group.
      return deleted === 0 ? withUntold(summed(group), models) : summed(group);
  }
}

/** Calls that say nothing of a dimension are in no rollup of it: they are what the others leave of the whole. */
function withUntold(sums: PeriodSums, models: PeriodSums): PeriodSums {
  const rest = sumOf(models);
  for (const [key, sum] of sums) if (key !== '') addSum(rest, sum, -1);
  sums.delete('');
  if (rest.calls > 0) sums.set('', rest);
  return sums;
}

function joined(sums: PeriodSums, keyOf: (key: string) => string): PeriodSums {
  const result: PeriodSums = new Map();
  for (const [key, sum] of sums) addSum(sumAt(result, keyOf(key)), sum);
  return result;
}

function dayIn(zone: string): (hour: string) => string {
  const days = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (hour) => days.format(Date.parse(`${hour}:00:00Z`));
}

function sumOf(sums: PeriodSums): PeriodSum {
  const all = emptySum();
  for (const sum of sums.values()) addSum(all, sum);
  return all;
}

function modelTallyOf([key, { tally }]: [string, PeriodSum]): ModelTally {
  const [provider, model] = splitModel(key);
  return { ...tally, provider, model };
}

function splitModel(key: string): [provider: string, model: string | null] {
  const at = key.indexOf('\n');
  const model = key.slice(at + 1);
  return [key.slice(0, at), model === '' ? null : model];
}

function groupsOf(sums: PeriodSums, group: StatsGroup): Pick<PeriodStats, 'group' | 'groups' | 'groups_left_out'> {
  const sorted = [...sums].toSorted(([one, a], [other, b]) => {
    if (isTime(group)) return one < other ? -1 : 1;
    return b.tally.cost_nanos - a.tally.cost_nanos || b.calls - a.calls || (one < other ? -1 : 1);
  });
  const shown = isTime(group) ? sorted : sorted.slice(0, MAX_GROUPS);
  return {
    group,
    groups: shown.map(([key, sum]) => groupOf(nameOf(key, group), sum)),
    groups_left_out: sorted.length - shown.length,
  };
}

function isTime(group: StatsGroup | null): boolean {
  return group === 'minute' || group === 'hour' || group === 'day';
}

function nameOf(key: string, group: StatsGroup): string | null {
  if (group === 'minute') return `${key}:00Z`;
  if (group === 'hour') return `${key}:00:00Z`;
  if (group !== 'model') return key === '' ? null : key;
  const [provider, model] = splitModel(key);
  return `${provider}/${model ?? 'unknown'}`;
}

function groupOf(key: string | null, { tally, duration, ttft }: PeriodSum): PeriodGroup {
  return { key, ...toTotals(tally), duration_ms: percentilesOf(duration), ttft_ms: percentilesOf(ttft) };
}
