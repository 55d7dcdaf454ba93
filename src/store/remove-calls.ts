import { removeBodies } from './blocks/remove.ts';
import { type Database, statementOf } from './driver.ts';
import { forgetTitles, removeSession } from './session-upkeep.ts';

/** What of a call must be known to remove it. */
export interface DoomedCall {
  seq: number;
  id: string;
  traceId: string | null;
  /** Id in `sessions`. */
  sessionKey: string | null;
}

/**
 * Takes calls and all that is only theirs out of the store; the running sums stay: the money was spent. Within a
 * transaction of the caller.
 */
export function removeCalls(
  database: Database,
  calls: readonly DoomedCall[],
  emptySessions: 'remove sessions' | 'keep sessions' = 'remove sessions',
): void {
  removeBodies(
    database,
    calls.map(({ seq }) => seq),
  );
  const removeCall = statementOf(database, 'DELETE FROM llm_calls WHERE seq = ?');
  const removeEdges = statementOf(database, 'DELETE FROM call_graph WHERE from_call_id = ? OR to_call_id = ?');
  for (const { seq, id } of calls) {
    removeEdges.run(id, id);
    removeCall.run(seq);
  }
  removeEmptyTraces(database, new Set(calls.flatMap(({ traceId }) => traceId ?? [])));
  const sessions = new Set(calls.flatMap(({ sessionKey }) => sessionKey ?? []));
  forgetTitles(database, sessions);
  if (emptySessions === 'remove sessions') removeEmptySessions(database, sessions);
}

function removeEmptyTraces(database: Database, traces: ReadonlySet<string>): void {
  const remove = statementOf(
    database,
    'DELETE FROM traces WHERE trace_id = ? AND NOT EXISTS (SELECT 1 FROM llm_calls c WHERE c.trace_id = traces.trace_id)',
  );
  for (const trace of traces) remove.run(trace);
}

function removeEmptySessions(database: Database, sessions: ReadonlySet<string>): void {
  const isUsed = statementOf(database, 'SELECT 1 FROM llm_calls WHERE session_key = ? LIMIT 1');
  for (const session of sessions) if (isUsed.get(session) === undefined) removeSession(database, session);
}
