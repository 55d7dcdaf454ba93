import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { AgentFacts, SessionPart } from '../../../src/core/sessions.ts';
import type { StoredCall } from '../../../src/store/call-row.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { rollDay } from '../../../src/store/days.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { periodStats } from '../../../src/store/period-stats.ts';
import { getCall, loadTotals } from '../../../src/store/queries.ts';
import { removeCalls } from '../../../src/store/remove-calls.ts';
import { repricePage } from '../../../src/store/reprice.ts';
import {
  callsOfSession,
  callOfResponse,
  descendantsOf,
  edgesInto,
  getSession,
  listSessions,
  loadTips,
  placeOfCall,
  sessionFacts,
  sumSessions,
} from '../../../src/store/sessions.ts';
import { callRecord } from '../../support/exchanges.ts';

let database: Database;
let writer: CallWriter;

beforeEach(() => {
  database = openDatabase(':memory:');
  migrate(database);
  writer = new CallWriter(database);
});

afterEach(() => database.close());

const time = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

function factsOf(session: string, over: Partial<AgentFacts> = {}): AgentFacts {
  return {
    session,
    follows: null,
    turn: 1,
    messages: 1,
    new_messages: 1,
    tool_results: [],
    tool_errors: 0,
    error_recovered: false,
    tool_streak: 0,
    tool_retries: 0,
    session_tool_calls: 0,
    error_class: null,
    changes: null,
    ...over,
  };
}

interface Given {
  session?: string;
  parent?: string;
  name?: string;
  title?: string;
  rank?: number;
  facts?: Partial<AgentFacts>;
  record?: Partial<CallRecord>;
  edges?: SessionPart['edges'];
}

/** Call `number`, at that second. */
function aCall(number: number, given: Given = {}): StoredCall {
  const { session: id = 'ses_a', parent = null, name = null, title = null, rank = 1, facts, edges = [] } = given;
  const names = { id, client_session_id: name, parent_session_id: parent };
  const call = `call_${number}`;
  const record = callRecord({
    id: call,
    started_at: time(number),
    session_id: name ?? id,
    agent_facts: factsOf(id, { turn: number, ...facts }),
    cost_usd: 0.001,
    ...given.record,
  });
  return {
    record,
    costNanos: 1_000_000,
    log: null,
    session: {
      session: { ...names, title, title_rank: title === null ? 0 : rank },
      edges,
      tip: { slot: 0, session: id, call, state: '{}' },
    },
  };
}

function ids(filter: Parameters<typeof listSessions>[1]): string[] {
  return listSessions(database, filter, 100).sessions.map(({ id }) => id);
}

function idOf(text: string): string | null {
  const found = getSession(database, text);
  return found === null || found === 'ambiguous' ? found : found.id;
}

describe('store/sessions', () => {
  it('sums the calls of a session, over several transactions, and adds nothing twice', () => {
    const calls = [
      aCall(1, { title: 'first' }),
      aCall(2, { facts: { tool_errors: 2 }, record: { response_model: 'other-model' } }),
      aCall(3, { record: { status: 500, error: { type: 'x', message: 'y' } } }),
    ];
    writer.write(calls.slice(0, 2));
    writer.write(calls);
    const session = getSession(database, 'ses_a');
    expect(session).toMatchObject({
      title: 'first',
      started_at: time(1),
      last_call_at: time(3),
      calls: 3,
      turns: 3,
      tool_errors: 2,
      models: ['claude-opus-4-5', 'other-model'],
      tally: { requests: 3, errors: 1, cost_nanos: 3_000_000 },
    });
    expect(loadTips(database)).toEqual([{ slot: 0, session: 'ses_a', call: 'call_3', state: '{}' }]);
  });

  it('reads sums that are larger than numbers of JavaScript are exact', () => {
    const nanos = Number.MAX_SAFE_INTEGER - 1;
    const dear = (number: number): StoredCall => ({ ...aCall(number), costNanos: nanos });
    writer.write([dear(1), dear(2)]);
    writer.write([dear(3)]);
    const usd = (3 * nanos) / 1e9;
    const sums = { cost_nanos: 3 * nanos };
    expect(getSession(database, 'ses_a')).toMatchObject({ tally: sums });
    expect(listSessions(database, {}, 10, undefined, 'cost').sessions).toMatchObject([{ tally: sums }]);
    expect(sessionFacts(database, 'ses_a')).not.toBeNull();
    expect(loadTotals(database).models).toMatchObject([sums]);
    const ofAll = { from: null, to: null, filter: {}, zone: 'UTC' };
    const stats = (group: 'day' | 'client') => periodStats(database, { ...ofAll, group }).cost_usd;
    expect(stats('day')).toBeCloseTo(usd, 0);
    expect(rollDay(database, '2026-11-21')).toBe('2026-01-01');
    expect([stats('day'), stats('client')]).toEqual([expect.closeTo(usd, 0), expect.closeTo(usd, 0)]);
  });

  it('keeps the title of the highest rank, of equal ones the first', () => {
    writer.write([aCall(1, { title: 'a guess' })]);
    writer.write([aCall(2, { title: 'the question', rank: 2 })]);
    writer.write([aCall(3, { title: 'another', rank: 2 })]);
    expect(sessionFacts(database, 'ses_a')?.facts).toMatchObject({ title: 'the question', title_rank: 2 });
  });

  it('reads the facts of a call back as they were', () => {
    const facts = factsOf('ses_a', {
      follows: { call: 'call_0', how: 'continues' },
      turn: 7,
      tool_results: [{ id: 'toolu_1', name: 'Read', call: 'call_0', is_error: null }],
      changes: { parts: [], first_message: null, cache_missed_by: null },
    });
    writer.write([aCall(1, { facts }), aCall(2, { facts: { turn: 1 } })]);
    const found = getCall(database, 'call_1');
    expect(found).toMatchObject({ record: { agent_facts: facts } });
    expect(
      database
        .prepare('SELECT parent_id FROM llm_calls ORDER BY seq')
        .all()
        .map((row) => row['parent_id']),
    ).toEqual(['call_0', null]);
    expect(getCall(database, 'call_2')).toMatchObject({ record: { agent_facts: factsOf('ses_a') } });
  });

  it('lists by the latest call, page by page, by provider, client, time and title', () => {
    for (let number = 1; number <= 9; number += 1)
      writer.write([
        aCall(number, {
          session: `ses_${number}`,
          title: `Number ${number} of 100%`,
          record: { client: number % 2 === 0 ? 'codex/1.0' : 'claude-code/2.0' },
        }),
      ]);
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = listSessions(database, {}, 4, cursor);
      seen.push(...page.sessions.map(({ id }) => id));
      more = page.nextCursor !== null;
      cursor = page.nextCursor ?? undefined;
    }
    expect(seen).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1].map((number) => `ses_${number}`));
    expect(ids({ client: 'codex' })).toEqual(['ses_8', 'ses_6', 'ses_4', 'ses_2']);
    expect(ids({ client: 'c%' })).toEqual([]);
    expect(ids({ since: time(8) })).toEqual(['ses_9', 'ses_8']);
    expect(ids({ until: time(2) })).toEqual(['ses_1']);
    expect(ids({ q: 'NUMBER 3' })).toEqual(['ses_3']);
    expect(ids({ provider: 'openai' })).toEqual([]);
  });

  it('lists by the money of all calls, page by page, equal ones too', () => {
    for (let number = 1; number <= 9; number += 1) {
      const of = { session: `ses_${number % 5}` };
      writer.write([aCall(number, of), aCall(number + 100, of)]);
    }
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = listSessions(database, {}, 2, cursor, 'cost');
      seen.push(...page.sessions.map(({ id }) => id));
      more = page.nextCursor !== null;
      cursor = page.nextCursor ?? undefined;
    }
    expect(seen).toEqual(['ses_4', 'ses_3', 'ses_2', 'ses_1', 'ses_0']);
  });

  it('finds a session by its id, by the name that its client gave it, and by a beginning; not by one of several', () => {
    writer.write([
      aCall(1, { session: 'ses_1a', name: 'mine' }),
      aCall(2, { session: 'ses_1b', name: 'mine', parent: 'ses_1a' }),
      aCall(3, { session: 'ses_2a', name: 'twice' }),
      aCall(4, { session: 'ses_3a', name: 'twice' }),
    ]);
    expect(['ses_1b', 'mine', 'ses_2', '3', '1', 'twice', 'x', ''].map(idOf)).toEqual([
      'ses_1b',
      'ses_1a',
      'ses_2a',
      'ses_3a',
      'ambiguous',
      'ambiguous',
      null,
      null,
    ]);
  });

  it('knows the sub-agents of sub-agents, and ends in a circle', () => {
    writer.write([
      aCall(1, { session: 'ses_1', parent: 'ses_3' }),
      aCall(2, { session: 'ses_2', parent: 'ses_1' }),
      aCall(3, { session: 'ses_3', parent: 'ses_2' }),
      aCall(4, { session: 'ses_4' }),
    ]);
    const below = descendantsOf(database, 'ses_1');
    expect(below.map(({ id }) => id)).toEqual(['ses_2', 'ses_3']);
    expect(sumSessions(below)).toMatchObject({ calls: 2, tally: { requests: 2, cost_nanos: 2_000_000 } });
  });

  it('gives the calls of a session, the latest first, and the edges that end in them', () => {
    const edge = { id: 'edge_1', from: 'call_1', to: 'call_2', type: 'continues' } as const;
    writer.write([aCall(1), aCall(2, { edges: [edge] }), aCall(3), aCall(4, { session: 'ses_b' })]);
    const first = callsOfSession(database, 'ses_a', 2);
    expect(first.calls.map(({ id }) => id)).toEqual(['call_3', 'call_2']);
    const rest = callsOfSession(database, 'ses_a', 2, first.nextCursor ?? '');
    expect([rest.calls.map(({ id }) => id), rest.nextCursor]).toEqual([['call_1'], null]);
    expect(edgesInto(database, ['call_2', 'call_3'])).toEqual([edge]);
  });

  it('tells which calls stand before and after one in its session, and nothing of one in none', () => {
    writer.write([aCall(1), aCall(2, { session: 'ses_b' }), aCall(3), aCall(4), { ...aCall(5), session: null }]);
    expect(placeOfCall(database, 'call_1')).toEqual({ previous: null, next: 'call_3', place: 1, calls: 3 });
    expect(placeOfCall(database, 'call_3')).toEqual({ previous: 'call_1', next: 'call_4', place: 2, calls: 3 });
    expect(placeOfCall(database, 'call_4')).toEqual({ previous: 'call_3', next: null, place: 3, calls: 3 });
    expect([placeOfCall(database, 'call_5'), placeOfCall(database, 'call_9')]).toEqual([null, null]);
  });

  it('finds the call that gave an answer, at that host only', () => {
    writer.write([aCall(5, { record: { response_id: 'resp_1', provider: 'openai', host: 'api.openai.com' } })]);
    expect(callOfResponse(database, 'openai', 'api.openai.com', 'resp_1')).toEqual({
      call: 'call_5',
      session: 'ses_a',
      turn: 5,
    });
    expect(callOfResponse(database, 'openai', 'other', 'resp_1')).toBeNull();
  });

  it('follows prices that change', () => {
    writer.write([aCall(1), aCall(2, { session: 'ses_b' })]);
    const cost = { nanos: 5_000_000, source: 'override', price_date: null, confidence: 'exact', lines: [] } as const;
    repricePage(database, { filter: {}, dryRun: false, after: null, price: () => ({ ...cost, lines: [] }) });
    for (const id of ['ses_a', 'ses_b'])
      expect(getSession(database, id)).toMatchObject({ tally: { cost_nanos: 5_000_000 } });
  });

  it('forgets a session with its last call, and a title with the call that said it', () => {
    writer.write([aCall(1, { title: 'said at first' }), aCall(2), aCall(3, { session: 'ses_b', title: 'other' })]);
    removeCalls(database, [{ seq: 1, id: 'call_1', traceId: null, sessionKey: 'ses_a' }]);
    expect(getSession(database, 'ses_a')).toMatchObject({ title: null, calls: 2 });
    writer.write([aCall(4, { title: 'said at first', rank: 2 })]);
    expect(getSession(database, 'ses_a')).toMatchObject({ title: null, calls: 3 });
    removeCalls(database, [{ seq: 3, id: 'call_3', traceId: null, sessionKey: 'ses_b' }]);
    expect(getSession(database, 'ses_b')).toBeNull();
    removeCalls(
      database,
      [2, 4].map((seq) => ({ seq, id: `call_${seq}`, traceId: null, sessionKey: 'ses_a' })),
    );
    expect(getSession(database, 'ses_a')).toBeNull();
    expect(loadTips(database)).toEqual([]);
  });
});
