/** Sessions after calls were deleted, or priced again. */
import { type Tally, TALLY_KEYS } from '../core/totals.ts';
import type { StoredCall } from './call-row.ts';
import { type Database, statementOf } from './driver.ts';
import { SUM_OF } from './queries.ts';
import { modelsText } from './session-writer.ts';

/** Into the sums of the session of each call. Into the open transaction. @throws whatever SQLite says */
export function correctSessions(
  database: Database,
  changes: readonly { readonly call: StoredCall; readonly difference: Tally }[],
): void {
  const correct = statementOf(
    database,
    `UPDATE sessions SET ${TALLY_KEYS.map((key) => `${key} = ${key} + ?`).join(', ')}
WHERE id = (SELECT session_key FROM llm_calls WHERE id = ?)`,
  );
  for (const { call, difference } of changes)
    if (call.record.leg === 'primary') correct.run(...TALLY_KEYS.map((key) => difference[key]), call.record.id);
}

/**
 * After calls were deleted: sessions that have none any more go, with all that was kept of them; the sums of the others
 * are taken anew. Into the open transaction. @param ids of `sessions` @throws whatever SQLite says
 */
export function recountSessions(database: Database, ids: Iterable<string>): void {
  const sums = [
    'count(*) AS calls',
    'min(started_at) AS started_at',
    'max(started_at) AS last_call_at',
    // What has its usual value is left out of the facts (agent-facts-text.ts).
    `max(iif(agent_facts IS NULL, 0, coalesce(agent_facts ->> 'turn', 1))) AS turns`,
    `sum(coalesce(agent_facts ->> 'tool_errors', 0)) AS tool_errors`,
    ...TALLY_KEYS.map((key) => `${SUM_OF[key]} AS ${key}`),
  ];
  const itsCalls = `FROM llm_calls WHERE session_key = ? AND leg = 'primary'`;
  const sum = statementOf(database, `SELECT ${sums.join(', ')} ${itsCalls}`);
  const models = statementOf(database, `SELECT DISTINCT model ${itsCalls} AND model IS NOT NULL ORDER BY 1`);
  const update = statementOf(
    database,
    `UPDATE sessions SET calls = ?, started_at = ?, last_call_at = ?, turns = ?, tool_errors = ?, models = ?, ${TALLY_KEYS.map((key) => `${key} = ?`).join(', ')} WHERE id = ?`,
  );
  for (const id of ids) {
    const row = sum.get(id);
    if (row === undefined || Number(row['calls']) === 0) removeSession(database, id);
    else
      update.run(
        Number(row['calls']),
        String(row['started_at']),
        String(row['last_call_at']),
        Number(row['turns']),
        Number(row['tool_errors']),
        modelsText(models.all(id).map(({ model }) => String(model))),
        ...TALLY_KEYS.map((key) => Number(row[key] ?? 0)),
        id,
      );
  }
}

/** With all that was kept of it. @throws whatever SQLite says */
export function removeSession(database: Database, id: string): void {
  statementOf(database, 'DELETE FROM session_tips WHERE session = ?').run(id);
  statementOf(database, 'DELETE FROM sessions WHERE id = ?').run(id);
}

/** The rank of a title that was taken away: it does not come back. */
export const FORGOTTEN = 1000;

/**
 * After calls were removed: a session that lost its first call loses its title, which was said there. Before its sums
 * are taken anew. @param ids of `sessions`
 */
export function forgetTitles(database: Database, ids: Iterable<string>): void {
  const forget = statementOf(
    database,
    `UPDATE sessions SET title = NULL, title_rank = ${FORGOTTEN} WHERE id = ? AND title IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM llm_calls WHERE session_key = sessions.id AND started_at <= sessions.started_at)`,
  );
  for (const id of ids) forget.run(id);
}
