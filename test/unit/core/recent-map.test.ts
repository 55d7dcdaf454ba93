import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../../src/core/recent-map.ts';

function keysOf(map: RecentMap<number>, count: number): number[] {
  return Array.from({ length: count }, (_, index) => index).filter((index) => map.has(String(index)));
}

describe('core/recent-map', () => {
  it('never forgets one of the last entries, and never holds an eighth more than those', () => {
    const map = new RecentMap<number>(16);
    for (let index = 0; index < 1000; index += 1) {
      map.set(String(index), index);
      const kept = keysOf(map, index + 1);
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(index + 1, 16));
      expect(kept.length).toBeLessThanOrEqual(18);
      expect(kept.at(-1)).toBe(index);
      expect((kept.at(-1) ?? 0) - (kept[0] ?? 0)).toBe(kept.length - 1);
    }
  });

  it('forgets what was set longest ago, not what was set first', () => {
    const map = new RecentMap<string>(2);
    map.set('a', 'one');
    map.set('b', 'two');
    map.set('a', 'three');
    map.set('c', 'four');
    expect(map.get('a')).toBe('three');
    expect(map.get('b')).toBeUndefined();
    expect(map.get('c')).toBe('four');
  });

  it('has room again for what was deleted', () => {
    const map = new RecentMap<number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.delete('b');
    map.set('c', 3);
    expect([map.has('a'), map.has('b'), map.has('c')]).toEqual([true, false, true]);
  });
});
