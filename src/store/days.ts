/**
 * Sums of whole days (tables `daily` and `daily_by`), made of the sums of their hours when a day is over: a question about
 * a month reads a tenth of the rows. A day that changes afterwards is no longer rolled, and is rolled again.
 */
import { TALLY_KEYS } from '../core/totals.ts';
import { type Database, type SqlRow, statementOf } from './driver.ts';
import { nextDay, type Period } from './hours.ts';
import { addLatencyText, type Latencies, latencyText } from './latencies.ts';

const SUMS = ['calls', ...TALLY_KEYS];
const TABLES = [
  { hours: 'hourly', days: 'daily', keys: ['provider', 'model'] },
  { hours: 'hourly_by', days: 'daily_by', keys: ['dimension', 'value', 'provider', 'model'] },
] as const;

/**
 * Rolls the oldest day that is not rolled and ends before `today`. Into the open transaction. @param today `2026-11-21`
 * @returns the day; null = there is none. @throws whatever SQLite says
 */
export function rollDay(database: Database, today: string): string | null {
  const day = firstUnrolled(database);
  if (day === null || day >= today) return null;
  for (const table of TABLES) roll(database, day, table);
  statementOf(database, 'INSERT INTO rolled_days (day) VALUES (?)').run(day);
  return day;
}

/** The sums of its hours have changed. Into the open transaction. @throws whatever SQLite says */
export function unrollDay(database: Database, day: string): void {
  statementOf(database, 'DELETE FROM rolled_days WHERE day = ?').run(day);
}

/** A look for each day: hours of years may be there. */
const FIRST_UNROLLED = `WITH RECURSIVE known(day) AS (SELECT substr(min(hour), 1, 10) FROM hourly
UNION ALL SELECT (SELECT substr(min(hour), 1, 10) FROM hourly WHERE hour > known.day || 'U') FROM known WHERE day IS NOT NULL)
SELECT day FROM known WHERE day IS NOT NULL AND day NOT IN (SELECT day FROM rolled_days) LIMIT 1`;

function firstUnrolled(database: Database): string | null {
  const day = statementOf(database, FIRST_UNROLLED).get()?.['day'];
  return typeof day === 'string' ? day : null;
}

function roll(database: Database, day: string, { hours, days, keys }: (typeof TABLES)[number]): void {
  statementOf(database, `DELETE FROM ${days} WHERE ${hours === 'hourly' ? '' : `${EACH_DIMENSION} AND `}day = ?`).run(
    day,
  );
  const columns = [
    ...keys,
    // No integers: see TALLY_COLUMNS in queries.ts.
    ...SUMS.map((column) => `total(${column}) AS ${column}`),
    joined('duration_ms'),
    joined('ttft_ms'),
  ];
  const rows = statementOf(
    database,
    `SELECT ${columns.join(', ')} FROM ${hours} WHERE ${hours === 'hourly' ? '' : `${EACH_DIMENSION} AND `}hour >= ? AND hour < ? GROUP BY ${keys.join(', ')}`,
  ).all(day, nextDay(day));
  const names = ['day', ...keys, ...SUMS, 'duration_ms', 'ttft_ms'];
  const insert = statementOf(
    database,
    `INSERT INTO ${days} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  for (const row of rows) {
    const values = [...keys, ...SUMS].map((name) => row[name] ?? null);
    insert.run(day, ...values, merged(row, 'duration_ms'), merged(row, 'ttft_ms'));
  }
}

/** Their days are found by the key then. */
const EACH_DIMENSION = `dimension IN ('client', 'agent', 'section', 'customer', 'tenant')`;

function joined(column: string): string {
  return `group_concat(nullif(${column}, ''), ' ') AS ${column}`;
}

function merged(row: SqlRow, column: string): string {
  const latencies: Latencies = new Map();
  addLatencyText(latencies, String(row[column] ?? ''));
  return latencyText(latencies);
}

export interface Spans {
  /** Of days. */
  days: Period[];
  /** Of hours: what is in no rolled day. */
  hours: Period[];
}

/** A period of hours, as far as it can be read by days. */
export function spansOf(database: Database, { from, to }: Period): Spans {
  const first = from === null ? '' : from.endsWith(MIDNIGHT) ? from.slice(0, 10) : nextDay(from.slice(0, 10));
  const rolled = statementOf(database, 'SELECT day FROM rolled_days WHERE day >= ? AND day < ? ORDER BY day')
    .all(first, to === null ? LAST : to.slice(0, 10))
    .map(({ day }) => String(day));
  const spans: Spans = { days: [], hours: [] };
  let at = from;
  for (const day of rolled) {
    const run = spans.days.at(-1);
    if (run?.to === day) run.to = nextDay(day);
    else {
      if (at === null || at < day + MIDNIGHT) spans.hours.push({ from: at, to: day + MIDNIGHT });
      spans.days.push({ from: day, to: nextDay(day) });
    }
    at = nextDay(day) + MIDNIGHT;
  }
  if (at === null || to === null || at < to) spans.hours.push({ from: at, to });
  return spans;
}

const MIDNIGHT = 'T00';
const LAST = '9999-12-31';
