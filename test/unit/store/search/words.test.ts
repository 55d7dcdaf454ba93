import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../../src/store/driver.ts';
import { foldedWords, spread, wordsOf } from '../../../../src/store/search/words.ts';

let database: Database;

beforeAll(() => {
  database = openDatabase(':memory:');
  database.exec(`CREATE VIRTUAL TABLE texts USING fts5(text, content='', tokenize='unicode61 remove_diacritics 2')`);
  database.exec(`CREATE VIRTUAL TABLE words USING fts5vocab(texts, instance)`);
});

afterAll(() => database.close());

/** As SQLite's tokenizer cuts it. */
function bySqlite(text: string): string[] {
  database.exec(`INSERT INTO texts (texts) VALUES ('delete-all')`);
  database.prepare('INSERT INTO texts (rowid, text) VALUES (1, ?)').run(spread(text));
  return database
    .prepare('SELECT term FROM words ORDER BY "offset"')
    .all()
    .map(({ term }) => String(term));
}

describe('store/search/words', () => {
  it.each([
    'plain ASCII, get_user_by_id fooBar /usr/lib/x.so 0198e5b2-7a1c',
    'Café naïve Zoë ÅNGSTRÖM Straße İstanbul e\u0301te\u0301',
    'Привет мир Ελληνικά ΑΘΗΝΑ Հայաստան',
    '日本語を話す 한국어 조사가 中文沒有空格 混ぜたtextです１２３',
    'ภาษาไทย ลาว ភាសាខ្មែរ',
    'हिन्दी भाषा العربية עברית',
    'emoji 🎉 between, “quotes” — dashes… 10½ x²',
  ])('cuts "%s" as the index does', (text) => {
    expect(foldedWords(spread(text))).toEqual(bySqlite(text));
  });

  it('knows where the words stand', () => {
    expect([...wordsOf('Ça va, 日本')].map(({ start, end }) => 'Ça va, 日本'.slice(start, end))).toEqual([
      'Ça',
      'va',
      '日',
      '本',
    ]);
  });
});
