import type { CallRecord, HitText, ListedCalls } from '../api/shapes.ts';

/** A call of the list; `text` = where the words stand in it. */
export interface Listed {
  call: CallRecord;
  text: HitText | null;
}

export function listedOf({ calls, texts }: ListedCalls): Listed[] {
  return calls.map((call, index) => ({ call, text: texts[index] ?? null }));
}

/** As the API orders them. */
export function isNewer(one: CallRecord, other: CallRecord): boolean {
  return one.started_at === other.started_at ? one.id > other.id : one.started_at > other.started_at;
}

/** Puts a call where it belongs. @param isWhole false = there are calls behind the last row that are not held: what belongs there is left out */
export function insert(rows: Listed[], call: CallRecord, isWhole: boolean): void {
  if (rows.some((row) => row.call.id === call.id)) return;
  const at = rows.findIndex((row) => isNewer(call, row.call));
  if (at >= 0) rows.splice(at, 0, { call, text: null });
  else if (isWhole) rows.push({ call, text: null });
}

export interface Page {
  cursor: string | null;
  rows: Listed[] | null;
  /** Rows in it, also while they are let go. */
  count: number;
  /** Id of its last row: the next page begins behind it. */
  end: string | undefined;
  /** Of the first page, while its rows are let go: what is on top is known all the same. */
  ids?: readonly string[];
}

export function pageOf(cursor: string | null, rows: Listed[]): Page {
  return { cursor, rows, count: rows.length, end: rows.at(-1)?.call.id };
}

/** Number of the page that holds a row; -1 = there is none. @param starts the row at which each begins */
export function pageAt(starts: readonly number[], row: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return high < 0 ? -1 : low;
}

export function letGo(page: Page, isFirst: boolean): void {
  if (isFirst && page.rows !== null) page.ids = page.rows.map(({ call }) => call.id);
  page.rows = null;
}

/** Takes a call out of a page that is held. */
export function drop(page: Page, id: string): void {
  const { cursor, rows } = page;
  if (rows === null) return;
  const others = rows.filter(({ call }) => call.id !== id);
  Object.assign(page, pageOf(cursor, others));
}

const MOST_TITLES = 2000;

/** The same map where nothing is new. */
export function withTitles(
  known: ReadonlyMap<string, string>,
  told: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const unknown = Object.entries(told).filter(([id, title]) => known.get(id) !== title);
  return unknown.length === 0 ? known : new Map([...[...known].slice(-MOST_TITLES), ...unknown]);
}
