/** Sums by hour (tables `hourly` and `hourly_by`), changed in the transaction that changes the calls. */
import type { CallRecord } from '../core/capture.ts';
import { addTally, emptyTally, type Tally, TALLY_KEYS } from '../core/totals.ts';
import type { StoredCall } from './call-row.ts';
import type { Database, SqlRow, Statement } from './driver.ts';
import { unrollDay } from './days.ts';
import { hourOf } from './hours.ts';
import { addLatency, addLatencyText, type Latencies, latencyText, roundedLatency } from './latencies.ts';

/** What calls are summed by, beside provider and model, and the field of the record that says it. */
export const DIMENSIONS = {
  client: 'client',
  agent: 'agent',
  section: 'section',
  customer: 'customer_id',
  tenant: 'tenant_id',
} as const satisfies Record<string, keyof CallRecord>;

export type Dimension = keyof typeof DIMENSIONS;

const DIMENSION_FIELDS = Object.entries(DIMENSIONS) as [Dimension, (typeof DIMENSIONS)[Dimension]][];
/** Of requests that succeeded and came whole: an error is quick, and a client that left says nothing of the provider. */
export function hasLatency(tally: Tally, { outcome }: Pick<CallRecord, 'outcome'>): boolean {
  return tally.requests === 1 && tally.errors === 0 && outcome === 'complete';
}

/** hasLatency, in SQL. */
export const HAS_LATENCY = `counted_requests = 1 AND counted_errors = 0 AND outcome = 'complete'`;

/** What changes in one row. */
interface Change {
  key: readonly string[];
  calls: number;
  tally: Tally;
  duration: Latencies;
  ttft: Latencies;
}

/** Gathers what calls change, and writes each row once. */
export class RollupWriter {
  readonly #database: Database;
  readonly #hourly: RollupTable;
  readonly #by: RollupTable;

  /** @param database migrated. */
  constructor(database: Database) {
    this.#database = database;
    this.#hourly = new RollupTable(database, 'hourly', ['hour', 'provider', 'model']);
    this.#by = new RollupTable(database, 'hourly_by', ['dimension', 'hour', 'value', 'provider', 'model']);
  }

  /** A call that was written. @param tally what it adds to the totals */
  add(call: StoredCall, tally: Tally): void {
    this.#note(call.record, tally, 1);
  }

  /** A call that was deleted as if it had never been. @param tally what it had added to the totals */
  remove(call: StoredCall, tally: Tally): void {
    this.#note(call.record, negative(tally), -1);
  }

  /** A call that stays, and adds something else now. */
  correct({ record }: StoredCall, difference: Tally): void {
    this.#note(record, difference, 0);
  }

  /** Into the open transaction. @throws whatever SQLite says */
  flush(): void {
    for (const day of new Set(this.#hourly.hours().map((hour) => hour.slice(0, 10)))) unrollDay(this.#database, day);
    this.#hourly.flush();
    this.#by.flush();
  }

  /** The transaction was given up. */
  forget(): void {
    this.#hourly.forget();
    this.#by.forget();
  }

  #note(record: CallRecord, tally: Tally, sign: 1 | 0 | -1): void {
    // Shadow legs count in no total.
    if (record.leg === 'shadow') return;
    const hour = hourOf(record.started_at);
    const { provider } = record;
    const model = record.response_model ?? record.request_model ?? '';
    note(this.#hourly.change([hour, provider, model]), record, tally, sign);
    for (const [dimension, field] of DIMENSION_FIELDS) {
      const value = record[field];
      if (value !== null) note(this.#by.change([dimension, hour, value, provider, model]), record, tally, sign);
    }
  }
}

function note(change: Change, record: CallRecord, tally: Tally, sign: 1 | 0 | -1): void {
  change.calls += sign;
  addTally(change.tally, tally);
  if (sign === 0 || !hasLatency(sign === 1 ? tally : negative(tally), record)) return;
  addLatency(change.duration, roundedLatency(record.duration_ms), sign);
  if (record.ttft_ms !== null) addLatency(change.ttft, roundedLatency(record.ttft_ms), sign);
}

function negative(tally: Tally): Tally {
  const result = emptyTally();
  for (const key of TALLY_KEYS) result[key] = -tally[key];
  return result;
}

/** One of the two tables: they differ in their keys. */
class RollupTable {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #drop: Statement;
  /** Of the open transaction. */
  readonly #changes = new Map<string, Change>();

  constructor(database: Database, table: string, keys: readonly string[]) {
    const where = keys.map((key) => `${key} = ?`).join(' AND ');
    const columns = [...keys, 'calls', ...TALLY_KEYS, 'duration_ms', 'ttft_ms'];
    this.#find = database.prepare(`SELECT duration_ms, ttft_ms FROM ${table} WHERE ${where}`);
    this.#insert = database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    const sums = ['calls', ...TALLY_KEYS].map((column) => `${column} = ${column} + ?`);
    this.#update = database.prepare(
      `UPDATE ${table} SET ${sums.join(', ')}, duration_ms = ?, ttft_ms = ? WHERE ${where}`,
    );
    this.#drop = database.prepare(`DELETE FROM ${table} WHERE ${where} AND calls <= 0`);
  }

  change(key: readonly string[]): Change {
    // With lengths: no character is one that a name may not have.
    const id = key.map((part) => `${part.length}:${part}`).join('');
    const known = this.#changes.get(id);
    if (known !== undefined) return known;
    const change: Change = { key, calls: 0, tally: emptyTally(), duration: new Map(), ttft: new Map() };
    this.#changes.set(id, change);
    return change;
  }

  /** In which something changes. Of the table whose keys begin with the hour. */
  hours(): string[] {
    return [...this.#changes.values()].map(({ key: [hour = ''] }) => hour);
  }

  flush(): void {
    for (const change of this.#changes.values()) this.#write(change);
  }

  forget(): void {
    this.#changes.clear();
  }

  #write({ key, calls, tally, duration, ttft }: Change): void {
    const sums = [calls, ...TALLY_KEYS.map((column) => tally[column])];
    const before = this.#find.get(...key);
    if (before !== undefined) {
      const texts = [textWith(before, 'duration_ms', duration), textWith(before, 'ttft_ms', ttft)];
      this.#update.run(...sums, ...texts, ...key);
      if (calls < 0) this.#drop.run(...key);
      // What was never summed cannot be taken away.
    } else if (calls > 0) this.#insert.run(...key, ...sums, latencyText(duration), latencyText(ttft));
  }
}

function textWith(row: SqlRow, column: string, change: Latencies): string {
  const before = String(row[column]);
  if (change.size === 0) return before;
  const latencies: Latencies = new Map(change);
  addLatencyText(latencies, before);
  return latencyText(latencies);
}

/** Takes a name out, e.g. of a customer who wants to be forgotten; the sums by provider and model stay. @throws whatever SQLite says */
export function removeRollupsOf(database: Database, dimension: Dimension, value: string): void {
  for (const table of ['hourly_by', 'daily_by'])
    database.prepare(`DELETE FROM ${table} WHERE dimension = ? AND value = ?`).run(dimension, value);
}
