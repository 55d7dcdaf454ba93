import { describe, expect, it } from 'vitest';
import { isTooFull, type Room } from '../../../src/store/shared-memory.ts';

const BTRFS = 0x9123683e;
/** Of a full disk. */
const room = (over: Partial<Room> = {}): Room => ({
  type: 0xef53,
  bsize: 4096,
  blocks: 5e5,
  bfree: 0,
  bavail: 0,
  ...over,
});

describe('store/shared-memory', () => {
  it.each([
    ['blocks of the size of a page', room(), false],
    ['smaller blocks', room({ bsize: 1024 }), true],
    ['smaller blocks and enough of them', room({ bsize: 1024, bfree: 512, bavail: 512 }), false],
    ['blocks that are written anew each time', room({ type: BTRFS }), true],
    ['such blocks and enough of them', room({ type: BTRFS, bfree: 128, bavail: 128 }), false],
    ['nothing to tell', room({ bsize: 1024, blocks: 0 }), false],
  ])('calls a full disk with %s dangerous or not', (_, found, isDangerous) => {
    expect(isTooFull(found, false)).toBe(isDangerous);
  });

  it('counts what is set aside for root as room for root alone', () => {
    const kept = room({ bsize: 1024, bfree: 4000 });
    expect([isTooFull(kept, false), isTooFull(kept, true)]).toEqual([true, false]);
  });
});
