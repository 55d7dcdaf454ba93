import type { StoredExchange, StoredMessage } from '../core/transfer.ts';
import { storedCallOf } from '../store/call-row.ts';
import type { Database, SqlRow, SqlValue } from '../store/driver.ts';
import { type CallFilter, conditionsOf } from '../store/queries.ts';
import { clean } from './clean.ts';

/** Heads and bodies of a stored call, by its number. */
export type MessageReader = (call: number) => {
  readonly request: StoredMessage | null;
  readonly response: StoredMessage | null;
};

const PAGE = 100;

/**
 * Calls in the order of time, secrets taken out again. Those that come in meanwhile are left out. Page by page: a
 * transaction that is open as long as a slow reader takes would keep the write-ahead log of the daemon from ever being
 * merged.
 * @param messages null = records alone
 */
export function storedExchanges(
  database: Database,
  filter: CallFilter,
  messages: MessageReader | null,
): Generator<StoredExchange> {
  return exchangesIn(database, filter, messages, '');
}

/** @param more conditions, as SQL of ours */
function* exchangesIn(
  database: Database,
  filter: CallFilter,
  messages: MessageReader | null,
  more: string,
): Generator<StoredExchange> {
  const last = lastCall(database);
  const { where, values } = conditionsOf(filter);
  const scope = `${where === '' ? 'WHERE' : `${where} AND`} ${more} seq <= ?`;
  const page = database.prepare(
    `SELECT * FROM llm_calls ${scope} AND (started_at, id) > (?, ?) ORDER BY started_at, id LIMIT ${PAGE}`,
  );
  for (let place: [SqlValue, SqlValue] = ['', '']; ;) {
    const rows = page.all(...values, last, ...place);
    for (const row of rows) yield exchangeOf(row, messages);
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) return;
    place = [end['started_at'] ?? '', end['id'] ?? ''];
  }
}

/** How many calls `storedExchanges` gives, about: for the progress. */
export function countCalls(database: Database, filter: CallFilter): number {
  const { where, values } = conditionsOf(filter);
  return Number(database.prepare(`SELECT count(*) AS calls FROM llm_calls ${where}`).get(...values)?.['calls'] ?? 0);
}

function lastCall(database: Database): SqlValue {
  return database.prepare('SELECT max(seq) AS last FROM llm_calls').get()?.['last'] ?? 0;
}

function exchangeOf(row: SqlRow, messages: MessageReader | null): StoredExchange {
  const { request, response } = messages?.(Number(row['seq'])) ?? { request: null, response: null };
  return clean({ record: storedCallOf(row).record, request, response });
}

const ANSWERED = "inference = 1 AND leg = 'primary' AND status BETWEEN 200 AND 299";

/** More of a session's calls are not looked at for one that was answered. */
const CANDIDATES = 5;

/**
 * For each session its calls that may hold the whole conversation, the fullest first: those that sent most, of equals the
 * last. Sessions come in the order of their first calls; behind them come the calls without one, each for itself.
 */
export function* fullestCalls(
  database: Database,
  filter: CallFilter,
  messages: MessageReader,
): Generator<Iterable<StoredExchange>> {
  const { where, values } = conditionsOf(filter);
  const scope = `${where === '' ? 'WHERE' : `${where} AND`} ${ANSWERED}`;
  const sessions = database
    .prepare(
      `SELECT session_id, min(started_at) AS first FROM llm_calls ${scope} AND session_id IS NOT NULL
       GROUP BY session_id ORDER BY first, session_id`,
    )
    .all(...values);
  const candidates = database.prepare(
    `SELECT * FROM llm_calls ${scope} AND session_id = ? ORDER BY request_bytes DESC, seq DESC LIMIT ${CANDIDATES}`,
  );
  for (const { session_id: session = null } of sessions) {
    const rows = candidates.all(...values, session);
    yield lazily(rows, messages);
  }
  const alone = exchangesIn(database, filter, messages, `${ANSWERED} AND session_id IS NULL AND`);
  for (const exchange of alone) yield [exchange];
}

/** Bodies are read of those only that are asked for. */
function* lazily(rows: readonly SqlRow[], messages: MessageReader): Generator<StoredExchange> {
  for (const row of rows) yield exchangeOf(row, messages);
}
