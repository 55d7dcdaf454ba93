import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../src/store/driver.ts';
import { Indexer } from '../../../../src/store/search/indexer.ts';
import { openForReading, SearchIndex, searchFileOf } from '../../../../src/store/search/index-file.ts';
import { answering, asking, SearchedStore } from '../../../support/searched-store.ts';

const PART = 65_536;
let store: SearchedStore;
let database: Database;
let index: SearchIndex;

beforeEach(() => {
  store = new SearchedStore();
  database = openDatabase(store.indexFile);
  index = new SearchIndex(database, true);
});

afterEach(() => {
  index.close();
  store.close();
});

function write(work: () => void): void {
  index.begin();
  work();
  index.commit();
}

const found = (number: number, match: string): number[] =>
  index.matches({ family: 'blocks', number }, match, 0, Number.MAX_SAFE_INTEGER);

/** What FTS5 must look into for one word. */
const pieces = (part: number): unknown =>
  database.prepare(`SELECT count(DISTINCT segid) AS pieces FROM blocks_${part}_idx`).get()?.['pieces'];

describe('store/search/index-file', () => {
  it('lies beside the database, under a name of its own', () => {
    expect(searchFileOf('/a/data/llm-proxy.db')).toBe('/a/data/search.db');
    expect(searchFileOf('/a/team.db')).toBe('/a/team.search.db');
    expect(statSync(store.indexFile).mode & 0o777).toBe(0o600);
  });

  it('keeps each 65,536 numbers in a part of their own, and drops one that has become empty', () => {
    write(() => {
      index.add('blocks', 1, 'red');
      index.add('blocks', PART - 1, 'red green');
      index.add('blocks', PART, 'red blue');
      index.add('calls', 2 * PART, 'red');
    });
    expect(index.parts('blocks')).toEqual([
      { family: 'blocks', number: 1 },
      { family: 'blocks', number: 0 },
    ]);
    expect(index.parts('calls')).toEqual([{ family: 'calls', number: 2 }]);
    expect(found(0, '"red"')).toEqual([1, PART - 1]);
    expect(found(1, '"red"')).toEqual([PART]);
    write(() => {
      index.remove('blocks', PART);
      while (index.mergeStep());
    });
    expect(index.parts('blocks')).toEqual([{ family: 'blocks', number: 0 }]);
    expect(found(1, '"red"')).toEqual([]);
    write(() => index.add('blocks', PART, 'red again'));
    expect(found(1, '"again"')).toEqual([PART]);
  });

  it('says of a text what was said of it last', () => {
    write(() => index.add('blocks', 7, 'one'));
    write(() => index.add('blocks', 7, 'two'));
    expect(found(0, '"one"')).toEqual([]);
    expect(found(0, '"two"')).toEqual([7]);
  });

  it('clears the words of removed texts away, in steps', () => {
    for (let round = 0; round < 20; round += 1) {
      write(() => {
        for (let id = 1; id <= 50; id += 1) index.add('blocks', round * 50 + id, `canary${round}x${id} common`);
      });
    }
    write(() => {
      for (let id = 1; id < 1000; id += 1) index.remove('blocks', id);
    });
    const step = (): boolean => {
      let isMerging = false;
      write(() => (isMerging = index.mergeStep()));
      return isMerging;
    };
    let steps = 1;
    while (step()) steps += 1;
    expect(steps).toBeGreaterThan(1);
    database.exec(`CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, blocks_0, row)`);
    const terms = database.prepare('SELECT term FROM temp.words').all();
    expect(terms).toEqual([{ term: 'canary19x50' }, { term: 'common' }]);
  });

  it('merges a part into one piece when it is full, also one of an index from before', () => {
    const fill = (): void => {
      for (const id of [1, 2, 3]) write(() => index.add('blocks', id, `red w${id}`));
      write(() => index.add('blocks', PART, 'red'));
      for (const id of [PART + 1, PART + 2]) write(() => index.add('blocks', id, 'red'));
    };
    fill();
    expect([pieces(0), pieces(1)]).toEqual([3, 3]);
    write(() => void (index.mergeStep() && index.mergeStep() && index.mergeStep()));
    expect([pieces(0), pieces(1)]).toEqual([1, 3]);
    expect([found(0, '"red"'), found(0, '"w2"'), found(1, '"red"')]).toEqual([
      [1, 2, 3],
      [2],
      [PART, PART + 1, PART + 2],
    ]);
    for (const id of [4, 5]) write(() => index.add('blocks', id, 'red'));
    database.exec(`DELETE FROM state WHERE name = 'full_parts'`);
    const again = new SearchIndex(database, true);
    while (again.mergeStep());
    expect([pieces(0), pieces(1)]).toEqual([1, 3]);
  });

  it('is read by others while it is written', () => {
    write(() => index.add('blocks', 1, 'red'));
    const reader = openForReading(store.indexFile);
    index.begin();
    index.add('blocks', 2, 'red');
    expect(reader?.matches({ family: 'blocks', number: 0 }, '"red"', 0, 10)).toEqual([1]);
    index.commit();
    expect(reader?.matches({ family: 'blocks', number: 0 }, '"red"', 0, 10)).toEqual([1, 2]);
    reader?.close();
    expect(openForReading(`${store.indexFile}.none`)).toBeNull();
  });
});

describe('store/search/indexer', () => {
  it('stops at a full disk, loses nothing, and goes on when there is room', () => {
    for (let call = 0; call < 60; call += 1) {
      const words = Array.from({ length: 200 }, (_, at) => `word${call}x${at}`).join(' ');
      store.add(asking(words), answering('ok'));
    }
    const reading = openDatabase(store.db, { readOnly: true });
    const small = openDatabase(store.indexFile);
    small.exec('PRAGMA max_page_count = 20');
    let time = 0;
    const options = { database: reading, path: store.indexFile, now: () => (time += 1) };
    const indexer = new Indexer({ ...options, open: () => new SearchIndex(small, true) });
    const work = (): void => {
      while (!indexer.slice(20).done);
    };
    expect(work).toThrow(/full/);
    expect(work).toThrow(/full/);
    const reached = indexer.index.cursor('blocks');
    small.exec('PRAGMA max_page_count = 100000');
    work();
    expect(indexer.index.cursor('blocks')).toBeGreaterThan(reached);
    expect(indexer.behind()).toBe(0);
    for (const call of [0, 30, 59]) expect(found(0, `"word${call}x199"`)).toHaveLength(1);
    indexer.close();
    reading.close();
  });
});
