/** How far an index can be trusted: whether it is of this database, and what was deleted since it was written. */
import { type Database, statementOf } from '../driver.ts';
import type { Family } from './documents.ts';
import type { SearchIndex } from './index-file.ts';

export interface Freshness {
  /** Numbers that were deleted (and may have been given out again) since: what the index says of them is old. */
  readonly stale: Readonly<Record<Family, ReadonlySet<number>>>;
}

export const FAMILIES: readonly Family[] = ['calls', 'blocks'];
const FAMILY_OF: readonly Family[] = ['blocks', 'calls'];
/** More than this were deleted since: the index is of no use until it has followed. */
const MAX_STALE = 200_000;

const MARKS: Readonly<Record<Family, string>> = {
  blocks: 'SELECT hex(hash) AS mark FROM blocks WHERE id = ?',
  calls: 'SELECT id AS mark FROM llm_calls WHERE seq = ?',
};

export interface Removal {
  readonly seq: number;
  readonly family: Family;
  readonly id: number;
}

/** What was deleted behind `seq`, oldest first. */
export function removalsAfter(database: Database, seq: number, limit: number): Removal[] {
  return statementOf(database, 'SELECT seq, family, id FROM search_removals WHERE seq > ? ORDER BY seq LIMIT ?')
    .all(seq, limit)
    .map((row) => ({
      seq: Number(row['seq']),
      family: FAMILY_OF[Number(row['family'])] ?? 'blocks',
      id: Number(row['id']),
    }));
}

export function lastRemoval(database: Database): number {
  return Number(statementOf(database, 'SELECT max(seq) AS last FROM search_removals').get()?.['last'] ?? 0);
}

/** What tells this block or call from another one under the same number; null = there is none. */
export function markOf(database: Database, family: Family, id: number): string | null {
  const mark = statementOf(database, MARKS[family]).get(id)?.['mark'];
  return typeof mark === 'string' ? mark : null;
}

/** What is known of an index from the question before: it may be far behind, and is asked at each key that is pressed. */
interface Known {
  readonly database: Database;
  /** The removals that the index had followed. */
  readonly followed: number;
  /** The last removal that is in `stale`. */
  last: number;
  count: number;
  readonly stale: Readonly<Record<Family, Set<number>>>;
}
const known = new WeakMap<SearchIndex, Known>();

/** Null: the database was replaced by another one, or put back from a copy, or more was deleted than anybody knows. */
export function freshnessOf(database: Database, index: SearchIndex): Freshness | null {
  const first = Number(
    statementOf(database, 'SELECT min(seq) AS first FROM search_removals').get()?.['first'] ?? index.removals + 1,
  );
  const last = lastRemoval(database);
  if (index.removals > last || index.removals < first - 1) return null;
  const { count, stale } = staleUntil(last, database, index);
  if (count > MAX_STALE) return null;
  const isOurs = FAMILIES.every((family) => {
    const anchor = index.anchor(family);
    return anchor === null || stale[family].has(anchor.id) || markOf(database, family, anchor.id) === anchor.mark;
  });
  return isOurs ? { stale } : null;
}

function staleUntil(last: number, database: Database, index: SearchIndex): Known {
  const followed = index.removals;
  const before = known.get(index);
  const isSame = before?.database === database && before.followed === followed && before.last <= last;
  const now: Known = isSame
    ? before
    : { database, followed, last: followed, count: 0, stale: { blocks: new Set(), calls: new Set() } };
  known.set(index, now);
  for (const { seq, family, id } of removalsAfter(database, now.last, MAX_STALE + 1 - now.count)) {
    now.last = seq;
    now.count += 1;
    now.stale[family].add(id);
  }
  return now;
}
