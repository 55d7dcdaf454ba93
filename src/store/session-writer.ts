import type { ConversationTip, SessionFacts, SessionPart } from '../core/sessions.ts';
import { addTally, emptyTally, type Tally, TALLY_KEYS } from '../core/totals.ts';
import { type StoredCall, traceOf } from './call-row.ts';
import type { Database, Statement } from './driver.ts';

/** Those of `sessions` that are no sums. */
export const OWN_COLUMNS = [
  ...(['id', 'client_session_id', 'parent_session_id', 'provider', 'host', 'client', 'agent'] as const),
  ...(['title', 'title_rank', 'started_at', 'last_call_at', 'calls', 'turns', 'tool_errors', 'models'] as const),
] as const;
const COLUMNS = [...OWN_COLUMNS, ...TALLY_KEYS];

const UPSERT_SESSION = `INSERT INTO sessions (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
ON CONFLICT (id) DO UPDATE SET
client_session_id = coalesce(client_session_id, excluded.client_session_id),
parent_session_id = coalesce(parent_session_id, excluded.parent_session_id),
client = coalesce(excluded.client, client), agent = coalesce(agent, excluded.agent),
title = CASE WHEN excluded.title_rank > title_rank THEN excluded.title ELSE title END,
title_rank = max(title_rank, excluded.title_rank),
started_at = min(started_at, excluded.started_at), last_call_at = max(last_call_at, excluded.last_call_at),
calls = calls + excluded.calls, turns = max(turns, excluded.turns), tool_errors = tool_errors + excluded.tool_errors,
models = json_patch(models, excluded.models),
${TALLY_KEYS.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`;

const INSERT_EDGE = `INSERT OR IGNORE INTO call_graph (edge_id, trace_id, from_call_id, to_call_id, edge_type)
VALUES (?, ?, ?, ?, ?)`;

/** What changes in one row of `sessions`. */
interface Change {
  facts: SessionFacts;
  record: StoredCall['record'];
  first: string;
  last: string;
  calls: number;
  turns: number;
  toolErrors: number;
  models: Set<string>;
  tally: Tally;
}

/** Writes what calls are in their conversations: the sums of each session once in each transaction. */
export class SessionWriter {
  readonly #upsert: Statement;
  readonly #insertEdge: Statement;
  readonly #replaceTip: Statement;
  /** Of the open transaction. */
  readonly #changes = new Map<string, Change>();
  readonly #tips = new Map<number, ConversationTip>();

  /** @param database migrated. */
  constructor(database: Database) {
    this.#upsert = database.prepare(UPSERT_SESSION);
    this.#insertEdge = database.prepare(INSERT_EDGE);
    this.#replaceTip = database.prepare(
      'INSERT OR REPLACE INTO session_tips (slot, session, call, state) VALUES (?, ?, ?, ?)',
    );
  }

  /** What a call has of its own in the call graph. @throws whatever SQLite says */
  addEdges({ record, session: part }: StoredCall): void {
    if (part === undefined || part === null) return;
    const trace = traceOf(record)?.id ?? null;
    for (const { id, from, to, type } of part.edges) this.#insertEdge.run(id, trace, from, to, type);
  }

  /** A call that was written. @param tally what it adds to the totals */
  add({ record, session: part }: StoredCall, tally: Tally): void {
    if (part === undefined || part === null) return;
    if (part.tip !== null) this.#tips.set(part.tip.slot, part.tip);
    if (record.leg === 'shadow') return;
    this.#note(part, record, tally);
  }

  /** @throws whatever SQLite says */
  flush(): void {
    for (const change of this.#changes.values()) this.#upsert.run(...valuesOf(change));
    for (const { slot, session, call, state } of this.#tips.values()) this.#replaceTip.run(slot, session, call, state);
  }

  forget(): void {
    this.#changes.clear();
    this.#tips.clear();
  }

  #note(part: SessionPart, record: StoredCall['record'], tally: Tally): void {
    const model = record.response_model ?? record.request_model;
    const at = record.started_at;
    let change = this.#changes.get(part.session.id);
    if (change === undefined) {
      const none = { calls: 0, turns: 0, toolErrors: 0, models: new Set<string>(), tally: emptyTally() };
      change = { facts: part.session, record, first: at, last: at, ...none };
      this.#changes.set(part.session.id, change);
    }
    change.facts =
      part.session.title_rank > change.facts.title_rank ? part.session : withTitle(part.session, change.facts);
    change.record = record;
    change.calls += 1;
    change.turns = Math.max(change.turns, record.agent_facts?.turn ?? 0);
    change.toolErrors += record.agent_facts?.tool_errors ?? 0;
    if (model !== null) change.models.add(model);
    if (at < change.first) change.first = at;
    if (at > change.last) change.last = at;
    addTally(change.tally, tally);
  }
}

/** The column `models`: an object, so that two of them can be joined by `json_patch`. */
export function modelsText(models: Iterable<string>): string {
  return JSON.stringify(Object.fromEntries(Array.from(models, (model) => [model, 1])));
}

function withTitle(facts: SessionFacts, { title, title_rank: rank }: SessionFacts): SessionFacts {
  return { ...facts, title, title_rank: rank };
}

function valuesOf({ facts, record, tally, ...change }: Change): (string | number | null)[] {
  const { id, client_session_id: clientId, parent_session_id: parent, title, title_rank: rank } = facts;
  const models = modelsText(change.models);
  const named = [id, clientId, parent, record.provider, record.host, record.client, record.agent, title, rank];
  const counted = [change.first, change.last, change.calls, change.turns, change.toolErrors, models];
  return [...named, ...counted, ...TALLY_KEYS.map((column) => tally[column])];
}
