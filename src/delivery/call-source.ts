/** Calls of the store by their numbers, oldest first. */
import type { StoredExchange } from '../core/transfer.ts';
import { clean } from '../interchange/clean.ts';
import type { MessageReader } from '../interchange/stored-exchanges.ts';
import { storedCallOf } from '../store/call-row.ts';
import { type Database, type SqlValue, statementOf } from '../store/driver.ts';
import type { Place } from './state-file.ts';

export interface NumberedCall {
  readonly seq: number;
  readonly exchange: StoredExchange;
}

export interface CallSource {
  /** In front of the first call that began then or later. @param since ISO 8601 UTC */
  before(since: string): Place;
  /** Behind a call that was found from `place`: what was deleted since then is still to be looked at. */
  behind(call: NumberedCall, place: Place): Place;
  /** That place in the store as it is now; the same one where nothing is to be changed. */
  found(place: Place): Place;
  /** At most `limit` calls behind `seq`. @param bodies with what was said */
  after(seq: number, limit: number, bodies: boolean): NumberedCall[];
}

export function createCallSource(database: Database, messages: MessageReader): CallSource {
  const number = (sql: string, ...values: SqlValue[]): number | null => {
    const found = statementOf(database, sql).get(...values)?.['number'] ?? null;
    return found === null ? null : Number(found);
  };
  const last = (): number => number('SELECT max(seq) AS number FROM llm_calls') ?? 0;
  const removals = (): number => number('SELECT max(seq) AS number FROM search_removals') ?? 0;
  const at = (seq: number): Place => ({ seq, anchor: anchorAt(database, seq), removals: removals() });
  const before = (since: string): number => {
    const first = number('SELECT min(seq) AS number FROM llm_calls WHERE started_at >= ?', since);
    return first === null ? last() : first - 1;
  };
  /** The call with the number of the anchor is another one, or is not there though nobody deleted it. */
  const isElsewhere = ({ anchor, removals: known }: Place): boolean => {
    if (anchor === null) return false;
    const id = idAt(database, anchor.seq);
    return id === null ? number(DELETED, known, anchor.seq) === null : id !== anchor.id;
  };
  return {
    before: (since) => at(before(since)),
    behind: ({ seq, exchange: { record } }, place) => ({
      seq,
      anchor: { seq, id: record.id, started_at: record.started_at },
      removals: place.removals,
    }),
    found: (place) => {
      const { seq, anchor } = place;
      const newest = removals();
      // The last call's number, once it is deleted, goes to the next one.
      const givenAgain = newest > place.removals ? number(GIVEN_AGAIN, place.removals, seq) : null;
      let now = Math.min(seq, last(), givenAgain === null ? seq : givenAgain - 1);
      // Another database, or this one put back from a copy.
      const isOther = newest < place.removals || (givenAgain === null && isElsewhere(place));
      if (isOther) now = Math.min(now, before(anchor?.started_at ?? ''));
      return now === seq && newest === place.removals ? place : at(now);
    },
    after: (seq, limit, bodies) =>
      statementOf(database, 'SELECT * FROM llm_calls WHERE seq > ? ORDER BY seq LIMIT ?')
        .all(seq, limit)
        .map((row) => {
          const said = bodies ? messages(Number(row['seq'])) : NOTHING_SAID;
          return { seq: Number(row['seq']), exchange: clean({ record: storedCallOf(row).record, ...said }) };
        }),
  };
}

const NOTHING_SAID = { request: null, response: null };

/** The first number up to ours that was deleted since, and is that of a call again. */
const GIVEN_AGAIN = `
SELECT min(removed.id) AS number FROM search_removals AS removed JOIN llm_calls ON llm_calls.seq = removed.id
WHERE removed.family = 1 AND removed.seq > ? AND removed.id <= ?`;

const DELETED = `
SELECT seq AS number FROM search_removals WHERE family = 1 AND seq > ? AND id = ? LIMIT 1`;

function anchorAt(database: Database, seq: number): Place['anchor'] {
  const row = statementOf(database, 'SELECT seq, id, started_at FROM llm_calls WHERE seq = ?').get(seq);
  return row === undefined
    ? null
    : { seq: Number(row['seq']), id: String(row['id']), started_at: String(row['started_at']) };
}

function idAt(database: Database, seq: number): string | null {
  const id = statementOf(database, 'SELECT id FROM llm_calls WHERE seq = ?').get(seq)?.['id'];
  return typeof id === 'string' ? id : null;
}
