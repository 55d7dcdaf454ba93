/** Pins: calls and sessions that retention and `prune` leave alone. */
import type { Database } from './driver.ts';

export type PinKind = 'call' | 'session';

export interface Pin {
  kind: PinKind;
  /** A whole id: of a call, of a row of `sessions`, or what `session_id` of calls says. */
  id: string;
  /** ISO 8601 UTC. */
  pinned_at: string;
}

/** A condition on `llm_calls c`. */
export const UNPINNED = `NOT EXISTS (SELECT 1 FROM pins WHERE kind = 'call' AND id = c.id)
AND NOT EXISTS (SELECT 1 FROM pins WHERE kind = 'session' AND id IN (c.session_id, c.session_key))`;

/** False when it was so already. @param at ISO 8601 UTC */
export function pin(database: Database, kind: PinKind, id: string, at: string): boolean {
  return changed(
    database.prepare('INSERT OR IGNORE INTO pins (kind, id, pinned_at) VALUES (?, ?, ?)').run(kind, id, at),
  );
}

/** False when there was none. */
export function unpin(database: Database, kind: PinKind, id: string): boolean {
  return changed(database.prepare('DELETE FROM pins WHERE kind = ? AND id = ?').run(kind, id));
}

/** Newest first. */
export function listPins(database: Database): Pin[] {
  return database
    .prepare('SELECT kind, id, pinned_at FROM pins ORDER BY pinned_at DESC, kind, id')
    .all()
    .map((row) => ({
      kind: row['kind'] === 'session' ? 'session' : 'call',
      id: String(row['id']),
      pinned_at: String(row['pinned_at']),
    }));
}

/** Whether there is anything that a pin would hold. */
export function isKnown(database: Database, kind: PinKind, id: string): boolean {
  const columns = kind === 'call' ? ['id'] : ['session_id', 'session_key'];
  return columns.some(
    (column) => database.prepare(`SELECT 1 FROM llm_calls WHERE ${column} = ? LIMIT 1`).get(id) !== undefined,
  );
}

function changed({ changes }: { changes: number | bigint }): boolean {
  return Number(changes) > 0;
}
