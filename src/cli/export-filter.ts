import { askOf, type CallQuery } from '../admin/calls.ts';
import { Search } from '../admin/search.ts';
import type { Database } from '../store/driver.ts';
import type { CallFilter } from '../store/queries.ts';
import { parseQuery } from '../store/search/query.ts';

/**
 * Which calls are exported: by the filters and in the language of `calls`. What only the search index knows is looked up
 * first, into a table of this connection alone; all of it, for an export has no next page.
 * @param db the file of `database`. Throws AppError `config_invalid` on a filter that means nothing
 */
export function exportFilter(database: Database, db: string, given: CallQuery): CallFilter {
  const { q, filter } = askOf(given);
  const { conditions, ...words } = parseQuery(q, Date.now());
  if (words.terms.length + words.without.length + words.ignored.length === 0) return { ...filter, conditions };
  database.exec('CREATE TEMP TABLE found (seq INTEGER PRIMARY KEY)');
  const insert = database.prepare('INSERT OR IGNORE INTO found VALUES (?)');
  const search = new Search({ db, budgetMs: Infinity });
  try {
    for (const calls of search.numbers({ conditions, ...words }, filter)) for (const call of calls) insert.run(call);
  } finally {
    search.close();
  }
  return {
    conditions: [{ sql: 'seq IN (SELECT seq FROM temp.found)', values: [], narrow: null, isOfProvider: false }],
  };
}
