/** Stored calls priced again. The store does not know prices: it is told how. */
import type { Cost } from '../core/capture.ts';
import type { RepricedModel } from '../core/ports.ts';
import { addTally, emptyTally, type Tally, TALLY_KEYS } from '../core/totals.ts';
import { COST_COLUMNS, costValues, type StoredCall, storedCallOf, tallyOf } from './call-row.ts';
import type { Database } from './driver.ts';
import { type CallFilter, conditionsOf } from './queries.ts';
import { RollupWriter } from './rollup-writer.ts';
import { correctSessions } from './session-upkeep.ts';
import { inTransaction } from './transaction.ts';

/** What one call adds to the totals now, less what it added before. */
export interface TallyChange {
  call: StoredCall;
  difference: Tally;
}

export interface RepriceOptions {
  filter: CallFilter;
  /** The price of today; null = leave it as it is. */
  price(call: StoredCall): Cost | null;
  dryRun: boolean;
  /** Go on behind this call; null = from the first one. */
  after: Place | null;
}

export interface Place {
  started_at: string;
  id: string;
}

export interface RepricePage {
  models: RepricedModel[];
  /** Committed, unless nothing is to change. */
  changes: TallyChange[];
  /** The last call of the page; null = there are no more. */
  last: Place | null;
}

const PAGE = 500;

/**
 * The next calls in the order of time, in one transaction with their part of the totals: whoever stops in between has
 * consistent sums. @throws whatever SQLite says
 */
export function repricePage(database: Database, options: RepriceOptions): RepricePage {
  const { filter, dryRun, after } = options;
  const { where, values } = conditionsOf(filter);
  const calls = database
    .prepare(
      `SELECT * FROM llm_calls ${where === '' ? 'WHERE' : `${where} AND`} (started_at, id) > (?, ?) ORDER BY started_at, id LIMIT ${PAGE}`,
    )
    .all(...values, after?.started_at ?? '', after?.id ?? '')
    .map((row) => ({ ...storedCallOf(row), unpriced: Number(row['counted_unpriced']) }));
  const models = new Map<string, RepricedModel>();
  const repriced = calls.flatMap((call) => repricedOf(call, options.price(call), models));
  if (!dryRun && repriced.length > 0) commit(database, repriced);
  const last = calls.length < PAGE ? undefined : calls.at(-1)?.record;
  return {
    models: [...models.values()],
    changes: repriced.map(changeOf),
    last: last === undefined ? null : { started_at: last.started_at, id: last.id },
  };
}

interface Repriced {
  before: StoredCall;
  after: StoredCall;
}

function repricedOf(before: StoredCall, cost: Cost | null, models: Map<string, RepricedModel>): Repriced[] {
  const { record, costNanos } = before;
  const row = modelOf(record, models);
  row.calls += 1;
  row.before_nanos += costNanos ?? 0;
  row.after_nanos += (cost === null ? costNanos : cost.nanos) ?? 0;
  if (cost === null) return [];
  const { nanos, ...fields } = cost;
  if (nanos === costNanos && JSON.stringify(fields) === JSON.stringify(record.cost)) return [];
  row.changed += 1;
  if (costNanos === null && nanos !== null) row.newly_priced += 1;
  if (costNanos !== null && nanos === null) row.newly_unpriced += 1;
  const after = { ...record, cost: fields, cost_usd: nanos === null ? null : nanos / 1e9 };
  const { unpriced: _, ...stored } = before;
  return [{ before, after: { ...stored, record: after, costNanos: nanos } }];
}

function modelOf(
  { provider, response_model, request_model }: StoredCall['record'],
  models: Map<string, RepricedModel>,
): RepricedModel {
  const model = response_model ?? request_model;
  const key = `${provider}\n${model ?? ''}`;
  const known = models.get(key);
  if (known !== undefined) return known;
  const counts = { calls: 0, changed: 0, before_nanos: 0, after_nanos: 0, newly_priced: 0, newly_unpriced: 0 };
  const row: RepricedModel = { provider, model, ...counts };
  models.set(key, row);
  return row;
}

function changeOf({ before, after }: Repriced): TallyChange {
  const difference = emptyTally();
  const old = tallyOf(before);
  addTally(difference, tallyOf(after));
  for (const key of TALLY_KEYS) difference[key] -= old[key];
  return { call: after, difference };
}

function commit(database: Database, repriced: readonly Repriced[]): void {
  const update = database.prepare(
    `UPDATE llm_calls SET ${COST_COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
  );
  const correct = database.prepare(
    `UPDATE totals SET ${TALLY_KEYS.map((key) => `${key} = ${key} + ?`).join(', ')} WHERE provider = ? AND model = ?`,
  );
  const rollups = new RollupWriter(database);
  const changes = repriced.map(changeOf);
  inTransaction(database, () => {
    for (const { after } of repriced) update.run(...costValues(after, tallyOf(after)), after.record.id);
    for (const { call, difference } of changes) rollups.correct(call, difference);
    correctSessions(database, changes);
    for (const { provider, model, difference } of sumsOf(changes))
      correct.run(...TALLY_KEYS.map((key) => difference[key]), provider, model);
    rollups.flush();
  });
}

/** What changes in each row of the totals. */
function sumsOf(changes: readonly TallyChange[]): { provider: string; model: string; difference: Tally }[] {
  const sums = new Map<string, { provider: string; model: string; difference: Tally }>();
  for (const { call, difference } of changes) {
    const { leg, provider, response_model: answered, request_model: asked } = call.record;
    if (leg === 'shadow') continue;
    const model = answered ?? asked ?? '';
    const key = `${provider}\n${model}`;
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { provider, model, difference });
    else addTally(known.difference, difference);
  }
  return [...sums.values()];
}
