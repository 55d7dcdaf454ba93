import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Search, type SearchAnswer } from '../../../../src/admin/search.ts';
import { openDatabase } from '../../../../src/store/driver.ts';
import { answering, asking, SearchedStore, streaming } from '../../../support/searched-store.ts';

let store: SearchedStore;
let search: Search;
const WALL = Date.parse('2026-11-21T11:00:00.000Z');

function opened(): Search {
  return new Search({ db: store.db, wall: () => WALL, budgetMs: 5000 });
}

beforeEach(() => {
  store = new SearchedStore();
  search = opened();
});

afterEach(() => {
  search.close();
  store.close();
});

function index(one = search): void {
  while (!one.index(20).done);
}

function find(q: string, over: Partial<Parameters<Search['find']>[0]> = {}): SearchAnswer {
  return search.find({ q, filter: {}, limit: 50, cursor: undefined, ...over });
}

const ids = (q: string): number[] => find(q).hits.map(({ call_id: id }) => Number(id.slice(5)));

/** Once as long as there is no index, once from it. */
function bothWays(test: () => void): void {
  expect(find('').behind).toBeGreaterThan(0);
  test();
  index();
  expect(find('').behind).toBe(0);
  test();
}

describe('store/search/search', () => {
  it('finds words of requests and of answers, newest call first', () => {
    store.add(asking('What is a needle?'), answering('A thin piece of steel.'));
    store.add(asking('And hay?'), answering('Dried grass, no needle in it.'));
    store.add(asking('Nothing'), answering('else'));
    bothWays(() => {
      expect(ids('needle')).toEqual([2, 1]);
      expect(ids('needle steel')).toEqual([1]);
      expect(ids('needle -steel')).toEqual([2]);
      expect(ids('-needle')).toEqual([3]);
      expect(ids('"thin piece"')).toEqual([1]);
      expect(ids('"piece thin"')).toEqual([]);
      expect(ids('need')).toEqual([2, 1]);
      expect(ids('need ')).toEqual([]);
      expect(ids('needle OR * " (')).toEqual([]);
      expect(ids('')).toEqual([3, 2, 1]);
    });
  });

  it('finds what stands behind a NUL, as the output of a tool has them', () => {
    store.add(asking('one\0two'), answering('three'));
    bothWays(() => expect(ids('one two')).toEqual([1]));
  });

  it('says where a word stands, and marks it', () => {
    store.add(asking('Where is the <needle>?'), answering('In the "hay".'), { session_id: 'ses_1', client: 'tests/1' });
    bothWays(() => {
      expect(find('needle').hits).toEqual([
        {
          call_id: 'call_000001',
          session_id: 'ses_1',
          started_at: '2026-11-21T10:00:01.000Z',
          provider: expect.any(String),
          operation: expect.any(String),
          model: expect.any(String),
          status: 200,
          client: 'tests/1',
          side: 'request',
          role: 'user',
          kind: 'message',
          snippet: expect.stringContaining('Where is the <needle>?'),
          marks: [[expect.any(Number), expect.any(Number)]],
        },
      ]);
      const [hit] = find('hay').hits;
      expect(hit).toMatchObject({ side: 'response' });
      expect(hit?.snippet?.slice(...(hit.marks[0] ?? []))).toBe('hay');
    });
  });

  it('finds a text that a stream brought in pieces, also one of many blocks', () => {
    const long = `${'filler text goes on '.repeat(3000)}unmistakable end`;
    store.add(asking('one'), streaming('An unbelievable answer', 2), {}, 'stream');
    store.add(asking('two'), streaming(long, 5), {}, 'stream');
    bothWays(() => {
      expect(ids('unbelievable')).toEqual([1]);
      expect(ids('"unbelievable answer"')).toEqual([1]);
      expect(ids('"filler text" unmistakable')).toEqual([2]);
      expect(find('unmistakable').hits).toMatchObject([{ side: 'response', kind: 'event' }]);
    });
  });

  it.each([
    ['日本語で話す', ['日本', '本語', '話', '語で話']],
    ['한국어를 씁니다', ['한국', '국어', '씁니다']],
    ['ภาษาไทย', ['ภาษา', 'ไทย']],
    ['crème brûlée', ['creme', 'brulee', 'BRÛLÉE', 'crème brû']],
    ['call get_user_by_id(42)', ['get_user_by_id', 'user_by', 'get_us']],
    ['new fooBarBaz()', ['fooBarBaz', 'foobar']],
    ['in /usr/local/lib/libx.so.3', ['/usr/local/lib', 'libx.so.3', 'local/lib/libx']],
    ['id 0198e5b2-7a1c-7def-8123-456789abcdef', ['0198e5b2-7a1c-7def-8123-456789abcdef', '7def-8123', '0198e5']],
    ['a path C:\\new\\table', ['C:\\new\\table', 'new table']],
    ['line one\nline two', ['"one line"', 'two']],
    ['a "quoted" word', ['quoted']],
  ])('finds in "%s" any of its parts', (text, queries) => {
    store.add(asking(text), answering('ok'));
    store.add(asking('something else'), answering('ok'));
    bothWays(() => {
      for (const query of queries) expect(ids(query), query).toEqual([1]);
    });
  });

  it('finds arguments of tools, and what is said of a call beside its bodies', () => {
    const call = { type: 'tool_use', id: 'toolu_7', name: 'Bash', input: { command: 'git bisect\nstart' } };
    store.add(asking('x'), JSON.stringify({ content: [call] }), { tool_calls: [{ id: 'toolu_7', name: 'Bash' }] });
    store.add(null, null, {
      path: '/v1/files/quarterly',
      request_id: 'req_88',
      status: 529,
      error: { type: 'overloaded_error', message: 'Overloaded, try later' },
    });
    bothWays(() => {
      expect(ids('bisect')).toEqual([1]);
      expect(ids('start')).toEqual([1]);
      expect(ids('toolu_7')).toEqual([1]);
      expect(ids('tool:bash')).toEqual([1]);
      expect(ids('quarterly')).toEqual([2]);
      expect(ids('req_88')).toEqual([2]);
      expect(ids('overloaded is:error')).toEqual([2]);
      expect(find('overloaded').hits).toMatchObject([{ side: 'call', kind: 'call', role: null }]);
      expect(ids('call_000002')).toEqual([2]);
    });
  });

  it('asks both of the text and of the call', () => {
    store.add(asking('needle one'), answering('ok'), {
      provider: 'openai',
      request_model: 'gpt-5',
      response_model: null,
      session_id: 'a1',
    });
    store.add(asking('needle two'), answering('ok'), {
      provider: 'anthropic',
      request_model: 'claude-opus-4',
      response_model: null,
      status: 500,
    });
    store.add(asking('hay'), answering('ok'), {
      provider: 'openai',
      session_id: 'a2',
      agent: 'Planner',
      duration_ms: 9000,
    });
    bothWays(() => {
      expect(ids('needle provider:openai')).toEqual([1]);
      expect(ids('needle -provider:openai')).toEqual([2]);
      expect(ids('needle model:opus')).toEqual([2]);
      expect(ids('needle status:5xx')).toEqual([2]);
      expect(ids('session:a')).toEqual([3, 1]);
      expect(ids('needle session:a1')).toEqual([1]);
      expect(ids('agent:plan duration:>8s')).toEqual([3]);
      expect(ids('needle since:30m')).toEqual([]);
      expect(ids('needle since:2h')).toEqual([2, 1]);
      expect(find('needle', { filter: { provider: 'openai' } }).hits).toHaveLength(1);
      expect(ids('nothing:here needle')).toEqual([]);
    });
  });

  it('finds what was said once in the call that it came with, not in each that sends it again', () => {
    const history = ['the needle question', 'a first answer', 'go on', 'second', 'and on'].map((text) =>
      `${text} `.repeat(400),
    );
    for (let length = 1; length <= history.length; length += 2)
      store.add(asking(...history.slice(0, length)), answering('ok'));
    bothWays(() => {
      expect(ids('needle')).toEqual([1]);
      expect(ids('second')).toEqual([3]);
    });
  });

  it('gives page after page without a gap, while calls come in', () => {
    for (let call = 0; call < 10; call += 1) store.add(asking(`needle ${call}`), answering('ok'));
    index();
    const seen: number[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; cursor !== null && page < 10; page += 1) {
      const answer = find('needle', { limit: 3, cursor: cursor ?? undefined });
      seen.push(...answer.hits.map(({ call_id: id }) => Number(id.slice(5))));
      cursor = answer.next_cursor;
      expect(answer.partial).toBe(false);
      store.add(asking('needle again'), answering('ok'));
      if (page === 1) index();
    }
    expect(seen).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(find('needle', { limit: 1, cursor: 'nonsense' }).hits).toHaveLength(1);
  });

  it('says what it had no time for, and goes on there', () => {
    for (let call = 0; call < 40; call += 1) store.add(asking(`common ${call}`), answering('ok'));
    index();
    let time = 0;
    const hasty = new Search({ db: store.db, budgetMs: 1, now: () => (time += 1), wall: () => WALL });
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < 100; page += 1) {
      const answer = hasty.find({ q: 'common', filter: {}, limit: 50, cursor });
      for (const hit of answer.hits) seen.add(hit.call_id);
      if (page === 0) expect(answer.partial).toBe(true);
      if (answer.next_cursor === null) break;
      cursor = answer.next_cursor;
    }
    hasty.close();
    expect(seen.size).toBe(40);
  });

  it('tells of a query what nothing can be found by', () => {
    store.add(asking('x'), answering('ok'));
    expect(find('🎉')).toMatchObject({ hits: [], ignored: ['🎉'] });
    expect(find('ok 🎉')).toMatchObject({ hits: [{}], ignored: ['🎉'] });
  });
});

describe('store/search/indexer', () => {
  it('forgets what was deleted, every word of it', () => {
    const gone = store.add(asking('A canary sings'), answering('tweet'), { path: '/canaries' });
    store.add(asking('Another bird'), answering('tweet'));
    index();
    expect(ids('canary')).toEqual([gone]);
    store.remove(gone);
    expect(ids('canary')).toEqual([]);
    search.forgetRemoved();
    expect(ids('canary')).toEqual([]);
    expect(ids('tweet')).toEqual([2]);
    for (const name of ['search.db', 'search.db-wal']) {
      const bytes = existsSync(`${store.folder}/${name}`) ? readFileSync(`${store.folder}/${name}`) : Buffer.alloc(0);
      expect(bytes.includes('canar'), name).toBe(false);
    }
  });

  it('reads anew what was given the number of something deleted', () => {
    store.add(asking('first'), answering('ok'));
    const gone = store.add(asking('second thing'), answering('fine'));
    index();
    store.remove(gone);
    store.add(asking('third thing'), answering('good'), { id: 'call_000009' });
    expect(ids('third')).toEqual([9]);
    index();
    expect(ids('third')).toEqual([9]);
    expect(ids('second')).toEqual([]);
    store.remove(2);
    index();
    store.add(asking('fourth thing'), answering('good'), { id: 'call_000011' });
    index();
    expect(ids('fourth')).toEqual([11]);
    expect(ids('third')).toEqual([]);
  });

  it.each([
    ['missing', (file: string) => rmSync(file)],
    ['damaged', (file: string) => writeFileSync(file, Buffer.alloc(9000, 'no database '))],
    ['cut', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 6000))],
    [
      'of another version',
      (file: string) => {
        const database = openDatabase(file);
        database.exec('PRAGMA user_version = 99; DROP TABLE state');
        database.close();
      },
    ],
    [
      'of another database',
      (file: string) => {
        const database = openDatabase(file);
        database.exec(`UPDATE anchors SET mark = 'of another'`);
        database.close();
      },
    ],
  ])('builds the index anew when it is %s', (_, spoil) => {
    store.add(asking('needle'), answering('ok'));
    index();
    search.close();
    for (const suffix of ['-wal', '-shm']) rmSync(`${store.indexFile}${suffix}`, { force: true });
    spoil(store.indexFile);
    search = opened();
    expect(ids('needle')).toEqual([1]);
    index();
    expect(find('needle')).toMatchObject({ behind: 0, hits: [{ call_id: 'call_000001' }] });
  });

  it('goes on when the index is deleted under it', () => {
    store.add(asking('needle'), answering('ok'));
    index();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${store.indexFile}${suffix}`, { force: true });
    index();
    expect(existsSync(store.indexFile)).toBe(true);
    expect(find('needle')).toMatchObject({ behind: 0, hits: [{ call_id: 'call_000001' }] });
  });

  it('goes on where it was when the process is killed between a commit of the calls and one of the index', () => {
    store.add(asking('needle one'), answering('ok'));
    index();
    store.add(asking('needle two'), answering('ok'));
    const late = opened();
    index(late);
    store.add(asking('needle three'), answering('ok'));
    // What was under way is gone with the process, whatever was written to the file.
    late.close();
    search.close();
    search = opened();
    expect(ids('needle')).toEqual([3, 2, 1]);
    index();
    expect(ids('needle')).toEqual([3, 2, 1]);
  });

  it('lets others write the index, and takes turns', () => {
    store.add(asking('needle'), answering('ok'));
    const other = openDatabase(store.indexFile);
    index();
    other.exec('BEGIN IMMEDIATE');
    store.add(asking('needle'), answering('ok'));
    expect(() => search.index(20)).toThrow(/locked|busy/);
    expect(ids('needle')).toEqual([2, 1]);
    other.exec('ROLLBACK');
    other.close();
    index();
    expect(find('needle')).toMatchObject({ behind: 0, hits: [{}, {}] });
  });

  it('finds a request that was sent before by its last words', () => {
    for (let call = 0; call < 3; call += 1)
      store.add(asking('Be brief.', 'yes', 'The same needle'), answering(`ok ${call}`));
    bothWays(() => {
      expect(ids('needle')).toEqual([3, 2, 1]);
      expect(ids('brief')).toEqual(ids('brief'));
    });
  });

  it('leaves out pictures, and what is damaged', () => {
    const data = Buffer.from('canary '.repeat(500)).toString('base64');
    const content = [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }];
    store.add(JSON.stringify({ messages: [{ role: 'user', content }] }), answering('a needle'));
    store.add(asking('needle two '.repeat(100)), answering('x'));
    store.database.exec(`UPDATE blocks SET data = x'ff' WHERE bytes > 500`);
    index();
    expect(ids('needle')).toEqual([1]);
    expect(ids(data.slice(0, 40))).toEqual([]);
  });
});
