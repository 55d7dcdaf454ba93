import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { RepricedModel, RepriceQuery, RepriceSlice } from '../core/ports.ts';
import type { Pricer } from '../pricing/cost.ts';
import { priceAgain } from '../pricing/price-again.ts';
import type { Database } from '../store/driver.ts';
import { type Place, repricePage, type TallyChange } from '../store/reprice.ts';

export interface RepriceDeps {
  /** Migrated. */
  database: Database;
  price: Pricer;
  /** What changed; committed. */
  onChange?: (change: TallyChange) => void;
  clock: Pick<Clock, 'now'>;
}

/** One slice works so long, page by page, between which other work gets its turn. */
const SLICE_MS = 1000;

/** Prices stored calls again, for about a second. Throws AppError `config_invalid` on a cursor that is none. */
export async function repriceSlice(query: RepriceQuery, deps: RepriceDeps): Promise<RepriceSlice> {
  const { dryRun, cursor, ...filter } = query;
  const models = new Map<string, RepricedModel>();
  const until = deps.clock.now() + SLICE_MS;
  let after = cursor === null ? null : decode(cursor);
  for (;;) {
    const page = repricePage(deps.database, {
      filter,
      dryRun,
      after,
      price: ({ record }) => priceAgain(record, deps.price),
    });
    addModels(models, page.models);
    if (!dryRun) for (const change of page.changes) deps.onChange?.(change);
    after = page.last;
    if (after === null || deps.clock.now() >= until) break;
    await nextTurn();
  }
  return { models: [...models.values()], next_cursor: after === null ? null : encode(after) };
}

/** Adds up rows of the same model. */
export function addModels(into: Map<string, RepricedModel>, rows: readonly RepricedModel[]): void {
  for (const row of rows) {
    const key = `${row.provider}\n${row.model ?? ''}`;
    const known = into.get(key);
    if (known === undefined) {
      into.set(key, { ...row });
      continue;
    }
    for (const field of SUMS) known[field] += row[field];
  }
}

const SUMS = ['calls', 'changed', 'before_nanos', 'after_nanos', 'newly_priced', 'newly_unpriced'] as const;

function encode({ started_at: startedAt, id }: Place): string {
  return Buffer.from(`${startedAt} ${id}`).toString('base64url');
}

function decode(cursor: string): Place {
  const [startedAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (startedAt === undefined || id === undefined) throw new AppError('config_invalid', 'cursor is not one of ours');
  return { started_at: startedAt, id };
}
