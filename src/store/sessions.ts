/** What is asked of the store about conversations. */
import type { ConversationTip, Edge, EdgeType, SessionFacts } from '../core/sessions.ts';
import { addTally, emptyTally, type Tally, TALLY_KEYS } from '../core/totals.ts';
import { factsOf } from './agent-facts-text.ts';
import { storedCallOf } from './call-row.ts';
import { type Database, type SqlRow, type SqlValue, statementOf } from './driver.ts';
import { type CallPage, TALLY_COLUMNS } from './queries.ts';
import { OWN_COLUMNS } from './session-writer.ts';

export interface SessionFilter {
  provider?: string;
  /** Beginning of the client's name: `claude-code`, or `claude-code/2.1`. */
  client?: string;
  /** ISO 8601 UTC: sessions with a call since then, or that began before. */
  since?: string;
  until?: string;
  /** Part of the title or of an id; case does not matter. */
  q?: string;
  /** Without those that others sent. */
  top?: boolean;
}

export interface SessionRow {
  id: string;
  client_session_id: string | null;
  parent_session_id: string | null;
  provider: string;
  host: string;
  client: string | null;
  agent: string | null;
  title: string | null;
  started_at: string;
  last_call_at: string;
  calls: number;
  turns: number;
  tool_errors: number;
  models: string[];
  /** Of its latest call: messages in the request, and on whose behalf it was; null = unknown. */
  messages: number | null;
  customer_id: string | null;
  /** Sub-agents and forks: sessions whose parent this is. */
  children: number;
  tally: Tally;
}

export interface SessionPage {
  sessions: SessionRow[];
  /** Opaque; `null` = no more. */
  nextCursor: string | null;
}

const MAX_LIMIT = 500;
const MAX_CALLS = 1000;
/** A tree of sub-agents is not deeper; a circle ends here. */
const MAX_DEPTH = 20;
const MAX_TREE = 2000;
const OF_LATEST = 'FROM llm_calls WHERE session_key = sessions.id ORDER BY seq DESC LIMIT 1';
/** What is not in the row itself: looked up for rows that are shown. */
const MORE = `(SELECT count(*) FROM sessions AS child WHERE child.parent_session_id = sessions.id) AS children,
(SELECT agent_facts ${OF_LATEST}) AS latest_facts, (SELECT customer_id ${OF_LATEST}) AS customer_id`;

const COLUMNS = `${OWN_COLUMNS.map((column) => `sessions.${column}`).join(', ')}, ${TALLY_COLUMNS}`;

/** What comes first: the latest call, or the most money (of all calls of a session, also those outside of a period). */
export type SessionOrder = 'latest' | 'cost';

/** Each needs no more than a text and an id to go on from. */
const ORDERS = {
  latest: { column: 'last_call_at', valueOf: (row: SessionRow): string | number => row.last_call_at },
  cost: { column: 'cost_nanos', valueOf: (row: SessionRow): string | number => row.tally.cost_nanos },
} as const satisfies Record<SessionOrder, unknown>;

/** A page goes on where the cursor stands; an unknown cursor starts anew. */
export function listSessions(
  database: Database,
  filter: SessionFilter,
  limit: number,
  cursor?: string,
  order: SessionOrder = 'latest',
): SessionPage {
  const size = Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_LIMIT);
  const { column, valueOf } = ORDERS[order];
  const { where, values } = conditionsOf(filter, cursor, order);
  // Children are counted for the rows that are shown, not for all that were sorted.
  const page = `SELECT * FROM sessions ${where} ORDER BY ${column} DESC, id DESC LIMIT ?`;
  const rows = database
    .prepare(`SELECT ${COLUMNS}, ${MORE} FROM (${page}) AS sessions ORDER BY ${column} DESC, id DESC`)
    .all(...values, size + 1)
    .map(rowOf);
  const last = rows[size - 1];
  const hasMore = rows.length > size && last !== undefined;
  return {
    sessions: rows.slice(0, size),
    nextCursor: hasMore ? Buffer.from(`${valueOf(last)} ${last.id}`).toString('base64url') : null,
  };
}

function conditionsOf(
  filter: SessionFilter,
  cursor: string | undefined,
  order: SessionOrder,
): { where: string; values: SqlValue[] } {
  const terms: string[] = [];
  const values: SqlValue[] = [];
  const add = (term: string, ...bound: (SqlValue | undefined)[]): void => {
    if (bound.includes(undefined)) return;
    terms.push(term);
    values.push(...(bound as SqlValue[]));
  };
  add('provider = ?', filter.provider);
  const client = filter.client === undefined ? undefined : escapedLike(filter.client);
  add(`client LIKE ? ESCAPE '\\'`, client === undefined ? undefined : `${client}%`);
  add('last_call_at >= ?', filter.since);
  add('started_at < ?', filter.until);
  if (filter.top === true) add('parent_session_id IS NULL');
  const q = filter.q === undefined || filter.q === '' ? undefined : filter.q.toLowerCase();
  add(`instr(lower(coalesce(title, '') || char(10) || id || char(10) || coalesce(client_session_id, '')), ?) > 0`, q);
  const [at, id] = cursor === undefined ? [] : Buffer.from(cursor, 'base64url').toString().split(' ');
  add(`(${ORDERS[order].column}, id) < (?, ?)`, order === 'cost' && at !== undefined ? Number(at) : at, id);
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}

function escapedLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

/** By its id, the client's name for it, or the beginning of an id. `ambiguous` = of several. */
export function getSession(database: Database, idOrName: string): SessionRow | 'ambiguous' | null {
  if (idOrName === '') return null;
  const one = (where: string, ...values: SqlValue[]): SessionRow | 'ambiguous' | null => {
    const rows = database.prepare(`SELECT ${COLUMNS}, ${MORE} FROM sessions WHERE ${where} LIMIT 2`).all(...values);
    return rows.length > 1 ? 'ambiguous' : rows[0] === undefined ? null : rowOf(rows[0]);
  };
  // Sub-agents bear the name of the session that they work for: it means their parent.
  const isMain = `(parent_session_id IS NULL OR parent_session_id NOT IN (SELECT id FROM sessions WHERE client_session_id = ?))`;
  return (
    one('id = ?', idOrName) ??
    one(`client_session_id = ? AND ${isMain}`, idOrName, idOrName) ??
    one('id >= ? AND id < ?', idOrName, `${idOrName}\u{10FFFF}`) ??
    one('id >= ? AND id < ?', `ses_${idOrName}`, `ses_${idOrName}\u{10FFFF}`)
  );
}

/** Titles by id, of those of these sessions that have one. */
export function titlesOf(database: Database, ids: readonly string[]): Record<string, string> {
  const sql = 'SELECT id, title FROM sessions WHERE id IN (SELECT value FROM json_each(?)) AND title IS NOT NULL';
  const rows = statementOf(database, sql).all(JSON.stringify(ids));
  return Object.fromEntries(rows.map((row) => [String(row['id']), String(row['title'])]));
}

/** The sessions below one, parents first; without itself. */
export function descendantsOf(database: Database, id: string): SessionRow[] {
  return database
    .prepare(
      `WITH RECURSIVE tree(id, depth) AS (
  VALUES (?, 0) UNION SELECT sessions.id, tree.depth + 1 FROM sessions JOIN tree ON sessions.parent_session_id = tree.id
  WHERE tree.depth < ${MAX_DEPTH} LIMIT ${MAX_TREE}
) SELECT ${COLUMNS}, ${MORE} FROM (SELECT id, min(depth) AS depth FROM tree GROUP BY id) AS known
JOIN sessions ON sessions.id = known.id WHERE known.depth > 0 ORDER BY known.depth, started_at, sessions.id`,
    )
    .all(id)
    .map(rowOf)
    .filter((row) => row.id !== id);
}

/** Sessions with a call in a trace, by their first call in it. */
export function sessionsOfTrace(database: Database, trace: string): SessionRow[] {
  return database
    .prepare(
      `SELECT ${COLUMNS}, ${MORE} FROM (SELECT session_key, min(seq) AS first FROM llm_calls
WHERE trace_id = ? AND session_key IS NOT NULL GROUP BY session_key ORDER BY first LIMIT ${MAX_TREE}) AS known
JOIN sessions ON sessions.id = known.session_key ORDER BY known.first`,
    )
    .all(trace)
    .map(rowOf);
}

/** @returns the sums of all of them */
export function sumSessions(rows: readonly SessionRow[]): Pick<SessionRow, 'calls' | 'tool_errors' | 'tally'> {
  const sum = { calls: 0, tool_errors: 0, tally: emptyTally() };
  for (const row of rows) {
    sum.calls += row.calls;
    sum.tool_errors += row.tool_errors;
    addTally(sum.tally, row.tally);
  }
  return sum;
}

/** The latest first. An unknown cursor starts anew. @param id of `sessions` */
export function callsOfSession(database: Database, id: string, limit: number, cursor?: string): CallPage {
  const size = Math.min(Math.max(Math.trunc(limit) || 1, 1), MAX_CALLS);
  const before = cursor === undefined || !/^\d{1,15}$/.test(cursor) ? Number.MAX_SAFE_INTEGER : Number(cursor);
  const rows = database
    .prepare('SELECT * FROM llm_calls WHERE session_key = ? AND seq < ? ORDER BY seq DESC LIMIT ?')
    .all(id, before, size + 1);
  const last = rows[size - 1];
  return {
    calls: rows.slice(0, size).map((row) => storedCallOf(row).record),
    nextCursor: rows.length > size && last !== undefined ? String(last['seq']) : null,
  };
}

/** Where a call stands among those of its session, in the order of their numbers. */
export interface CallPlace {
  /** Ids; null = it is the first, or the last so far. */
  previous: string | null;
  next: string | null;
  /** 1 = the first. */
  place: number;
  /** Calls of the session. */
  calls: number;
}

/** @returns null = the call is not there, or in no session */
export function placeOfCall(database: Database, id: string): CallPlace | null {
  const call = database.prepare('SELECT seq, session_key FROM llm_calls WHERE id = ?').get(id);
  const session = call?.['session_key'] ?? null;
  if (call === undefined || session === null) return null;
  const seq = call['seq'] ?? null;
  const beside = (order: string): string | null =>
    text(
      database.prepare(`SELECT id FROM llm_calls WHERE session_key = ? AND ${order} LIMIT 1`).get(session, seq)?.['id'],
    );
  const counts = database
    .prepare('SELECT count(*) AS calls, count(*) FILTER (WHERE seq <= ?) AS place FROM llm_calls WHERE session_key = ?')
    .get(seq, session);
  return {
    previous: beside('seq < ? ORDER BY seq DESC'),
    next: beside('seq > ? ORDER BY seq'),
    place: number(counts?.['place']),
    calls: number(counts?.['calls']),
  };
}

/** Edges that end in these calls. */
export function edgesInto(database: Database, calls: readonly string[]): Edge[] {
  const one = database.prepare('SELECT * FROM call_graph WHERE to_call_id = ? ORDER BY edge_type, from_call_id');
  return calls.flatMap((call) =>
    one.all(call).map((row) => ({
      id: String(row['edge_id']),
      from: String(row['from_call_id']),
      to: String(row['to_call_id']),
      type: String(row['edge_type']) as EdgeType,
    })),
  );
}

export function loadTips(database: Database): ConversationTip[] {
  return database
    .prepare('SELECT slot, session, call, state FROM session_tips')
    .all()
    .map((row) => ({
      slot: Number(row['slot']),
      session: String(row['session']),
      call: String(row['call']),
      state: String(row['state']),
    }));
}

/** @returns null = it is not known */
export function sessionFacts(database: Database, id: string): { facts: SessionFacts; toolCalls: number } | null {
  const row = statementOf(
    database,
    'SELECT client_session_id, parent_session_id, title, title_rank, tool_calls FROM sessions WHERE id = ?',
  ).get(id);
  if (row === undefined) return null;
  const facts = {
    id,
    client_session_id: text(row['client_session_id']),
    parent_session_id: text(row['parent_session_id']),
    title: text(row['title']),
    title_rank: number(row['title_rank']),
  };
  return { facts, toolCalls: number(row['tool_calls']) };
}

/** The call that gave this answer, in its session. */
export function callOfResponse(
  database: Database,
  provider: string,
  host: string,
  responseId: string,
): { call: string; session: string; turn: number } | null {
  const row = statementOf(
    database,
    `SELECT id, session_key, json_extract(agent_facts, '$.turn') AS turn FROM llm_calls
WHERE response_id = ? AND provider = ? AND host = ? AND session_key IS NOT NULL AND agent_facts IS NOT NULL ORDER BY seq LIMIT 1`,
  ).get(responseId, provider, host);
  if (row === undefined) return null;
  return { call: String(row['id']), session: String(row['session_key']), turn: Number(row['turn'] ?? 1) };
}

function rowOf(row: SqlRow): SessionRow {
  const tally = emptyTally();
  for (const key of TALLY_KEYS) tally[key] = number(row[key]);
  return {
    id: String(row['id']),
    client_session_id: text(row['client_session_id']),
    parent_session_id: text(row['parent_session_id']),
    provider: String(row['provider']),
    host: String(row['host']),
    client: text(row['client']),
    agent: text(row['agent']),
    title: text(row['title']),
    started_at: String(row['started_at']),
    last_call_at: String(row['last_call_at']),
    calls: number(row['calls']),
    turns: number(row['turns']),
    tool_errors: number(row['tool_errors']),
    models: modelsOf(row['models']),
    messages: factsOf(text(row['latest_facts']))?.messages ?? null,
    customer_id: text(row['customer_id']),
    children: number(row['children']),
    tally,
  };
}

function modelsOf(value: SqlValue | undefined): string[] {
  try {
    return Object.keys(JSON.parse(String(value)) as object);
  } catch {
    return [];
  }
}

function text(value: SqlValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: SqlValue | undefined): number {
  return Number(value ?? 0);
}
