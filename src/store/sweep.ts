/** Removes what is too old or too much, oldest first, in slices between which others write. */
import type { KeepLimits } from '../core/ports.ts';
import { removeBodies } from './blocks/remove.ts';
import { type Database, type SqlRow, type SqlValue, statementOf } from './driver.ts';
import { UNPINNED } from './pins.ts';
import { notePruned } from './pruned.ts';
import { type DoomedCall, removeCalls } from './remove-calls.ts';
import { bodyBytes, usedBytes } from './space.ts';
import { inTransaction } from './transaction.ts';

/** Calls whose record, or whose bodies alone, were removed. */
export interface Swept {
  records: number;
  bodies: number;
}

interface Candidate extends DoomedCall {
  startedAt: string;
}

interface Stage {
  what: keyof Swept;
  /** Of the next page: calls behind this one. */
  after: number;
  /** Whether a call goes; of a stage by size: any, while there is too much. */
  before: string | null;
  bytes: number | null;
  /** Of what there is too much. */
  taken: (database: Database) => number;
  /** Calls in a row that may stay. */
  young: number;
}

/** Few: one with many blocks takes a millisecond. */
const PAGE = 4;
/**
 * Calls are numbered as they are stored, which is the order of time but for imports and clocks that were set: so many
 * in a row must be young before the rest is taken for young.
 */
const YOUNG_IN_A_ROW = 500;

/** One pass. Each `next` is one transaction. */
export class Sweep {
  readonly #stages: Stage[];
  readonly #now: () => number;
  readonly #at: string;
  readonly swept: Swept = { records: 0, bodies: 0 };

  /** @param now monotonic milliseconds @param at of this pass, ISO 8601 UTC */
  constructor(limits: KeepLimits, now: () => number, at: string) {
    this.#now = now;
    this.#at = at;
    this.#stages = [
      stage('records', limits.recordsBefore, null),
      stage('bodies', limits.bodiesBefore, null),
      stage('bodies', null, limits.bodiesBytes, bodyBytes),
      stage('bodies', null, limits.usedBytes),
      stage('records', null, limits.recordsBytes),
    ].filter(({ before, bytes }) => before !== null || bytes !== null);
  }

  get isDone(): boolean {
    return this.#stages.length === 0;
  }

  /** Works about `ms`. @throws whatever SQLite says; what this slice had done is undone then, and is done again by the next */
  next(database: Database, ms: number): void {
    const until = this.#now() + ms;
    const kept = { stages: this.#stages.map((one) => ({ ...one })), ...this.swept };
    try {
      inTransaction(database, () => {
        while (!this.isDone && this.#now() < until) this.#page(database);
      });
    } catch (error) {
      this.#stages.splice(0, Number.POSITIVE_INFINITY, ...kept.stages);
      Object.assign(this.swept, { records: kept.records, bodies: kept.bodies });
      throw error;
    }
  }

  #page(database: Database): void {
    const current = this.#stages[0];
    if (current === undefined) return;
    const isEnough = current.bytes !== null && current.taken(database) <= current.bytes;
    const page = isEnough ? [] : candidates(database, current);
    const doomed = current.before === null ? page : this.#old(page, current);
    if (current.what === 'records') removeCalls(database, doomed);
    else this.#removeBodies(database, doomed, current);
    this.swept[current.what] += doomed.length;
    current.after = page.at(-1)?.seq ?? current.after;
    if (page.length < PAGE || current.young >= YOUNG_IN_A_ROW) this.#stages.shift();
  }

  #removeBodies(database: Database, doomed: readonly Candidate[], { bytes }: Stage): void {
    const calls = doomed.map(({ seq }) => seq);
    notePruned(database, calls, { at: this.#at, reason: bytes === null ? 'age' : 'size' });
    removeBodies(database, calls);
  }

  #old(page: readonly Candidate[], current: Stage): Candidate[] {
    return page.filter(({ startedAt }) => {
      const isOld = startedAt < (current.before ?? '');
      current.young = isOld ? 0 : current.young + 1;
      return isOld;
    });
  }
}

function stage(
  what: Stage['what'],
  before: string | null,
  bytes: number | null,
  taken: Stage['taken'] = usedBytes,
): Stage {
  return { what, before, bytes, taken, after: 0, young: 0 };
}

/** How many calls `limits` would take for their age; what goes for the room it takes is known when it goes. */
export function countOld(database: Database, { recordsBefore, bodiesBefore }: KeepLimits): Swept {
  const count = (from: string, before: string | null): number =>
    before === null
      ? 0
      : Number(
          database.prepare(`SELECT count(*) AS calls FROM ${from} c.started_at < ? AND ${UNPINNED}`).get(before)?.[
            'calls'
          ],
        );
  const records = count('llm_calls c WHERE', recordsBefore);
  const withBodies = 'llm_calls c WHERE EXISTS (SELECT 1 FROM call_blocks b WHERE b.call = c.seq) AND';
  const later = recordsBefore === null ? 0 : count(withBodies, recordsBefore);
  return { records, bodies: Math.max(count(withBodies, bodiesBefore) - later, 0) };
}

const COLUMNS = 'c.seq, c.id, c.trace_id, c.session_key, c.started_at';
const NEXT: Readonly<Record<keyof Swept, string>> = {
  records: `SELECT ${COLUMNS} FROM llm_calls c WHERE c.seq > ? AND ${UNPINNED} ORDER BY c.seq LIMIT ${PAGE}`,
  // By the key of call_blocks: records without bodies, which may be most, are not looked at. CROSS = in this order.
  bodies: `SELECT DISTINCT ${COLUMNS} FROM call_blocks b CROSS JOIN llm_calls c ON c.seq = b.call
WHERE b.call > ? AND ${UNPINNED} ORDER BY b.call LIMIT ${PAGE}`,
};

function candidates(database: Database, { what, after }: Stage): Candidate[] {
  return statementOf(database, NEXT[what])
    .all(after)
    .map((row) => ({ ...doomedOf(row), startedAt: String(row['started_at']) }));
}

export function doomedOf(row: SqlRow): DoomedCall {
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    traceId: textOf(row['trace_id']),
    sessionKey: textOf(row['session_key']),
  };
}

export function textOf(value: SqlValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
