import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { BlockKind, CutBody } from '../../core/blocks.ts';
import type { Database, SqlValue, Statement } from '../driver.ts';
import { type CallBodies, encodeArrivals, FLAG, SIDE, type Side, type SideBodies } from './call-bodies.ts';
import { encodeBlock } from './encoding.ts';
import { splitHead } from './heads.ts';
import { deltaOf, encodeIds } from './lists.ts';
import { hashOf } from './pieces.ts';
import { listOf, rowOf } from './read.ts';

/** A list that later ones may build on. */
interface Base {
  call: number;
  ids: readonly number[];
  /** How many lists must be read to read this one. */
  depth: number;
  /** The deletion after which it was last seen to be there, see `recheck`. */
  seenAfter: number;
}

/** Rebuilding a body reads so many lists at the most; a list of a few ids saves little by building on another. */
export const MAX_DEPTH = 64;
const SHORT = { ids: 6, depth: 8 };
/** Ids in the lists that are remembered: 8 bytes each. */
const REMEMBERED_IDS = 250_000;
/** Blocks whose id is known without asking; about 150 bytes each. */
const REMEMBERED_BLOCKS = 20_000;
const REMEMBERED_HEADS = 500;

const INSERT_BLOCK = 'INSERT INTO blocks (id, hash, kind, role, bytes, encoding, data) VALUES (?, ?, ?, ?, ?, ?, ?)';
const INSERT_LIST = `INSERT INTO call_blocks (call, side, base, prefix, suffix, middle, bytes, sha, flags, extra, head)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * Stores the bodies of calls: each block once, and of the lists what differs from a list before. Inside the transaction
 * of whoever uses it.
 */
export class BlockWriter {
  readonly #findBlock: Statement;
  readonly #insertBlock: Statement;
  readonly #insertList: Statement;
  readonly #insertUse: Statement;
  readonly #dataVersion: Statement;
  readonly #ids = new LRUCache<string, number>({ max: REMEMBERED_BLOCKS });
  readonly #heads = new LRUCache<string, string>({ max: REMEMBERED_HEADS });
  readonly #bases = new LRUCache<string, Base>({
    maxSize: REMEMBERED_IDS,
    sizeCalculation: ({ ids }) => ids.length + 8,
  });
  readonly #highest: Statement;
  readonly #database: Database;
  #version: SqlValue | undefined;
  /** Times that something was deleted on this connection. */
  #deletions = 0;
  /** The highest id that was ever given: those who follow the blocks by it (the search index) must not miss one. */
  #lastId = 0;

  /** @param database migrated. */
  constructor(database: Database) {
    this.#database = database;
    this.#findBlock = database.prepare('SELECT id FROM blocks WHERE hash = ?');
    this.#insertBlock = database.prepare(INSERT_BLOCK);
    this.#insertList = database.prepare(INSERT_LIST);
    this.#insertUse = database.prepare('INSERT OR IGNORE INTO block_calls (block, call) VALUES (?, ?)');
    this.#dataVersion = database.prepare('PRAGMA data_version');
    this.#highest = database.prepare('SELECT max(id) AS id FROM blocks');
  }

  /** A transaction has begun. What another connection changed (it may have deleted) is not remembered any more. */
  begin(): void {
    const version = this.#dataVersion.get()?.['data_version'];
    if (version === this.#version) return;
    this.#version = version;
    this.forget();
    this.#lastId = Math.max(this.#lastId, Number(this.#highest.get()?.['id'] ?? 0));
  }

  /** What was written since `begin` is not there after all, or something was deleted. */
  forget(): void {
    this.#ids.clear();
    this.#bases.clear();
  }

  /**
   * Something was deleted: a list is looked at again before another one builds on it. To forget all would have every
   * conversation written anew, each time that retention makes room.
   */
  recheck(): void {
    this.#ids.clear();
    this.#deletions += 1;
  }

  /** @param call number of the call (`llm_calls.seq`) @throws whatever SQLite says */
  add(call: number, { request, response, peer }: CallBodies): void {
    const first = request.cut?.messages[0]?.fingerprint;
    this.#addSide(call, 'request', request, first === undefined ? [peer] : [`${peer} ${first}`, peer]);
    if (response !== null) this.#addSide(call, 'response', response, [peer]);
  }

  /** @param keys under which bases are known: the closest relative first */
  #addSide(call: number, side: Side, { message, cut, flags, arrivals }: SideBodies, keys: readonly string[]): void {
    const head = splitHead(message);
    const ids = [this.#headId(head.shared)];
    if (cut !== null) this.#bodyIds(cut, ids);
    const sideKeys = keys.map((key) => `${side} ${key}`);
    const { base, delta } = this.#closest(ids, SIDE[side], sideKeys);
    this.#insertList.run(
      call,
      SIDE[side],
      base?.call ?? null,
      delta.prefix,
      delta.suffix,
      encodeIds(delta.middle),
      cut?.bytes.length ?? 0,
      cut === null ? null : rootOf(cut),
      flags + FLAG.head,
      arrivals === null ? null : encodeArrivals(arrivals),
      head.own,
    );
    for (const id of delta.middle) this.#insertUse.run(id, call);
    const known = { call, ids, depth: base === null ? 1 : base.depth + 1, seenAfter: this.#deletions };
    for (const key of sideKeys) this.#bases.set(key, known);
  }

  #closest(
    ids: readonly number[],
    side: number,
    keys: readonly string[],
  ): { base: Base | null; delta: ReturnType<typeof deltaOf> } {
    const deepest = ids.length <= SHORT.ids ? SHORT.depth : MAX_DEPTH;
    let base: Base | null = null;
    let delta = { prefix: 0, suffix: 0, middle: ids };
    for (const key of keys) {
      const known = this.#known(key, side);
      if (known === undefined || known === base || known.depth >= deepest) continue;
      const other = deltaOf(ids, known.ids);
      if (other.middle.length >= delta.middle.length) continue;
      base = known;
      delta = { ...other, middle: other.middle };
    }
    return { base, delta };
  }

  #known(key: string, side: number): Base | undefined {
    const base = this.#bases.get(key);
    if (base === undefined || base.seenAfter === this.#deletions) return base;
    const row = rowOf(this.#database, base.call, side);
    // The number of a call that was deleted may be that of another one by now.
    const ids = row === undefined ? [] : listOf(this.#database, row);
    if (ids.length !== base.ids.length || ids.some((id, at) => id !== base.ids[at])) {
      this.#bases.delete(key);
      return undefined;
    }
    base.seenAfter = this.#deletions;
    return base;
  }

  #headId(text: string): number {
    let sum = this.#heads.get(text);
    if (sum === undefined) {
      sum = hashOf(Buffer.from(text));
      this.#heads.set(text, sum);
    }
    return this.#ids.get(sum) ?? this.#stored(sum, Buffer.from(text), 'head', null);
  }

  #bodyIds({ bytes, blocks }: CutBody, ids: number[]): void {
    for (const { start, end, kind, role, hash: sum } of blocks) {
      ids.push(this.#ids.get(sum) ?? this.#stored(sum, bytes.subarray(start, end), kind, role));
    }
  }

  #stored(sum: string, bytes: Uint8Array, kind: BlockKind, role: string | null): number {
    const key = Buffer.from(sum, 'hex');
    const known = this.#findBlock.get(key)?.['id'];
    const id = known === undefined ? this.#insert(key, bytes, kind, role) : Number(known);
    this.#ids.set(sum, id);
    return id;
  }

  #insert(key: Uint8Array, bytes: Uint8Array, kind: BlockKind, role: string | null): number {
    const { encoding, data } = encodeBlock(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), kind);
    this.#lastId += 1;
    this.#insertBlock.run(this.#lastId, key, kind, role, bytes.length, encoding, data);
    return this.#lastId;
  }
}

/** Equal for equal bodies: the hash of the only block, or the first 16 bytes of SHA-256 over those of all. */
export function rootOf({ blocks }: CutBody): Uint8Array {
  const sums = Buffer.from(blocks.map((block) => block.hash).join(''), 'hex');
  return blocks.length === 1 ? sums : hash('sha256', sums, 'buffer').subarray(0, 16);
}
