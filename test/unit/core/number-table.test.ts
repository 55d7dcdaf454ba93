import { array, assert, constantFrom, integer, oneof, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberTable } from '../../../src/core/number-table.ts';

const sorted = <T>(entries: Iterable<[number, T]>): [number, T][] => [...entries].sort(([a], [b]) => a - b);

describe('core/number-table NumberTable', () => {
  it('does what a Map does, whatever comes and goes', () => {
    // Few different keys, some of them equal in their low bits: they meet in the same slots.
    const key = oneof(
      integer({ min: 1, max: 90 }),
      integer({ min: 1, max: 5 }).map((n) => n * 64),
    );
    const step = record({ key, act: constantFrom('set', 'set', 'delete', 'get') });
    assert(
      property(array(step, { maxLength: 400 }), (steps) => {
        const table = new NumberTable<number>();
        const map = new Map<number, number>();
        for (const [value, { key, act }] of steps.entries()) {
          if (act === 'delete') expect(table.delete(key)).toBe(map.delete(key));
          else if (act === 'get') expect(table.get(key)).toBe(map.get(key));
          else {
            table.set(key, value);
            map.set(key, value);
          }
          expect(table.size).toBe(map.size);
        }
        expect(sorted(table.entries())).toEqual(sorted(map));
      }),
    );
  });

  it('holds numbers beyond 32 bits apart', () => {
    const table = new NumberTable<string>();
    table.set(1, 'one');
    table.set(2 ** 32 + 1, 'far');
    expect([table.get(1), table.get(2 ** 32 + 1), table.get(2 ** 33 + 1)]).toEqual(['one', 'far', undefined]);
  });

  it('keeps its room when a thousand entries have gone, and finds new ones in it', () => {
    const table = new NumberTable<number>();
    for (let key = 1; key <= 1000; key += 1) table.set(key, key);
    for (let key = 1; key <= 1000; key += 1) table.delete(key);
    expect([table.size, table.entries()]).toEqual([0, []]);
    table.set(1001, 1);
    table.clear();
    expect([table.size, table.get(1001)]).toEqual([0, undefined]);
  });
});
