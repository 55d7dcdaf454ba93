/** Sums over a period by one thing: whole hours from the rollups, what sticks out at either end from the calls. */
import { addTally, emptyTally, type Tally, TALLY_KEYS } from '../core/totals.ts';
import { spansOf } from './days.ts';
import { type Database, type SqlRow, type SqlValue, statementOf } from './driver.ts';
import { nextHour, partsOf, type Period } from './hours.ts';
import { addLatency, addLatencyText, type Latencies, roundedSql } from './latencies.ts';
import { hasFlagSql } from './facet-columns.ts';
import { startOf } from './facet-writer.ts';
import { SUM_OF, tallyOfRow } from './queries.ts';
import { allOf, type FacetTerm, type Meaning, namedTerm, NO_CALL, sameTerm } from './search/facet-terms.ts';
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
  /** Where calls are read one by one: only those that say by what they are summed. */
  toldOnly?: boolean;
  /** Where calls are read one by one: by model as well. The key is that of `by`, PAIR, that of `model`. */
  withModel?: boolean;
}

export const PAIR = '\u001F';

/** Exact as long as the calls of the hours at either end are stored: see `isCut`. */
export function sumPeriod(database: Database, question: SumQuestion): PeriodSums {
  if (isOfCalls(question)) return addRows(new Map(), database, question);
  const { head, hours, tail } = partsOf(question.period);
  const sums: PeriodSums = new Map();
  if (hours !== null) addWhole(sums, database, { ...question, period: hours }, dimensionsOf(question)[0] ?? null);
  for (const part of [head, tail]) if (part !== null) addRows(sums, database, { ...question, period: part });
  return sums;
}

/** Two dimensions at once are in no rollup, and minutes are not either: such sums are of the calls that are stored. */
export function isOfCalls(question: Pick<SumQuestion, 'by' | 'filter'>): boolean {
  return dimensionsOf(question).length > 1 || question.by === 'minute';
}

function dimensionsOf({ by, filter }: Pick<SumQuestion, 'by' | 'filter'>): Dimension[] {
  return [...new Set([...Object.keys(filter), by].filter(isDimension))];
}

/**
 * Calls that were deleted since and that may be missing in sums of stored calls: those of the filter as far as the rollups
 * know it, which is one dimension of it.
 */
export function deletedCalls(database: Database, { by, filter, period }: Omit<SumQuestion, 'latencies'>): number {
  if (!isOfCalls({ by, filter }) || missing(database, {}, period) === 0) return 0;
  const known = Object.entries(filter).filter(([name]) => !isDimension(name));
  const one = Object.entries(filter).find(([name]) => isDimension(name));
  const base: SumFilter = Object.fromEntries(one === undefined ? known : [...known, one]);
  return missing(database, base, period);
}

function missing(database: Database, filter: SumFilter, period: Period): number {
  let summed = 0;
  for (const { calls } of sumPeriod(database, { by: 'provider', filter, period, latencies: false }).values())
    summed += calls;
  return Math.max(summed - storedCalls(database, filter, period), 0);
}

/** Numbers, with commas between; mostly there are none. */
const COPIES = `SELECT group_concat(id) AS ids FROM facet_names WHERE kind = 'flags' AND ${hasFlagSql('copy')}`;

function storedCalls(database: Database, filter: SumFilter, period: Period): number {
  const narrow = narrowed(database, { filter, period });
  if (narrow === null) return 0;
  const copies = statementOf(database, COPIES).get()?.['ids'] ?? null;
  const primary = copies === null ? '' : ` AND flags NOT IN (${String(copies)})`;
  const row = database
    .prepare(`SELECT count(*) AS calls FROM call_facets WHERE ${narrow.sql}${primary}`)
    .get(...narrow.values);
  return Number(row?.['calls']);
}

const isNamed = (name: string): Meaning => ({ sql: 'name = ?', values: [name] });

/** As answered, else as asked; `''` = unknown. */
function modelTerm(model: string): FacetTerm {
  const column = 'coalesce(response_model, request_model)';
  if (model === '') return sameTerm({ sql: `${column} IS NULL`, values: [] });
  return (database) => {
    const answered = namedTerm(['response_model'], isNamed(model))?.(database) ?? NO_CALL;
    return answered === NO_CALL ? NO_CALL : { ...answered, sql: answered.sql.replace('response_model', column) };
  };
}

/** The narrow rows of a question; null = there are none. */
function narrowed(
  database: Database,
  {
    by,
    filter,
    period: { from, to },
    toldOnly = false,
  }: Pick<SumQuestion, 'filter' | 'period' | 'toldOnly'> & { by?: SumKey },
): Meaning | null {
  const terms: FacetTerm[] = [sameTerm({ sql: 'started >= ?', values: [from === null ? 0 : startOf(from)] })];
  if (to !== null) terms.push(sameTerm({ sql: 'started < ?', values: [startOf(to)] }));
  for (const [name, value] of Object.entries(filter)) {
    const term = name === 'model' ? modelTerm(value) : namedTerm([COLUMNS[name as Dimension]], isNamed(value));
    if (term !== null) terms.push(term);
  }
  if (toldOnly && by !== undefined && isDimension(by))
    terms.push(sameTerm({ sql: `${COLUMNS[by]} IS NOT NULL`, values: [] }));
  return allOf(database, terms);
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
    // No integers: see TALLY_COLUMNS.
    ...TALLY_KEYS.map((column) => `total(${column}) AS ${column}`),
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

function addRows(into: PeriodSums, database: Database, question: SumQuestion): PeriodSums {
  const { by, filter, period, latencies, withModel = false } = question;
  const pair = withModel ? ` || char(31) || ${keyOf('model', 'started_at', COLUMNS)}` : '';
  const terms = new Terms();
  terms.add(`leg = 'primary'`);
  // Of the calls of an hour or two SQLite goes by the time.
  if (isOfCalls(question) && by !== 'minute') {
    const narrow = narrowed(database, question);
    if (narrow === null) return into;
    terms.add(`seq IN (SELECT seq FROM call_facets WHERE ${narrow.sql})`, ...narrow.values);
    if (period.from !== null) terms.add('+started_at >= ?', period.from);
    if (period.to !== null) terms.add('+started_at < ?', period.to);
  } else {
    if (period.from !== null) terms.add('started_at >= ?', period.from);
    if (period.to !== null) terms.add('started_at < ?', period.to);
  }
  for (const [name, value] of Object.entries(filter)) terms.add(`${COLUMNS[name as keyof typeof COLUMNS]} = ?`, value);
  const columns = [
    `${keyOf(by, 'started_at', COLUMNS)}${pair} AS key`,
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
