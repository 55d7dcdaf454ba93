import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { Tail } from '../../../src/handover/tail.ts';

function contentOf(tail: Tail): Buffer {
  return Buffer.concat(tail.bytes());
}

describe('handover/tail', () => {
  it('keeps the last bytes of any chunks and counts the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 12_000 }),
        (chunks, size) => {
          const tail = new Tail(size);
          for (const chunk of chunks) tail.push(chunk);
          const all = Buffer.concat(chunks);
          expect(contentOf(tail).equals(all.subarray(Math.max(0, all.length - size)))).toBe(true);
          expect(tail.kept).toBe(Math.min(size, all.length));
          expect(tail.missing).toBe(all.length - tail.kept);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('copies: the caller may reuse its buffer', () => {
    const tail = new Tail(10);
    const chunk = Buffer.from('usage');
    tail.push(chunk);
    chunk.fill(0);
    expect(contentOf(tail).toString()).toBe('usage');
  });

  it('holds few pages for many small events', () => {
    const tail = new Tail(64 * 1024);
    for (let event = 0; event < 10_000; event += 1) tail.push(Buffer.alloc(100, event));
    expect(tail.bytes().length).toBeLessThan(20);
  });
});
