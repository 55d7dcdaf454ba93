/** Rows that were picked, to do something with them together. */
import { useState } from 'react';
import { keyOf, type Row } from './rows.ts';
import type { ShownRows } from './rows.ts';

/** More is a matter for `llm-proxy export`. */
export const MOST_SELECTED = 500;

export interface Selection {
  ids: ReadonlySet<string>;
  clear: () => void;
  /** @param range all rows from the one that was picked last to this one */
  pick: (row: Row, range: boolean, rows: ShownRows) => void;
}

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(() => new Set());
  const [last, setLast] = useState<string | null>(null);
  return {
    ids,
    clear: () => setIds(new Set()),
    pick: (row, range, rows) => {
      const key = keyOf(row);
      setIds(range && last !== null ? withRange(ids, rows, last, key) : toggled(ids, key));
      setLast(key);
    },
  };
}

export function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id) && next.size < MOST_SELECTED) next.add(id);
  return next;
}

/** Rows between that are not held are left out: nobody saw them. */
function withRange(ids: ReadonlySet<string>, rows: ShownRows, from: string, to: string): ReadonlySet<string> {
  const ends = [rows.indexOf(from), rows.indexOf(to)];
  if (ends.includes(-1)) return toggled(ids, to);
  const next = new Set(ids);
  for (let index = Math.min(...ends); index <= Math.max(...ends) && next.size < MOST_SELECTED; index += 1) {
    const row = rows.at(index);
    if (row !== undefined) next.add(keyOf(row));
  }
  return next;
}
