/** `prices reprice`: by the daemon, whose totals follow at once; without one in the store itself. */
import { existsSync } from 'node:fs';
import { repriceQueryOf } from '../admin/calls.ts';
import { systemClock } from '../core/clock.ts';
import type { RepricedModel, RepriceSlice } from '../core/ports.ts';
import { createPricer } from '../pricing/cost.ts';
import { addModels, repriceSlice } from '../recorder/reprice.ts';
import { formatUsd } from '../sinks/figures.ts';
import { openDatabase } from '../store/driver.ts';
import { openStore } from '../store/open.ts';
import { count, counted } from './figures.ts';
import { configOf, answeringDaemon, noDatabase } from './home-config.ts';
import { openPrices } from './price-book.ts';
import { print, printJson } from './print.ts';
import { askDaemon } from './run-api.ts';
import { type Column, formatTable } from './table.ts';

export interface RepriceArguments {
  home: string | null;
  json: boolean;
  since: string;
  until: string | undefined;
  provider: string | undefined;
  model: string | undefined;
  dryRun: boolean;
}

/** A slice is a second of work; the pages in it may wait for others who write. */
const SLICE_MS = 30_000;
const PATIENT_MS = 5000;

type Ask = (cursor: string | null) => Promise<RepriceSlice>;

export async function repriceMain(given: RepriceArguments): Promise<number> {
  const { ask, close } = await asker(given);
  const models = new Map<string, RepricedModel>();
  try {
    for (let cursor: string | null = null; ;) {
      const slice: RepriceSlice = await ask(cursor);
      addModels(models, slice.models);
      cursor = slice.next_cursor;
      if (cursor === null) break;
    }
  } finally {
    close();
  }
  const rows = [...models.values()].toSorted((one, other) => changeOf(other) - changeOf(one));
  if (given.json) printJson(reportOf(rows, given.dryRun));
  else printReport(rows, given.dryRun);
  return 0;
}

async function asker(given: RepriceArguments): Promise<{ ask: Ask; close: () => void }> {
  const { since, until, provider, model, dryRun } = given;
  // A time such as 7d must mean the same in every slice.
  const { dryRun: dry, cursor: _, ...filter } = repriceQueryOf({ since, until, provider, model, dry_run: dryRun });
  const daemon = await answeringDaemon(given.home, PATIENT_MS);
  if (daemon !== null) {
    const ask: Ask = async (cursor) =>
      (await askDaemon(
        daemon,
        'POST',
        '/api/prices/reprice',
        { ...filter, dry_run: dry, cursor },
        SLICE_MS,
      )) as RepriceSlice;
    return { ask, close: () => {} };
  }
  const config = configOf(given.home);
  if (!existsSync(config.db)) throw noDatabase(config.db);
  const { book } = await openPrices(config);
  const { database } = openStore(config.db, Date.now(), openDatabase, { keep: config.store.backups });
  const price = createPricer(book);
  return {
    ask: (cursor) => repriceSlice({ ...filter, dryRun: dry, cursor }, { database, price, clock: systemClock }),
    close: () => database.close(),
  };
}

function changeOf({ before_nanos: before, after_nanos: after }: RepricedModel): number {
  return Math.abs(after - before);
}

function sumOf(rows: readonly RepricedModel[]): RepricedModel {
  const sum = new Map<string, RepricedModel>();
  addModels(
    sum,
    rows.map((row) => ({ ...row, provider: 'total', model: null })),
  );
  const none = { calls: 0, changed: 0, before_nanos: 0, after_nanos: 0, newly_priced: 0, newly_unpriced: 0 };
  return [...sum.values()][0] ?? { provider: 'total', model: null, ...none };
}

function reportOf(rows: readonly RepricedModel[], dryRun: boolean): object {
  const { provider: _, model: __, ...total } = inDollars(sumOf(rows)) as Record<string, unknown>;
  return { dry_run: dryRun, ...total, models: rows.map(inDollars) };
}

function inDollars({ before_nanos: before, after_nanos: after, ...row }: RepricedModel): object {
  return { ...row, before_usd: before / 1e9, after_usd: after / 1e9 };
}

const dollars = (nanos: number): string => formatUsd(nanos / 1e9);

const COLUMNS: readonly Column<RepricedModel>[] = [
  {
    title: 'model',
    align: 'left',
    max: 60,
    value: ({ provider, model }) => (model === null ? provider : `${provider}/${model}`),
  },
  { title: 'calls', align: 'right', value: ({ calls }) => count(calls) },
  { title: 'changed', align: 'right', value: ({ changed }) => count(changed) },
  { title: 'before', align: 'right', value: ({ before_nanos: nanos }) => dollars(nanos) },
  { title: 'after', align: 'right', value: ({ after_nanos: nanos }) => dollars(nanos) },
  { title: 'now priced', align: 'right', value: ({ newly_priced: calls }) => (calls === 0 ? '' : count(calls)) },
  { title: 'now unpriced', align: 'right', value: ({ newly_unpriced: calls }) => (calls === 0 ? '' : count(calls)) },
];

function printReport(rows: readonly RepricedModel[], dryRun: boolean): void {
  const changed = rows.filter((row) => row.changed > 0);
  const total = sumOf(rows);
  if (changed.length === 0) {
    print(`${counted(total.calls, 'call')}, no change.`);
    return;
  }
  print(formatTable(COLUMNS, [...changed, total], false));
  if (dryRun) print('Nothing was changed: this was a dry run.');
}
