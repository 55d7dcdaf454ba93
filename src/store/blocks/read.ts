/** Bodies read back: the bytes that were on the wire, but for masked secrets. */
import { hash } from 'node:crypto';
import type { BlockKind } from '../../core/blocks.ts';
import type { Arrival } from '../../core/capture.ts';
import { type Database, type SqlRow, statementOf } from '../driver.ts';
import { decodeArrivals, FLAG, SIDE, type Side } from './call-bodies.ts';
import { decodeBlock } from './encoding.ts';
import { type Head, joinHead } from './heads.ts';
import { applyDelta, decodeIds } from './lists.ts';

export interface StoredBody {
  bytes: Uint8Array;
  /** SHA-256 of `bytes`, hex. */
  sha: string;
  /** Secrets were masked: these are not the bytes that were on the wire. */
  masked: boolean;
  /** Not the whole body. */
  truncated: boolean;
  /** When the chunks of a streamed answer came; null = not streamed. */
  arrivals: Arrival[] | null;
}

export interface StoredBlock {
  id: number;
  kind: BlockKind;
  role: string | null;
  bytes: Uint8Array;
}

/** A base that is not there, or goes in circles: somebody else has changed the file. */
const MAX_CHAIN = 10_000;

/** Null: no bodies were stored of this call, or they were deleted. @param call `llm_calls.seq` @throws when the file is damaged */
export function bodyOf(database: Database, call: number, side: Side): StoredBody | null {
  const row = rowOf(database, call, SIDE[side]);
  const flags = Number(row?.['flags'] ?? 0);
  if (row === undefined || (flags & FLAG.body) === 0) return null;
  const ids = listOf(database, row);
  const blocks = ids.slice((flags & FLAG.head) === 0 ? 0 : 1).map((id) => blockOf(database, id).bytes);
  const bytes = Buffer.concat(blocks);
  if (bytes.length !== Number(row['bytes'])) throw new Error(`the ${side} of call ${call} is damaged in the database`);
  return {
    bytes,
    sha: hash('sha256', bytes, 'hex'),
    masked: (flags & FLAG.masked) !== 0,
    truncated: (flags & FLAG.truncated) !== 0,
    arrivals: row['extra'] instanceof Uint8Array ? decodeArrivals(row['extra']) : null,
  };
}

/** Start line and headers, secrets masked; null = not stored. @throws when the file is damaged */
export function headOf(database: Database, call: number, side: Side): Head | null {
  const row = rowOf(database, call, SIDE[side]);
  if (row === undefined || (Number(row['flags']) & FLAG.head) === 0) return null;
  const [first] = listOf(database, row);
  if (first === undefined) return null;
  const shared = Buffer.from(blockOf(database, first).bytes).toString();
  return joinHead({ shared, own: row['head'] instanceof Uint8Array ? row['head'] : new Uint8Array() });
}

/** Lists that were read already, by call and side. For one look at the database: numbers of calls may be given out again. */
export type KnownLists = Map<number, readonly number[]>;

/** The blocks of which a body is made, in order; that of the head is not among them. */
export function blockIdsOf(database: Database, call: number, side: Side, known?: KnownLists): number[] {
  const row = rowOf(database, call, SIDE[side]);
  if (row === undefined) return [];
  return listOf(database, row, known).slice((Number(row['flags']) & FLAG.head) === 0 ? 0 : 1);
}

/** @throws when there is none, or it is damaged */
export function blockOf(database: Database, id: number): StoredBlock {
  const row = statementOf(database, 'SELECT kind, role, bytes, encoding, data FROM blocks WHERE id = ?').get(id);
  const data = row?.['data'];
  if (row === undefined || !(data instanceof Uint8Array)) throw new Error(`block ${id} is missing in the database`);
  const bytes = decodeBlock(Number(row['encoding']), data);
  if (bytes.length !== Number(row['bytes'])) throw new Error(`block ${id} is damaged in the database`);
  const { role } = row;
  return { id, kind: String(row['kind']) as BlockKind, role: typeof role === 'string' ? role : null, bytes };
}

const SELECT_LIST = `SELECT call, side, base, prefix, suffix, middle, bytes, flags, extra, head FROM call_blocks
WHERE call = ? AND side = ?`;
const SELECT_DELTA = 'SELECT base, prefix, suffix, middle FROM call_blocks WHERE call = ? AND side = ?';

export function rowOf(database: Database, call: number, side: number): SqlRow | undefined {
  return statementOf(database, SELECT_LIST).get(call, side);
}

/**
 * All ids of a list, that of the head included. @param row of `call_blocks` @param known is added to
 * @throws when a base is missing
 */
export function listOf(database: Database, row: SqlRow, known?: KnownLists): readonly number[] {
  const chain = [row];
  const next = statementOf(database, SELECT_DELTA);
  const side = Number(row['side']);
  let start: readonly number[] | undefined;
  for (let base = row['base']; start === undefined && (typeof base === 'number' || typeof base === 'bigint');) {
    start = known?.get(keyOf(base, side));
    if (start !== undefined) break;
    const found = next.get(base, side);
    if (found === undefined || chain.length > MAX_CHAIN) throw new Error(`the list of call ${base} is missing`);
    chain.push(found);
    base = found['base'];
  }
  const list = chain.reduceRight<readonly number[]>((ids, { prefix, suffix, middle }) => {
    const own = middle instanceof Uint8Array ? decodeIds(middle) : [];
    return applyDelta({ prefix: Number(prefix), suffix: Number(suffix), middle: own }, ids);
  }, start ?? []);
  known?.set(keyOf(Number(row['call']), side), list);
  return list;
}

const keyOf = (call: number | bigint, side: number): number => Number(call) * 2 + side;
