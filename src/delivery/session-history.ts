/** What a call was in its session, read from the store: the same after a restart as before it. */
import type { CallRecord } from '../core/capture.ts';
import { RecentMap } from '../core/recent-map.ts';
import { isConversation } from '../core/session-entries.ts';
import { type Database, type SqlRow, statementOf } from '../store/driver.ts';

export interface SessionHistory {
  /**
   * Number of a call among those of its session and host that are turns of a conversation, from 1, in the order of their
   * ends, as the session log counts them. `null` = it is none, or not in the store.
   * @param call its id
   */
  numberOf(call: string): number | null;
}

/** What says whether a call is a turn; of few values, but for the paths that decide it. */
const FIELDS = "session_id, host, inference, operation, leg, CASE operation WHEN 'threads' THEN path END AS thread";
const CALL = `SELECT seq, ${FIELDS} FROM llm_calls WHERE id = ?`;
const BETWEEN = `SELECT count(*) AS calls, ${FIELDS} FROM llm_calls
WHERE session_id = ? AND host = ? AND seq > ? AND seq <= ? GROUP BY inference, operation, leg, thread`;
/** Sessions whose last number is remembered; of others it is counted from their first call. */
const SESSIONS = 4000;

/** The last call that was numbered. */
interface Counted {
  seq: number;
  number: number;
}

const NONE: Counted = { seq: 0, number: 0 };

/**
 * @param database is only read. Calls that retention deleted are not counted after a restart: numbers go on from the
 * remembered one while the process lives.
 */
export function createSessionHistory(database: Database): SessionHistory {
  const known = new RecentMap<Counted>(SESSIONS);
  return {
    numberOf(call) {
      const row = statementOf(database, CALL).get(call);
      if (row === undefined || !isTurn(row)) return null;
      const { session_id: session = null, host = null } = row;
      // Alone in a session of its own.
      if (session === null) return 1;
      const seq = Number(row['seq']);
      const key = `${String(host)}\n${String(session)}`;
      const last = known.get(key) ?? NONE;
      if (last.seq === seq) return last.number;
      const from = last.seq < seq ? last : NONE;
      const kinds = statementOf(database, BETWEEN).all(session, host, from.seq, seq).filter(isTurn);
      const number = kinds.reduce((sum, { calls = 0 }) => sum + Number(calls), from.number);
      if (last.seq < seq) known.set(key, { seq, number });
      return number;
    },
  };
}

function isTurn(row: SqlRow): boolean {
  return isConversation({
    inference: row['inference'] === 1,
    operation: textOf(row['operation']),
    session_id: textOf(row['session_id']),
    path: textOf(row['thread']) ?? '',
    leg: textOf(row['leg']) as CallRecord['leg'],
  });
}

function textOf(value: SqlRow[string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
