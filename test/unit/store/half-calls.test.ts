import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/core/capture.ts';
import type { SessionPart } from '../../../src/core/sessions.ts';
import { bodiesOf } from '../../../src/store/blocks/call-bodies.ts';
import { cutBody } from '../../../src/store/blocks/cut.ts';
import { bodyOf } from '../../../src/store/blocks/read.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase, type SqlRow } from '../../../src/store/driver.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { aCapture, anAgentStep } from '../../support/captures.ts';

let databases: Database[] = [];
beforeEach(() => {
  databases = [];
});
afterEach(() => {
  for (const database of databases) database.close();
});

function aStore(): { database: Database; writer: CallWriter } {
  const database = openDatabase(':memory:');
  databases.push(database);
  migrate(database);
  return { database, writer: new CallWriter(database) };
}

/** Statements that write a call, by the table. The second of two lists of bodies: the first one is there by then. */
const FAULTS = {
  llm_calls: `NEW.id = 'bad'`,
  call_graph: `NEW.to_call_id = 'bad'`,
  blocks: `instr(CAST(NEW.data AS TEXT), 'only bad') > 0`,
  call_blocks: `NEW.side = 1 AND NEW.call = (SELECT seq FROM llm_calls WHERE id = 'bad')`,
  block_calls: `NEW.call = (SELECT seq FROM llm_calls WHERE id = 'bad')`,
  facet_names: `NEW.name = 'section of bad'`,
  call_facets: `NEW.seq = (SELECT seq FROM llm_calls WHERE id = 'bad')`,
};

function sessionPart(id: string): SessionPart {
  const session = { id: 'ses_1', client_session_id: null, parent_session_id: null, title: `title of ${id}` };
  return {
    session: { ...session, title_rank: 1 },
    edges: [{ id: `edge ${id}`, from: 'good 1', to: id, type: 'tool_result' }],
    tip: { slot: id === 'bad' ? 2 : 1, session: 'ses_1', call: id, state: id },
  };
}

function bodyWith(words: string): Buffer {
  return Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'what all of them say' }, words] }));
}

function add(writer: CallWriter, id: string, over: Partial<CallRecord> = {}): void {
  const capture = aCapture(
    { id, section: `section of ${id}`, trace_id: `trace of ${id}`, agent_facts: anAgentStep(), ...over },
    {
      parts: {
        request: cutBody(bodyWith(`asked: only ${id}`), 'request'),
        response: cutBody(bodyWith(`answered: only ${id}`), 'document'),
        arrivals: null,
      },
    },
  );
  const { record, costNanos } = capture;
  writer.add({ record, costNanos, log: null, session: sessionPart(id) }, bodiesOf(capture));
}

const COUNTED = `llm_calls totals hourly hourly_by traces sessions session_tips call_graph call_facets facet_names`;

function contentOf(database: Database): Record<string, SqlRow[]> {
  const rows = COUNTED.split(' ').map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all()] as const);
  const lists = database.prepare('SELECT call, side FROM call_blocks ORDER BY call, side').all();
  const blocks = database.prepare('SELECT hash FROM blocks ORDER BY hash').all();
  return { ...Object.fromEntries(rows), lists, blocks };
}

/** As if there had been good calls only. */
function expected(): Record<string, SqlRow[]> {
  const { database, writer } = aStore();
  writer.begin();
  for (const id of ['good 1', 'good 2']) add(writer, id);
  writer.commit();
  return contentOf(database);
}

describe('store/call-writer, a fault between the statements of one call', () => {
  it.each(Object.entries(FAULTS))('leaves nothing of the call when %s refuses it', (table, when) => {
    const { database, writer } = aStore();
    database.exec(`CREATE TEMP TRIGGER fault BEFORE INSERT ON ${table} WHEN ${when} BEGIN
      SELECT RAISE(ABORT, 'refused here'); END`);
    writer.begin();
    add(writer, 'good 1');
    expect(() => add(writer, 'bad')).toThrow('refused here');
    add(writer, 'good 2');
    writer.commit();
    expect(contentOf(database)).toEqual(expected());
    const seq = Number(database.prepare(`SELECT seq FROM llm_calls WHERE id = 'good 2'`).get()?.['seq']);
    for (const side of ['request', 'response'] as const)
      expect(Buffer.from(bodyOf(database, seq, side)!.bytes).toString()).toContain('only good 2');
    // Once nothing is in its way, the call can be written after all.
    database.exec('DROP TRIGGER fault');
    writer.begin();
    add(writer, 'bad');
    writer.commit();
    const { requests } = database.prepare('SELECT sum(requests) AS requests FROM totals').get()!;
    expect(Number(requests)).toBe(3);
  });

  it('commits nothing when the rows of a call cannot be taken out again', () => {
    const { database, writer } = aStore();
    database.exec(`CREATE TEMP TRIGGER fault BEFORE INSERT ON call_facets WHEN ${FAULTS.call_facets} BEGIN
      SELECT RAISE(ROLLBACK, 'rolled back'); END`);
    writer.begin();
    add(writer, 'good 1');
    expect(() => add(writer, 'bad')).toThrow('rolled back');
    expect(() => writer.commit()).toThrow('a part of a call');
    writer.rollBack();
    expect(contentOf(database)).toMatchObject({ llm_calls: [], totals: [], blocks: [], facet_names: [] });
    writer.begin();
    for (const id of ['good 1', 'good 2']) add(writer, id);
    writer.commit();
    expect(contentOf(database)).toEqual(expected());
  });
});
