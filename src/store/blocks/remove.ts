import { type Database, type SqlRow, type SqlValue, type Statement, statementOf } from '../driver.ts';
import { decodeIds, deltaOf, encodeIds } from './lists.ts';
import { listOf, rowOf } from './read.ts';

/**
 * Deletes the bodies of calls and the blocks that no other call needs; lists that build on theirs are written anew.
 * Inside the transaction of whoever uses it; a BlockWriter on the same connection must `recheck` afterwards.
 * @param calls `llm_calls.seq` @returns the ids of the blocks that are gone
 */
export function removeBodies(database: Database, calls: readonly number[]): number[] {
  const removal = new Removal(database);
  // The youngest first: lists build on older ones, and those that go together need no rewriting.
  return calls.toSorted((one, other) => other - one).flatMap((call) => removal.remove(call));
}

class Removal {
  readonly #database: Database;
  readonly #dependants: Statement;
  readonly #update: Statement;
  readonly #deleteList: Statement;
  readonly #addUse: Statement;
  readonly #deleteUse: Statement;
  readonly #anyUse: Statement;
  readonly #deleteBlock: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#dependants = statementOf(database, 'SELECT call FROM call_blocks WHERE base = ? AND side = ?');
    this.#update = statementOf(
      database,
      'UPDATE call_blocks SET base = ?, prefix = ?, suffix = ?, middle = ? WHERE call = ? AND side = ?',
    );
    this.#deleteList = statementOf(database, 'DELETE FROM call_blocks WHERE call = ?');
    this.#addUse = statementOf(database, 'INSERT OR IGNORE INTO block_calls (block, call) VALUES (?, ?)');
    this.#deleteUse = statementOf(database, 'DELETE FROM block_calls WHERE block = ? AND call = ?');
    this.#anyUse = statementOf(database, 'SELECT 1 FROM block_calls WHERE block = ? LIMIT 1');
    this.#deleteBlock = statementOf(database, 'DELETE FROM blocks WHERE id = ?');
  }

  remove(call: number): number[] {
    for (const side of [0, 1]) {
      const row = rowOf(this.#database, call, side);
      if (row !== undefined) this.#rebaseOn(row);
    }
    const used = this.#usedBy(call);
    this.#deleteList.run(call);
    return [...used].filter((block) => {
      this.#deleteUse.run(block, call);
      if (this.#anyUse.get(block) !== undefined) return false;
      this.#deleteBlock.run(block);
      return true;
    });
  }

  /** Lists that build on `row` shall build on its own base. */
  #rebaseOn(row: SqlRow): void {
    const [call, side, base] = [Number(row['call']), Number(row['side']), row['base'] ?? null];
    const under = base === null ? undefined : rowOf(this.#database, Number(base), side);
    const baseList = under === undefined ? [] : listOf(this.#database, under);
    for (const found of this.#dependants.all(call, side)) {
      const dependant = rowOf(this.#database, Number(found['call']), side);
      if (dependant !== undefined) this.#rebase(dependant, under === undefined ? null : base, baseList);
    }
  }

  #rebase(row: SqlRow, base: SqlValue, baseList: readonly number[]): void {
    const [call, side] = [Number(row['call']), Number(row['side'])];
    const before = this.#usedBy(call);
    const { prefix, suffix, middle } = deltaOf(listOf(this.#database, row), baseList);
    this.#update.run(base, prefix, suffix, encodeIds(middle), call, side);
    const after = this.#usedBy(call);
    for (const block of after) if (!before.has(block)) this.#addUse.run(block, call);
    for (const block of before) if (!after.has(block)) this.#deleteUse.run(block, call);
  }

  /** Blocks in the middles of a call's lists. */
  #usedBy(call: number): Set<number> {
    const used = new Set<number>();
    for (const side of [0, 1]) {
      const middle = rowOf(this.#database, call, side)?.['middle'];
      if (middle instanceof Uint8Array) for (const id of decodeIds(middle)) used.add(id);
    }
    return used;
  }
}
