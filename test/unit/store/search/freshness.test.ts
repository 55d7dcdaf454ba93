import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshnessOf } from '../../../../src/store/search/freshness.ts';
import { Indexer } from '../../../../src/store/search/indexer.ts';
import { answering, asking, SearchedStore } from '../../../support/searched-store.ts';

let store: SearchedStore;
let indexer: Indexer;

beforeEach(() => {
  store = new SearchedStore();
  indexer = new Indexer({ database: store.database, path: store.indexFile, now: () => performance.now() });
});

afterEach(() => {
  indexer.close();
  store.close();
});

const stale = (): number[] | null => {
  const fresh = freshnessOf(store.database, indexer.index);
  return fresh === null ? null : [...fresh.stale.calls].toSorted((one, other) => one - other);
};
const add = (word: string): number => store.add(asking(word), answering('ok'));

describe('store/search/freshness', () => {
  it('tells at each question what was deleted since the index followed, also since the question before', () => {
    const [first, second, third, last] = [add('one'), add('two'), add('three'), add('four')];
    indexer.catchUp();
    expect(stale()).toEqual([]);
    store.remove(first);
    expect(stale()).toEqual([first]);
    store.remove(last);
    expect(stale()).toEqual([first, last]);
    expect(stale()).toEqual([first, last]);
    indexer.catchUp();
    expect(stale()).toEqual([]);
    // The number of the last one is given out again: no removal of before stands against it.
    expect(add('five')).toBe(last);
    indexer.catchUp();
    expect(stale()).toEqual([]);
    store.remove(third);
    expect(stale()).toEqual([third]);
    expect(stale()).not.toContain(second);
  });

  it('is not of a database that was put back from a copy', () => {
    const calls = [add('one'), add('two')];
    indexer.catchUp();
    store.remove(calls[0] ?? 0);
    indexer.catchUp();
    store.database.exec('DELETE FROM search_removals');
    expect(stale()).toBeNull();
  });
});
