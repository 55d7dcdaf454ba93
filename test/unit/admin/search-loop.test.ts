import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SearchLoop } from '../../../src/admin/search-loop.ts';
import type { Search } from '../../../src/admin/search.ts';

type Slice = ReturnType<Search['index']>;

/** Gives these answers, one a slice, then the last one for ever. */
function searchWith(...answers: (Slice | Error)[]): Pick<Search, 'index'> & { slices: number } {
  const search = {
    slices: 0,
    index: (): Slice => {
      const answer = answers[Math.min(search.slices, answers.length - 1)];
      search.slices += 1;
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer');
      return answer;
    },
  };
  return search;
}

const slice = (over: Partial<Slice> = {}): Slice => ({ added: 10, removed: 0, done: false, behind: 100, ...over });
const CURRENT = slice({ added: 0, done: true, behind: 0 });

describe('admin/search-loop', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('works until the index is current, then looks twice a second', () => {
    const search = searchWith(slice(), slice({ behind: 50, removed: 2 }), CURRENT);
    const loop = new SearchLoop(search);
    expect(loop.health).toMatchObject({ state: 'starting', behind: 0 });
    loop.start();
    vi.advanceTimersByTime(1);
    expect(loop.health).toMatchObject({ state: 'working' });
    vi.advanceTimersByTime(100);
    expect(loop.health).toEqual({ state: 'current', behind: 0, indexed: 20, removed: 2, failures: 0, error: null });
    const before = search.slices;
    vi.advanceTimersByTime(2000);
    expect(search.slices - before).toBe(4);
    loop.stop();
    vi.advanceTimersByTime(5000);
    expect(search.slices - before).toBe(4);
    expect(loop.health.state).toBe('stopped');
  });

  it('waits for a database without counting that as a failure', () => {
    const loop = new SearchLoop(searchWith(new Error('no such table'), new Error('no such table'), CURRENT));
    loop.start();
    vi.advanceTimersByTime(600);
    expect(loop.health).toMatchObject({ state: 'starting', failures: 0, error: 'no such table' });
    vi.advanceTimersByTime(1000);
    expect(loop.health).toMatchObject({ state: 'current', error: null });
  });

  it('counts what the disk refuses, waits, and goes on', () => {
    const full = new Error('database or disk is full');
    const loop = new SearchLoop(searchWith(slice(), full, full, CURRENT));
    loop.start();
    vi.advanceTimersByTime(1000);
    expect(loop.health).toMatchObject({ state: 'waiting', failures: 1, error: 'database or disk is full' });
    expect(loop.metrics()).toContain('\nllm_proxy_search_failures_total 1\n');
    expect(loop.metrics()).toContain('\nllm_proxy_search_lag_blocks 100\n');
    vi.advanceTimersByTime(12_000);
    expect(loop.health).toMatchObject({ state: 'current', failures: 2, error: null });
    loop.stop();
  });
});
