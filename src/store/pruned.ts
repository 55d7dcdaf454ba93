/** What was deleted of calls whose records stay: so that "pruned" is not told for "never was". */
import { FLAG, SIDE, type Side } from './blocks/call-bodies.ts';
import { type Database, statementOf } from './driver.ts';

/** `age`: it was older than a limit. `size`: the database held more than one. */
export type PruneReason = 'age' | 'size';

export interface Pruned {
  /** ISO 8601 UTC. */
  at: string;
  reason: PruneReason;
}

const PARTS = FLAG.head | FLAG.body;
/** Bits of `parts` for one side. */
const SIDE_BITS = 2;
const TABLE = "SELECT 1 FROM sqlite_master WHERE name = 'pruned_bodies'";

/** To be told before they are removed. @param calls `llm_calls.seq` @param at ISO 8601 UTC */
export function notePruned(database: Database, calls: readonly number[], { at, reason }: Pruned): void {
  const note = statementOf(
    database,
    `INSERT OR REPLACE INTO pruned_bodies (call, parts, pruned_at, reason)
SELECT call, sum((flags & ${PARTS}) << (${SIDE_BITS} * side)), ?, ? FROM call_blocks WHERE call = ? GROUP BY call`,
  );
  for (const call of calls) note.run(at, reason, call);
}

/** Null = nothing is known of such a part having been there. @param call `llm_calls.seq` */
export function prunedPart(database: Database, call: number, side: Side, part: 'head' | 'body'): Pruned | null {
  // A database that no daemon of this version has opened yet.
  if (statementOf(database, TABLE).get() === undefined) return null;
  const row = statementOf(database, 'SELECT parts, pruned_at, reason FROM pruned_bodies WHERE call = ?').get(call);
  if (row === undefined || ((Number(row['parts']) >> (SIDE_BITS * SIDE[side])) & FLAG[part]) === 0) return null;
  return { at: String(row['pruned_at']), reason: row['reason'] === 'size' ? 'size' : 'age' };
}
