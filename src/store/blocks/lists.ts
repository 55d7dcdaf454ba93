/** Lists of block ids as they are stored: what differs from another list, or all. */
import { VarintReader, VarintWriter } from './varints.ts';

export interface ListDelta {
  /** So many ids of the base's list, at its beginning and at its end, are this list's too. */
  prefix: number;
  suffix: number;
  /** What stands between. */
  middle: readonly number[];
}

export function deltaOf(list: readonly number[], base: readonly number[]): ListDelta {
  const most = Math.min(list.length, base.length);
  let prefix = 0;
  while (prefix < most && list[prefix] === base[prefix]) prefix += 1;
  let suffix = 0;
  while (suffix < most - prefix && list[list.length - 1 - suffix] === base[base.length - 1 - suffix]) suffix += 1;
  return { prefix, suffix, middle: list.slice(prefix, list.length - suffix) };
}

export function applyDelta({ prefix, suffix, middle }: ListDelta, base: readonly number[]): number[] {
  return [...base.slice(0, prefix), ...middle, ...base.slice(base.length - suffix)];
}

/** Ids as differences: those that were new at the same time follow each other. */
export function encodeIds(ids: readonly number[]): Uint8Array {
  const writer = new VarintWriter();
  let before = 0;
  for (const id of ids) {
    writer.pushSigned(id - before);
    before = id;
  }
  return writer.bytes();
}

export function decodeIds(bytes: Uint8Array): number[] {
  const reader = new VarintReader(bytes);
  const ids: number[] = [];
  let id = 0;
  while (!reader.done) {
    id += reader.nextSigned();
    ids.push(id);
  }
  return ids;
}
