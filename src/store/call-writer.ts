import { isError, addTally, type Tally, TALLY_KEYS } from '../core/totals.ts';
import type { CallBodies } from './blocks/call-bodies.ts';
import { BlockWriter } from './blocks/write.ts';
import { callValues, INSERT_CALL, type StoredCall, tallyOf, traceOf } from './call-row.ts';
import type { Database, SqlValue, Statement } from './driver.ts';
import { FacetWriter } from './facet-writer.ts';
import { LiveCallTables } from './live-calls.ts';
import { RollupWriter } from './rollup-writer.ts';
import { SessionWriter } from './session-writer.ts';

const UPSERT_TOTALS = `INSERT INTO totals (provider, model, first_call_at, ${TALLY_KEYS.join(', ')})
VALUES (?, ?, ?, ${TALLY_KEYS.map(() => '?').join(', ')})
ON CONFLICT (provider, model) DO UPDATE SET first_call_at = min(first_call_at, excluded.first_call_at),
${TALLY_KEYS.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`;

/** A call in a trace that had ended opens it again: the work went on. */
const UPSERT_TRACE = `INSERT INTO traces (trace_id, kind, task_id, created_at, last_call_at, calls, last_call_failed,
task_description, description_rank) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (trace_id) DO UPDATE SET status = 'running', ended_at = NULL, calls = calls + excluded.calls,
created_at = min(created_at, excluded.created_at), last_call_at = max(last_call_at, excluded.last_call_at),
last_call_failed = CASE WHEN excluded.last_call_at >= last_call_at THEN excluded.last_call_failed ELSE last_call_failed END,
task_description = CASE WHEN excluded.description_rank > description_rank THEN excluded.task_description
ELSE task_description END, description_rank = max(description_rank, excluded.description_rank)`;

const END_TRACES = `UPDATE traces SET status = CASE WHEN last_call_failed THEN 'failed' ELSE 'completed' END,
ended_at = last_call_at WHERE status = 'running'`;

interface TraceChange {
  kind: string;
  taskId: string | null;
  first: string;
  last: string;
  calls: number;
  failed: boolean;
  /** The first words of a human; the ones with the highest rank. */
  description: string | null;
  rank: number;
}

interface TotalsChange {
  provider: string;
  model: string;
  first: string;
  tally: Tally;
}

/** Writes finished calls and their bodies, and with each transaction what they change in the totals, the sums by hour, the traces. */
export class CallWriter {
  readonly database: Database;
  /** To be told when bodies were removed on this connection: `recheck`. */
  readonly blocks: BlockWriter;
  /** What is kept of a call in flight goes with its record. */
  readonly live: LiveCallTables;
  readonly #beginCall: Statement;
  readonly #endCall: Statement;
  readonly #undoCall: Statement;
  readonly #insertCall: Statement;
  readonly #upsertTotals: Statement;
  readonly #upsertTrace: Statement;
  readonly #endIdle: Statement;
  readonly #endOne: Statement;
  readonly #rollups: RollupWriter;
  readonly #facets: FacetWriter;
  readonly #sessions: SessionWriter;
  /** Of the open transaction. */
  readonly #totals = new Map<string, TotalsChange>();
  readonly #traces = new Map<string, TraceChange>();
  /** Rows of a call are in the open transaction that could not be taken out of it again. */
  #hasHalfCall = false;

  /** @param database migrated. */
  constructor(database: Database) {
    this.database = database;
    this.blocks = new BlockWriter(database);
    this.live = new LiveCallTables(database);
    this.#beginCall = database.prepare('SAVEPOINT one_call');
    this.#endCall = database.prepare('RELEASE one_call');
    this.#undoCall = database.prepare('ROLLBACK TO one_call');
    this.#insertCall = database.prepare(INSERT_CALL);
    this.#upsertTotals = database.prepare(UPSERT_TOTALS);
    this.#upsertTrace = database.prepare(UPSERT_TRACE);
    this.#rollups = new RollupWriter(database);
    this.#facets = new FacetWriter(database);
    this.#sessions = new SessionWriter(database);
    this.#endIdle = database.prepare(`${END_TRACES} AND last_call_at < ?`);
    this.#endOne = database.prepare(`${END_TRACES} AND trace_id = ?`);
  }

  /** One transaction: all or nothing. @throws whatever SQLite says */
  write(calls: readonly StoredCall[]): void {
    this.begin();
    try {
      for (const call of calls) this.add(call);
      this.commit();
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** Opens a transaction. @throws whatever SQLite says, e.g. that another program writes */
  begin(): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.blocks.begin();
    } catch (error) {
      // Else no transaction could ever be begun again, and nobody else could write.
      this.rollBack();
      throw error;
    }
  }

  /**
   * Into the open transaction, whole or, when this throws, not at all. A call that is stored already changes nothing.
   * @throws whatever SQLite says of this call
   */
  add(call: StoredCall, bodies: CallBodies | null = null): void {
    const tally = tallyOf(call);
    const values = callValues(call, tally);
    this.#beginCall.run();
    try {
      const isNew = this.#addRows(call, values, tally, bodies);
      this.#endCall.run();
      if (!isNew) return;
    } catch (error) {
      this.#undo(call.record.id);
      throw error;
    }
    // What is written at the end knows of no call that is not there.
    noteTotals(this.#totals, call, tally);
    this.#rollups.add(call, tally);
    noteTrace(this.#traces, call);
    this.#sessions.add(call, tally);
  }

  #addRows(call: StoredCall, values: SqlValue[], tally: Tally, bodies: CallBodies | null): boolean {
    const { changes, lastInsertRowid } = this.#insertCall.run(...values);
    if (Number(changes) === 0) return false;
    this.live.drop(call.record.id);
    this.#sessions.addEdges(call);
    if (bodies !== null) this.blocks.add(Number(lastInsertRowid), bodies);
    this.#facets.add(Number(lastInsertRowid), call, tally);
    return true;
  }

  #undo(id: string): void {
    this.live.undrop(id);
    this.blocks.recheck();
    try {
      this.#undoCall.run();
      this.#endCall.run();
    } catch {
      // A full disk makes SQLite roll back all of it by itself.
      this.#hasHalfCall = true;
    }
  }

  /** The transaction stays open when this throws. @throws whatever SQLite says */
  commit(): void {
    if (this.#hasHalfCall) throw new Error('the transaction holds a part of a call');
    for (const { provider, model, first, tally } of this.#totals.values()) {
      this.#upsertTotals.run(provider, model, first, ...TALLY_KEYS.map((column) => tally[column]));
    }
    for (const [id, { kind, taskId, first, last, calls: count, failed, description, rank }] of this.#traces) {
      this.#upsertTrace.run(id, kind, taskId, first, last, count, Number(failed), description, rank);
    }
    this.#rollups.flush();
    this.#facets.flush();
    this.#sessions.flush();
    this.database.exec('COMMIT');
    this.live.committed();
    this.#facets.committed();
    this.#forget();
  }

  /** Gives up the open transaction. */
  rollBack(): void {
    this.#forget();
    this.blocks.forget();
    this.live.rolledBack();
    this.#facets.rolledBack();
    try {
      this.database.exec('ROLLBACK');
    } catch {
      // A full disk makes SQLite roll back by itself.
    }
  }

  /** Ends the traces without a call since then. @param before ISO 8601 UTC */
  endIdleTraces(before: string): void {
    this.#endIdle.run(before);
  }

  /** Ends one trace now, e.g. that of a run whose program has ended. */
  endTrace(traceId: string): void {
    this.#endOne.run(traceId);
  }

  #forget(): void {
    this.#hasHalfCall = false;
    this.#totals.clear();
    this.#rollups.forget();
    this.#sessions.forget();
    this.#traces.clear();
  }
}

function noteTotals(totals: Map<string, TotalsChange>, { record }: StoredCall, tally: Tally): void {
  if (record.leg === 'shadow') return;
  const model = record.response_model ?? record.request_model ?? '';
  const key = `${record.provider}\n${model}`;
  const change = totals.get(key);
  if (change === undefined) {
    totals.set(key, { provider: record.provider, model, first: record.started_at, tally });
    return;
  }
  addTally(change.tally, tally);
  if (record.started_at < change.first) change.first = record.started_at;
}

function noteTrace(traces: Map<string, TraceChange>, { record, session }: StoredCall): void {
  const trace = traceOf(record);
  if (trace === null) return;
  const { started_at: at } = record;
  const { title = null, title_rank: rank = 0 } = session?.session ?? {};
  const change = traces.get(trace.id);
  if (change === undefined) {
    const failed = isError(record);
    const { kind } = trace;
    traces.set(trace.id, {
      kind,
      taskId: record.task_id,
      first: at,
      last: at,
      calls: 1,
      failed,
      description: title,
      rank,
    });
    return;
  }
  change.calls += 1;
  if (rank > change.rank) Object.assign(change, { description: title, rank });
  if (at < change.first) change.first = at;
  if (at < change.last) return;
  change.last = at;
  change.failed = isError(record);
}
