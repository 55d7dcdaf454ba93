import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveFacts, LivePart } from '../../../src/core/live-call.ts';
import { CallWriter } from '../../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { findLeftOvers, LiveCallTables, readLeftOver, type Survivor } from '../../../src/store/live-calls.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { aRecord } from '../../support/captures.ts';
import { connectionInfo } from '../../support/exchanges.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const MINE = { recorder: 'recorder_1', pid: 100 };
const FACTS: LiveFacts = {
  connection: connectionInfo(),
  wall: NOW,
  requestHead: 'POST / HTTP/1.1\r\n\r\n',
  responseHead: null,
  responseHeadAfter: null,
  after: 3.5,
  requestBytes: 7,
  responseBytes: 0,
  dropped: 0,
};
const part = (number: number, text: string): LivePart => ({
  side: 'response',
  part: number,
  bytes: Buffer.from(text),
  after: number,
  seen: text.length,
});

describe('store/live-calls', () => {
  let folder: string;
  let database: Database;
  let tables: LiveCallTables;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'llm-proxy-live-'));
    database = openDatabase(join(folder, 'test.db'));
    migrate(database);
    tables = new LiveCallTables(database);
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  const survivor = (over: Partial<Survivor> = {}): Survivor => ({
    recorder: 'recorder_2',
    pid: 200,
    wall: NOW + 1000,
    isAlive: () => false,
    ...over,
  });

  it('gives back what it kept, parts in their order and each in its last form', () => {
    tables.keep([{ id: 'call_a', facts: FACTS, parts: [part(1, 'one'), part(0, 'zero')] }], MINE, NOW);
    tables.keep([{ id: 'call_a', facts: null, parts: [part(1, 'one, longer')] }], MINE, NOW);
    const found = readLeftOver(database, 'call_a');
    expect(found?.facts).toEqual(FACTS);
    expect(found?.parts.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['zero', 'one, longer']);
  });

  it('forgets a call with the transaction that records it, and not with one that fails', () => {
    const writer = new CallWriter(database);
    writer.live.keep([{ id: 'call_a', facts: FACTS, parts: [part(0, 'x')] }], MINE, NOW);
    const call = { record: aRecord({ id: 'call_a' }), costNanos: null, log: null };
    writer.begin();
    writer.add(call);
    writer.rollBack();
    expect(findLeftOvers(database, survivor()).ids).toEqual(['call_a']);
    writer.write([call]);
    expect(findLeftOvers(database, survivor()).ids).toEqual([]);
    expect(database.prepare('SELECT count(*) AS n FROM live_parts').get()).toEqual({ n: 0 });
  });

  it.each<[string, Partial<Survivor>, boolean]>([
    ['its process is gone', {}, true],
    ['its process lives and said so just now', { isAlive: () => true }, false],
    ['the number of its process is another one by now', { isAlive: () => true, wall: NOW + 40_000 }, true],
    ['the clock was set back since', { isAlive: () => true, wall: NOW - 40_000 }, true],
    ['its process is this one, in another life', { pid: 100, isAlive: () => true }, true],
    ['it is this very recorder', { ...MINE }, false],
  ])('takes over the calls of a recorder when %s: %j %s', (_, over, taken) => {
    tables.keep([{ id: 'call_a', facts: FACTS, parts: [] }], MINE, NOW);
    const { ids, others } = findLeftOvers(database, survivor(over));
    expect(ids).toEqual(taken ? ['call_a'] : []);
    expect(others).toBe(taken || over.recorder === MINE.recorder ? 0 : 1);
  });

  it('leaves nothing behind at its end', () => {
    tables.keep([{ id: 'call_a', facts: FACTS, parts: [part(0, 'x')] }], MINE, NOW);
    tables.end(MINE);
    for (const table of ['live_recorders', 'live_calls', 'live_parts']) {
      expect(database.prepare(`SELECT count(*) AS n FROM ${table}`).get(), table).toEqual({ n: 0 });
    }
  });

  it('reads nothing of what is broken, and drops it when told to', () => {
    tables.keep([{ id: 'call_a', facts: FACTS, parts: [part(0, 'x')] }], MINE, NOW);
    database.exec(`UPDATE live_calls SET facts = '{'`);
    expect(readLeftOver(database, 'call_a')).toBeNull();
    tables.discard('call_a');
    tables.keep([], MINE, NOW);
    expect(findLeftOvers(database, survivor()).ids).toEqual([]);
  });
});
