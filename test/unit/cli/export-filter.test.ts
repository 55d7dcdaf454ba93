import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Search } from '../../../src/admin/search.ts';
import { exportFilter } from '../../../src/cli/export-filter.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { countCalls } from '../../../src/interchange/stored-exchanges.ts';
import { answering, asking, SearchedStore } from '../../support/searched-store.ts';

let store: SearchedStore;
let reader: Database;

beforeEach(() => {
  store = new SearchedStore();
  reader = openDatabase(store.db, { readOnly: true });
});
afterEach(() => {
  reader.close();
  store.close();
});

const counted = (query: Parameters<typeof exportFilter>[2]): number => {
  reader.exec('DROP TABLE IF EXISTS temp.found');
  return countCalls(reader, exportFilter(reader, store.db, query));
};

describe('cli/export-filter', () => {
  it('finds every call that has a word, however long that takes where there is no index', () => {
    const filling = Array.from({ length: 400 }, (_, at) => `word${at}`).join(' ');
    store.writer.begin();
    store.addOpen(asking('a needle'), answering('yes'));
    for (let call = 0; call < 600; call += 1) store.addOpen(asking(`${call} ${filling} ${call}`), answering('no'));
    store.writer.commit();
    const hurried = new Search({ db: store.db });
    expect(hurried.find({ q: 'needle', filter: {}, limit: 9, cursor: undefined })).toMatchObject({
      hits: [],
      partial: true,
    });
    hurried.close();
    expect(counted({ q: 'needle ' })).toBe(1);
    expect(counted({ q: '-needle' })).toBe(600);
  });

  it('takes words and filters together', () => {
    store.add(asking('a needle'), answering('yes'), { provider: 'openai', status: 200 });
    store.add(asking('the needle'), answering('yes'), { provider: 'anthropic', status: 200 });
    store.add(asking('hay'), answering('yes'), { provider: 'anthropic', status: 500 });
    expect(counted({ q: 'needle', provider: 'anthropic' })).toBe(1);
    expect(counted({ q: 'provider:anthropic', status: '5xx' })).toBe(1);
    expect(counted({ q: '***' })).toBe(0);
    expect(counted({ status: '2xx' })).toBe(2);
  });
});
