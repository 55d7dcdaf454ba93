import { askOf, type CallQuery, Calls } from '../admin/calls.ts';
import type { Database } from '../store/driver.ts';
import type { CallFilter } from '../store/queries.ts';
import { parseQuery } from '../store/search/query.ts';

/** As many as a page may have. */
const PAGE = '1000';

/**
 * Which calls are exported: by the filters and in the language of `calls`. What only the search index knows is looked up
 * first, into a table of this connection alone.
 * @param db the file of `database`. Throws AppError `config_invalid` on a filter that means nothing
 */
export function exportFilter(database: Database, db: string, query: CallQuery): CallFilter {
  const { q, filter } = askOf(query);
  const { conditions, terms, without, ignored } = parseQuery(q, Date.now());
  if (terms.length + without.length + ignored.length === 0) return { ...filter, conditions };
  database.exec('CREATE TEMP TABLE found (id TEXT PRIMARY KEY) WITHOUT ROWID');
  const insert = database.prepare('INSERT OR IGNORE INTO found VALUES (?)');
  const calls = new Calls(db);
  try {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = calls.list({ ...query, limit: PAGE, cursor });
      for (const { id } of page.calls) insert.run(id);
      cursor = page.next_cursor;
    }
  } finally {
    calls.close();
  }
  return { conditions: [{ sql: 'id IN (SELECT id FROM temp.found)', values: [], isNarrow: false }] };
}
