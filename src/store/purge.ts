/** Finds and deletes what is to be forgotten. Sums by provider and model stay: they name nobody. */
import type { PurgeTarget } from '../core/ports.ts';
import { type LogLocation, storedLocationOf } from './call-row.ts';
import { type Database, type SqlRow, statementOf } from './driver.ts';
import { type DoomedCall, removeCalls } from './remove-calls.ts';
import { removeRollupsOf } from './rollup-writer.ts';
import { doomedOf, textOf } from './sweep.ts';
import { FORGOTTEN, recountSessions } from './session-upkeep.ts';
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

const COLUMNS = 'seq, id, trace_id, session_key, host, started_at, session_id, log_file, log_offset, log_length';
/** `?1` is the id, or for a session a JSON list of sessions; `?2` its own id as calls bear it. */
const CONDITION: Readonly<Record<PurgeTarget['kind'], string>> = {
  call: 'id = ?1 AND ?2 IS NOT NULL',
  session: '(session_key IN (SELECT value FROM json_each(?1)) OR session_id = ?2)',
  customer: 'customer_id = ?1 AND ?2 IS NOT NULL',
  run: 'run_id = ?1 AND ?2 IS NOT NULL',
};

/** The next calls, from the first number behind `after`. */
export function doomedCalls(database: Database, target: PurgeTarget, after: number): PurgePage {
  const { kind, id } = target;
  const end = kind === 'customer' ? after + WINDOW : Number.MAX_SAFE_INTEGER;
  const calls = database
    .prepare(
      `SELECT ${COLUMNS} FROM llm_calls WHERE ${CONDITION[kind]} AND seq > ?3 AND seq <= ?4 ORDER BY seq LIMIT ${PAGE}`,
    )
    .all(scopeOf(database, target), id, after, end)
    .map(purgedOf);
  if (calls.length === PAGE) return { calls, after: calls.at(-1)?.seq ?? after };
  const last = Number(database.prepare('SELECT max(seq) AS last FROM llm_calls').get()?.['last'] ?? 0);
  return { calls, after: end < last ? end : null };
}

function scopeOf(database: Database, target: PurgeTarget): string {
  return target.kind === 'session' ? JSON.stringify(familyOf(database, target.id)) : target.id;
}

/** All of them, however many and however deep: fork of a fork of a fork. A circle ends where it began. */
const FAMILY = `WITH RECURSIVE family(id) AS (
  SELECT id FROM sessions WHERE id = ?1 OR client_session_id = ?1
  UNION SELECT sessions.id FROM sessions JOIN family ON sessions.parent_session_id = family.id
) SELECT id FROM family`;

/** What a session had others do for it was said in it: its descendants go with it. */
function familyOf(database: Database, id: string): string[] {
  return statementOf(database, FAMILY)
    .all(id)
    .map((row) => String(row['id']));
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
export function purgeCalls(database: Database, calls: readonly PurgedCall[], { kind }: PurgeTarget): void {
  overwriting(database, () => {
    removeCalls(database, calls, kind === 'session' ? 'keep sessions' : 'remove sessions');
    const keys = new Set(calls.flatMap(({ sessionKey }) => sessionKey ?? []));
    // The rows of a family are needed to find the rest of it.
    if (kind !== 'session') recountSessions(database, keys);
    const untitle = statementOf(database, `UPDATE sessions SET title = NULL, title_rank = ${FORGOTTEN} WHERE id = ?`);
    for (const key of keys) untitle.run(key);
    const removeTips = statementOf(database, 'DELETE FROM session_tips WHERE call = ?');
    for (const { id } of calls) removeTips.run(id);
    const undescribe = statementOf(
      database,
      `UPDATE traces SET task_description = NULL, description_rank = 0 WHERE trace_id = ?`,
    );
    for (const { traceId } of calls) if (traceId !== null) undescribe.run(traceId);
  });
}

/** What names the target beside its calls. @throws whatever SQLite says */
export function purgeNames(database: Database, target: PurgeTarget): void {
  const { kind, id } = target;
  overwriting(database, () => {
    const unpin = database.prepare('DELETE FROM pins WHERE kind = ? AND id = ?');
    unpin.run(kind, id);
    if (kind === 'session') {
      const family = familyOf(database, id);
      for (const session of family) unpin.run('session', session);
      recountSessions(database, family);
    }
    if (kind === 'customer') removeRollupsOf(database, 'customer', id);
  });
}

/** FAST leaves what was on pages that become free as a whole; ON writes zeros there, too. */
function overwriting(database: Database, work: () => void): void {
  database.exec('PRAGMA secure_delete = ON');
  try {
    inTransaction(database, work);
  } finally {
    database.exec('PRAGMA secure_delete = FAST');
  }
}

/** How many calls there are, without touching them. */
export function countDoomed(
  database: Database,
  target: PurgeTarget,
): { calls: number; since: string | null; until: string | null } {
  const row = database
    .prepare(
      `SELECT count(*) AS calls, min(started_at) AS since, max(started_at) AS until FROM llm_calls WHERE ${CONDITION[target.kind]}`,
    )
    .get(scopeOf(database, target), target.id);
  return { calls: Number(row?.['calls'] ?? 0), since: textOf(row?.['since']), until: textOf(row?.['until']) };
}
