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

/** Null: the database was replaced by another one, or put back from a copy, or more was deleted than anybody knows. */
export function freshnessOf(database: Database, index: SearchIndex): Freshness | null {
  const first = Number(
    statementOf(database, 'SELECT min(seq) AS first FROM search_removals').get()?.['first'] ?? index.removals + 1,
  );
  if (index.removals > lastRemoval(database) || index.removals < first - 1) return null;
  const removals = removalsAfter(database, index.removals, MAX_STALE + 1);
  if (removals.length > MAX_STALE) return null;
  const stale = { blocks: new Set<number>(), calls: new Set<number>() };
  for (const { family, id } of removals) stale[family].add(id);
  const isOurs = FAMILIES.every((family) => {
    const anchor = index.anchor(family);
    return anchor === null || stale[family].has(anchor.id) || markOf(database, family, anchor.id) === anchor.mark;
  });
  return isOurs ? { stale } : null;
}
