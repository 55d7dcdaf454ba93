import type { CallRecord } from '../core/capture.ts';
import type { RunSummary, Stats, Totals } from '../core/ports.ts';
import { addCall, addTally, emptyTally, type Tally, toTotals } from '../core/totals.ts';
import { type ModelTally, statsOf } from '../store/queries.ts';

export interface StoredTotals {
  models: readonly ModelTally[];
  since: string | null;
}

export interface TotalsStore {
  /** Sums of all that was committed, and the start of the first call. */
  load(): StoredTotals;
  /** Calls `listener` with the same, once, of a store that opens later. Nothing of this recorder is in them. */
  onLoaded?(listener: (stored: StoredTotals) => void): void;
  /** Sums of one run, for runs that memory no longer knows. */
  loadRun(runId: string): readonly ModelTally[];
}

/** Runs of which the sums stay in memory. */
const RUNS = 1000;
/** Distinct models kept apart; model names are input, so there is a bound. */
const MODELS = 5000;
const OTHER = 'other';

type ByModel = Map<string, ModelTally>;

/** Aggregated counters. Read back at start, so that a restart loses nothing that the store has. */
export class RunningTotals {
  readonly #store: TotalsStore;
  readonly #models: ByModel = new Map();
  readonly #runs = new Map<string, ByModel>();
  #since: string | null = null;

  constructor(store: TotalsStore) {
    this.#store = store;
    this.#adopt(store.load());
    store.onLoaded?.((stored) => this.#adopt(stored));
  }

  add(record: CallRecord, costNanos: number | null): void {
    const model = record.response_model ?? record.request_model;
    addCall(tallyOf(this.#models, record.provider, model), record, costNanos);
    if (record.run_id !== null) addCall(tallyOf(this.#run(record.run_id), record.provider, model), record, costNanos);
    if (this.#since === null || record.started_at < this.#since) this.#since = record.started_at;
  }

  /** What a stored call adds has changed, e.g. its price. */
  correct(record: CallRecord, difference: Tally): void {
    if (record.leg === 'shadow') return;
    const model = record.response_model ?? record.request_model;
    addTally(tallyOf(this.#models, record.provider, model), difference);
    // A run that memory does not know is read from the store, which has changed already.
    const run = record.run_id === null ? undefined : this.#runs.get(record.run_id);
    if (run !== undefined) addTally(tallyOf(run, record.provider, model), difference);
  }

  stats(): Stats {
    const stats = statsOf([...this.#models.values()], this.#since);
    for (const [model, sums] of Object.entries(stats.by_model)) if (isBare(sums)) delete stats.by_model[model];
    return stats;
  }

  /** A run that nobody knows has zero calls. */
  runSummary(runId: string): RunSummary {
    const models = [...(this.#runs.get(runId) ?? this.#loadRun(runId)).values()];
    const sum = emptyTally();
    for (const tally of models) addTally(sum, tally);
    return { run_id: runId, totals: toTotals(sum), by_model: statsOf(models, null).by_model };
  }

  #adopt({ models, since }: StoredTotals): void {
    for (const model of models) addTally(tallyOf(this.#models, model.provider, model.model), model);
    if (since !== null && (this.#since === null || since < this.#since)) this.#since = since;
  }

  #run(runId: string): ByModel {
    const run = this.#runs.get(runId) ?? this.#loadRun(runId);
    // The run in use moves to the end: the first one is the one to forget.
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    if (this.#runs.size > RUNS) {
      for (const oldest of this.#runs.keys()) {
        this.#runs.delete(oldest);
        break;
      }
    }
    return run;
  }

  #loadRun(runId: string): ByModel {
    const models: ByModel = new Map();
    for (const model of this.#store.loadRun(runId)) addTally(tallyOf(models, model.provider, model.model), model);
    return models;
  }
}

function tallyOf(models: ByModel, provider: string, model: string | null): ModelTally {
  const known = models.get(keyOf(provider, model));
  if (known !== undefined) return known;
  const name = models.size < MODELS ? model : OTHER;
  const key = keyOf(provider, name);
  const tally = models.get(key) ?? { ...emptyTally(), provider, model: name };
  models.set(key, tally);
  return tally;
}

/** Only the bytes of model lists and the like: they count, but they are no model. */
function isBare({ requests, input_tokens, output_tokens, cost_usd }: Totals): boolean {
  return requests === 0 && input_tokens === 0 && output_tokens === 0 && cost_usd === 0;
}

function keyOf(provider: string, model: string | null): string {
  return `${provider}/${model ?? 'unknown'}`;
}
