import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { maskBody } from '../core/redact.ts';
import type { Slice } from '../store/blocks/spoken.ts';

/** About 120 bytes each: the messages of a hundred agents. */
const REMEMBERED = 30_000;
/** Shorter ones are searched sooner than looked up. */
const SHORT = 256;

/**
 * Parts of requests in which no secret was found, so that a history that is sent again is searched once. A secret and
 * its name never stand on both sides of a cut between parts: each is a whole JSON value.
 */
export class CleanSlices {
  readonly #known = new LRUCache<string, true>({ max: REMEMBERED });

  /** @param slices whole JSON values, in order. True: nothing is to be masked in `bytes`. */
  isClean(bytes: Buffer, slices: readonly Slice[]): boolean {
    let at = 0;
    for (const { start, end } of slices) {
      if (!isCleanText(bytes, at, start) || !this.#isCleanSlice(bytes, start, end)) return false;
      at = end;
    }
    return isCleanText(bytes, at, bytes.length);
  }

  #isCleanSlice(bytes: Buffer, start: number, end: number): boolean {
    if (end - start < SHORT) return isCleanText(bytes, start, end);
    const key = hash('sha256', bytes.subarray(start, end), 'base64').slice(0, 22);
    if (this.#known.get(key) === true) return true;
    if (!isCleanText(bytes, start, end)) return false;
    this.#known.set(key, true);
    return true;
  }
}

function isCleanText(bytes: Buffer, start: number, end: number): boolean {
  // Between two messages stands a comma.
  if (end - start < 4) return true;
  const text = bytes.toString('utf8', start, end);
  return maskBody(text) === text;
}
