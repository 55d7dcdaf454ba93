import { describe, expect, it, vi } from 'vitest';
import { Live } from '../../../src/admin/live.ts';
import { aRecord } from '../../support/captures.ts';

describe('admin/live', () => {
  it('asks for calls while somebody reads, and a minute longer', () => {
    vi.useFakeTimers();
    try {
      const watched: boolean[] = [];
      const live = new Live((on) => watched.push(on));
      const leave = live.subscribe(null, () => {});
      leave();
      vi.advanceTimersByTime(59_000);
      live.subscribe(null, () => {})();
      expect(watched).toEqual([true]);
      vi.advanceTimersByTime(60_000);
      expect(watched).toEqual([true, false]);
      expect(live.read).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('goes on behind the last id that its reader saw', () => {
    const live = new Live(() => {});
    for (let count = 0; count < 3; count += 1) live.push(aRecord());
    const seen: number[] = [];
    live.subscribe(1, ({ id }) => seen.push(id));
    expect(seen).toEqual([2, 3]);
  });

  it('sends all it has to a reader whose id is of an earlier life', () => {
    const live = new Live(() => {});
    live.push(aRecord());
    const seen: number[] = [];
    live.subscribe(300, ({ id }) => seen.push(id));
    expect(seen).toEqual([1]);
  });
});
