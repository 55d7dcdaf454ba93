import { describe, expect, it } from 'vitest';
import { Batch, type BatchOptions, TryAgain } from '../../../src/sinks/batch.ts';

const OPTIONS = { maxItems: 100, maxBytes: 1000, delayMs: 1, full: 2, retryMs: 1, onDropped: () => {} };
const aBatch = (write: BatchOptions<number>['write'], changes: Partial<BatchOptions<number>> = {}): Batch<number> =>
  new Batch<number>({ ...OPTIONS, write, ...changes });

describe('sinks/batch', () => {
  it('writes full batches at once, without the end of the turn between them', () => {
    const written: number[][] = [];
    const batch = aBatch((items) => void written.push([...items]));
    for (let item = 1; item <= 5; item += 1) batch.add(item, 1);
    expect(written).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('asks one that said "try again" once a pause, not for each new item, and keeps the order', async () => {
    let asked = 0;
    const written: number[] = [];
    const batch = aBatch((items) => {
      asked += 1;
      if (asked === 1) throw new TryAgain('busy');
      written.push(...items);
    });
    for (let item = 1; item <= 10; item += 1) batch.add(item, 1);
    expect(asked).toBe(1);
    await expect.poll(() => written).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(asked).toBe(2);
  });

  it('goes on at once after a slow write when a full batch has come meanwhile', async () => {
    const written: number[][] = [];
    const releases: (() => void)[] = [];
    const batch = aBatch(
      (items) => {
        written.push([...items]);
        return new Promise<void>((resolve) => releases.push(resolve));
      },
      { delayMs: 60_000 },
    );
    for (let item = 1; item <= 4; item += 1) batch.add(item, 1);
    expect(written).toEqual([[1, 2]]);
    releases.shift()?.();
    await expect
      .poll(() => written)
      .toEqual([
        [1, 2],
        [3, 4],
      ]);
    releases.shift()?.();
  });

  it('has written all that was added before when a flush resolves, also what a slow write held up', async () => {
    const written: number[] = [];
    const batch = aBatch(
      async (items) => {
        await new Promise<void>((resolve) => void setImmediate(resolve));
        written.push(...items);
      },
      { delayMs: 60_000 },
    );
    for (let item = 1; item <= 5; item += 1) batch.add(item, 1);
    await batch.flush();
    expect(written).toEqual([1, 2, 3, 4, 5]);
  });

  it('counts what is being written as memory that is not free yet', () => {
    const dropped: string[] = [];
    const batch = aBatch(() => new Promise<void>(() => {}), {
      maxBytes: 10,
      onDropped: (reason) => dropped.push(reason),
    });
    expect([batch.add(1, 4), batch.add(2, 4), batch.add(3, 4)]).toEqual([true, true, false]);
    expect(dropped).toEqual(['queue_full']);
  });
});
