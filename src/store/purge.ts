/** Finds and deletes what is to be forgotten. Sums by provider and model stay: they name nobody. */
import type { PurgeTarget } from '../core/ports.ts';
import { type LogLocation, storedLocationOf } from './call-row.ts';
import type { Database, SqlRow } from './driver.ts';
import { type DoomedCall, removeCalls } from './remove-calls.ts';
import { removeRollupsOf } from './rollup-writer.ts';
import { doomedOf, textOf } from './sweep.ts';
import { inTransaction } from './transaction.ts';

export interface PurgedCall extends DoomedCall {
  host: string;
  startedAt: string;
  sessionId: string | null;
  log: LogLocation | null;
}

export interface PurgePage {
  calls: PurgedCall[];
  /** Go on behind this number; null = there are no more. */
  after: number | null;
}

const PAGE = 32;
/** Customers have no index: so many rows are looked at in one go. */
const WINDOW = 20_000;

const COLUMNS = 'seq, id, trace_id, host, started_at, session_id, log_file, log_offset, log_length';
const CONDITION: Readonly<Record<PurgeTarget['kind'], string>> = {
  call: 'id = ?',
  // What a session had others do for it was said in it.
  session: '(session_id = ?1 OR session_id IN (SELECT session_id FROM llm_calls WHERE parent_session_id = ?1))',
  customer: 'customer_id = ?',
  run: 'run_id = ?',
};

/** The next calls, from the first number behind `after`. */
export function doomedCalls(database: Database, { kind, id }: PurgeTarget, after: number): PurgePage {
  const end = kind === 'customer' ? after + WINDOW : Number.MAX_SAFE_INTEGER;
  const calls = database
    .prepare(
      `SELECT ${COLUMNS} FROM llm_calls WHERE ${CONDITION[kind]} AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ${PAGE}`,
    )
    .all(id, after, end)
    .map(purgedOf);
  if (calls.length === PAGE) return { calls, after: calls.at(-1)?.seq ?? after };
  const last = Number(database.prepare('SELECT max(seq) AS last FROM llm_calls').get()?.['last'] ?? 0);
  return { calls, after: end < last ? end : null };
}

function purgedOf(row: SqlRow): PurgedCall {
  return {
    ...doomedOf(row),
    host: String(row['host']),
    startedAt: String(row['started_at']),
    sessionId: textOf(row['session_id']),
    log: storedLocationOf(row),
  };
}

/** One transaction; what is deleted is overwritten in the file. @throws whatever SQLite says */
export function purgeCalls(database: Database, calls: readonly PurgedCall[]): void {
  overwriting(database, () => inTransaction(database, () => removeCalls(database, calls)));
}

/** What names the target beside its calls. @throws whatever SQLite says */
export function purgeNames(database: Database, { kind, id }: PurgeTarget): void {
  overwriting(database, () =>
    inTransaction(database, () => {
      database.prepare('DELETE FROM pins WHERE kind = ? AND id = ?').run(kind, id);
      if (kind === 'customer') removeRollupsOf(database, 'customer', id);
    }),
  );
}

/** FAST leaves what was on pages that become free as a whole; ON writes zeros there, too. */
function overwriting(database: Database, work: () => void): void {
  database.exec('PRAGMA secure_delete = ON');
  try {
    work();
  } finally {
    database.exec('PRAGMA secure_delete = FAST');
  }
}

/** How many calls there are, without touching them. */
export function countDoomed(
  database: Database,
  { kind, id }: PurgeTarget,
): { calls: number; since: string | null; until: string | null } {
  const row = database
    .prepare(
      `SELECT count(*) AS calls, min(started_at) AS since, max(started_at) AS until FROM llm_calls WHERE ${CONDITION[kind]}`,
    )
    .get(id);
  return { calls: Number(row?.['calls'] ?? 0), since: textOf(row?.['since']), until: textOf(row?.['until']) };
}
