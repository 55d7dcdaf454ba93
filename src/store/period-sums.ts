/** Sums over a period by one thing: whole hours from the rollups, what sticks out at either end from the calls. */
import { addTally, emptyTally, type Tally } from '../core/totals.ts';
import type { Database, SqlRow, SqlValue } from './driver.ts';
import { nextHour, partsOf, type Period } from './hours.ts';
import { addLatency, addLatencyText, type Latencies, roundedSql } from './latencies.ts';
import { SUM_OF, tallyOfRow } from './queries.ts';
import { type Dimension, DIMENSIONS, HAS_LATENCY } from './rollup-writer.ts';

/** What sums are asked by. `model` = provider and model. */
export type SumKey = 'hour' | 'provider' | 'model' | Dimension;

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

const TALLY_KEYS = Object.keys(emptyTally()) as (keyof Tally)[];

/** Exact as long as the calls of the hours at either end are stored: see `isCut`. */
export function sumPeriod(database: Database, by: SumKey, filter: SumFilter, period: Period): PeriodSums {
  const dimensions = new Set([...Object.keys(filter), by].filter(isDimension));
  const sums: PeriodSums = new Map();
  // Two of them at once are in no rollup.
  if (dimensions.size > 1) {
    addRows(sums, database, by, filter, period);
    return sums;
  }
  const { head, hours, tail } = partsOf(period);
  if (hours !== null) addHours(sums, database, by, filter, hours, [...dimensions][0] ?? null);
  for (const part of [head, tail]) if (part !== null) addRows(sums, database, by, filter, part);
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

const MODEL_KEY = 'provider || char(10) || model';

function addHours(
  into: PeriodSums,
  database: Database,
  by: SumKey,
  filter: SumFilter,
  { from, to }: Period,
  dimension: Dimension | null,
): void {
  const key = by === 'model' ? MODEL_KEY : isDimension(by) ? 'value' : by;
  const sums = TALLY_KEYS.map((column) => `sum(${column}) AS ${column}`).join(', ');
  const terms = new Terms();
  if (dimension !== null) terms.add('dimension = ?', dimension);
  if (from !== null) terms.add('hour >= ?', from);
  if (to !== null) terms.add('hour < ?', to);
  for (const [name, value] of Object.entries(filter)) terms.add(`${isDimension(name) ? 'value' : name} = ?`, value);
  const table = dimension === null ? 'hourly' : 'hourly_by';
  const latencies = `group_concat(nullif(duration_ms, ''), ' ') AS duration, group_concat(nullif(ttft_ms, ''), ' ') AS ttft`;
  addAll(
    into,
    database
      .prepare(
        `SELECT ${key} AS key, sum(calls) AS calls, ${sums}, ${latencies} FROM ${table} ${terms.where} GROUP BY 1`,
      )
      .all(...terms.values),
  );
}

const COLUMNS: Readonly<Record<'provider' | 'model' | Dimension, string>> = {
  provider: 'provider',
  model: `coalesce(response_model, request_model, '')`,
  ...DIMENSIONS,
};

const latencyConcat = (column: string): string =>
  `group_concat(CASE WHEN ${HAS_LATENCY} THEN ${roundedSql(column)} END, ' ')`;

function addRows(into: PeriodSums, database: Database, by: SumKey, filter: SumFilter, { from, to }: Period): void {
  const key =
    by === 'hour'
      ? 'substr(started_at, 1, 13)'
      : by === 'model'
        ? `provider || char(10) || ${COLUMNS.model}`
        : `coalesce(${COLUMNS[by]}, '')`;
  const sums = Object.entries(SUM_OF).map(([name, sum]) => `${sum} AS ${name}`);
  const terms = new Terms();
  terms.add(`leg = 'primary'`);
  if (from !== null) terms.add('started_at >= ?', from);
  if (to !== null) terms.add('started_at < ?', to);
  for (const [name, value] of Object.entries(filter)) terms.add(`${COLUMNS[name as keyof typeof COLUMNS]} = ?`, value);
  addAll(
    into,
    database
      .prepare(
        `SELECT ${key} AS key, count(*) AS calls, ${sums.join(', ')}, ${latencyConcat('duration_ms')} AS duration, ${latencyConcat('ttft_ms')} AS ttft FROM llm_calls ${terms.where} GROUP BY 1`,
      )
      .all(...terms.values),
  );
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
