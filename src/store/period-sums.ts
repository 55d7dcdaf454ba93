/** Sums over a period by one thing: whole hours from the rollups, what sticks out at either end from the calls. */
import { addTally, emptyTally, type Tally, TALLY_KEYS } from '../core/totals.ts';
import { spansOf } from './days.ts';
import type { Database, SqlRow, SqlValue } from './driver.ts';
import { nextHour, partsOf, type Period } from './hours.ts';
import { addLatency, addLatencyText, type Latencies, roundedSql } from './latencies.ts';
import { SUM_OF, tallyOfRow } from './queries.ts';
import { type Dimension, DIMENSIONS, HAS_LATENCY } from './rollup-writer.ts';

/** What sums are asked by. `minute` is read from the calls; `day` is that of UTC; `model` = provider and model. */
export type SumKey = 'minute' | 'hour' | 'day' | 'provider' | 'model' | Dimension;

/** Each must be equal. `model` as it was answered, else as it was asked for. */
export type SumFilter = Partial<Record<'provider' | 'model' | Dimension, string>>;

export interface PeriodSum {
  /** Of each call that was recorded, requests or not. */
  calls: number;
  tally: Tally;
  duration: Latencies;
  ttft: Latencies;
}

/** By key: `''` = not known; of `model`: `provider`, a line feed, the model. */
export type PeriodSums = Map<string, PeriodSum>;

export interface SumQuestion {
  by: SumKey;
  filter: SumFilter;
  period: Period;
  /** False: `duration` and `ttft` stay empty, which is half the work. */
  latencies: boolean;
}

/** Exact as long as the calls of the hours at either end are stored: see `isCut`. */
export function sumPeriod(database: Database, question: SumQuestion): PeriodSums {
  const { by, filter, period } = question;
  const dimensions = new Set([...Object.keys(filter), by].filter(isDimension));
  // Two of them at once are in no rollup, and minutes are not either.
  if (dimensions.size > 1 || by === 'minute') return addRows(new Map(), database, question);
  const { head, hours, tail } = partsOf(period);
  const sums: PeriodSums = new Map();
  if (hours !== null) addWhole(sums, database, { ...question, period: hours }, [...dimensions][0] ?? null);
  for (const part of [head, tail]) if (part !== null) addRows(sums, database, { ...question, period: part });
  return sums;
}

/** The hours of the ends, when calls of them have been deleted (records are kept for a time, sums for ever). */
export function isCut(database: Database, { from, to }: Period): boolean {
  const { head, tail } = partsOf({ from, to });
  return [head, tail].some((part) => {
    if (part?.from === null || part === null) return false;
    const hour = part.from.slice(0, 13);
    const summed = database.prepare('SELECT total(calls) AS calls FROM hourly WHERE hour = ?').get(hour);
    const stored = database
      .prepare(`SELECT count(*) AS calls FROM llm_calls WHERE leg = 'primary' AND started_at >= ? AND started_at < ?`)
      .get(hour, nextHour(hour));
    return Number(summed?.['calls']) > Number(stored?.['calls']);
  });
}

function isDimension(name: string): name is Dimension {
  return Object.hasOwn(DIMENSIONS, name);
}

const COLUMNS: Readonly<Record<'provider' | 'model' | Dimension, string>> = {
  provider: 'provider',
  model: `coalesce(response_model, request_model, '')`,
  ...DIMENSIONS,
};

/** @param time an hour or a time, as a column @param columns of the table */
function keyOf(by: SumKey, time: string, columns: Readonly<Record<string, string>>): string {
  switch (by) {
    case 'minute':
      return `substr(${time}, 1, 16)`;
    case 'hour':
      return `substr(${time}, 1, 13)`;
    case 'day':
      return `substr(${time}, 1, 10)`;
    case 'model':
      return `provider || char(10) || ${columns['model']}`;
    default:
      return `coalesce(${columns[by]}, '')`;
  }
}

const HOURLY_COLUMNS: Readonly<Record<string, string>> = {
  provider: 'provider',
  model: 'model',
  ...Object.fromEntries(Object.keys(DIMENSIONS).map((dimension) => [dimension, 'value'])),
};

/** Days where they are rolled, else hours. @param question its period is one of hours */
function addWhole(into: PeriodSums, database: Database, question: SumQuestion, dimension: Dimension | null): void {
  const { by, period } = question;
  const { days, hours } = by === 'hour' ? { days: [], hours: [period] } : spansOf(database, period);
  for (const span of days) addRollups(into, database, { ...question, period: span }, dimension, 'day');
  for (const span of hours) addRollups(into, database, { ...question, period: span }, dimension, 'hour');
}

/** @param question its period is one of such units */
function addRollups(
  into: PeriodSums,
  database: Database,
  { by, filter, period: { from, to }, latencies }: SumQuestion,
  dimension: Dimension | null,
  unit: 'hour' | 'day',
): void {
  const terms = new Terms();
  if (dimension !== null) terms.add('dimension = ?', dimension);
  if (from !== null) terms.add(`${unit} >= ?`, from);
  if (to !== null) terms.add(`${unit} < ?`, to);
  for (const [name, value] of Object.entries(filter)) terms.add(`${HOURLY_COLUMNS[name]} = ?`, value);
  // In the order of the table: nothing to sort.
  const key = by === unit ? unit : keyOf(by, unit, HOURLY_COLUMNS);
  const columns = [
    `${key} AS key`,
    'sum(calls) AS calls',
    ...TALLY_KEYS.map((column) => `sum(${column}) AS ${column}`),
    ...(latencies ? [joinedText('duration_ms', 'duration'), joinedText('ttft_ms', 'ttft')] : []),
  ];
  const [whole, parts] = unit === 'hour' ? ['hourly', 'hourly_by'] : ['daily', 'daily_by'];
  const table = dimension === null ? whole : parts;
  const sql = `SELECT ${columns.join(', ')} FROM ${table} ${terms.where} GROUP BY 1`;
  addAll(into, database.prepare(sql).all(...terms.values));
}

function joinedText(column: string, name: string): string {
  return `group_concat(nullif(${column}, ''), ' ') AS ${name}`;
}

function addRows(
  into: PeriodSums,
  database: Database,
  { by, filter, period: { from, to }, latencies }: SumQuestion,
): PeriodSums {
  const terms = new Terms();
  terms.add(`leg = 'primary'`);
  if (from !== null) terms.add('started_at >= ?', from);
  if (to !== null) terms.add('started_at < ?', to);
  for (const [name, value] of Object.entries(filter)) terms.add(`${COLUMNS[name as keyof typeof COLUMNS]} = ?`, value);
  const columns = [
    `${keyOf(by, 'started_at', COLUMNS)} AS key`,
    'count(*) AS calls',
    ...Object.entries(SUM_OF).map(([name, sum]) => `${sum} AS ${name}`),
    ...(latencies ? [joinedTimes('duration_ms', 'duration'), joinedTimes('ttft_ms', 'ttft')] : []),
  ];
  const sql = `SELECT ${columns.join(', ')} FROM llm_calls ${terms.where} GROUP BY 1`;
  addAll(into, database.prepare(sql).all(...terms.values));
  return into;
}

function joinedTimes(column: string, name: string): string {
  return `group_concat(CASE WHEN ${HAS_LATENCY} THEN ${roundedSql(column)} END, ' ') AS ${name}`;
}

class Terms {
  readonly values: SqlValue[] = [];
  readonly #terms: string[] = [];

  add(term: string, ...values: SqlValue[]): void {
    this.#terms.push(term);
    this.values.push(...values);
  }

  get where(): string {
    return this.#terms.length === 0 ? '' : `WHERE ${this.#terms.join(' AND ')}`;
  }
}

export function emptySum(): PeriodSum {
  return { calls: 0, tally: emptyTally(), duration: new Map(), ttft: new Map() };
}

/** @param sign -1 takes away */
export function addSum(into: PeriodSum, other: PeriodSum, sign: 1 | -1 = 1): void {
  into.calls += sign * other.calls;
  if (sign === 1) addTally(into.tally, other.tally);
  else for (const key of TALLY_KEYS) into.tally[key] -= other.tally[key];
  for (const [ms, count] of other.duration) addLatency(into.duration, ms, sign * count);
  for (const [ms, count] of other.ttft) addLatency(into.ttft, ms, sign * count);
}

export function sumAt(sums: PeriodSums, key: string): PeriodSum {
  const known = sums.get(key);
  if (known !== undefined) return known;
  const sum = emptySum();
  sums.set(key, sum);
  return sum;
}

function addAll(into: PeriodSums, rows: readonly SqlRow[]): void {
  for (const row of rows) {
    const sum = sumAt(into, String(row['key']));
    sum.calls += Number(row['calls']);
    addTally(sum.tally, tallyOfRow(row));
    if (typeof row['duration'] === 'string') addLatencyText(sum.duration, row['duration']);
    if (typeof row['ttft'] === 'string') addLatencyText(sum.ttft, row['ttft']);
  }
}
