import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSqliteSink, type SqliteSink } from '../../../src/sinks/sqlite.ts';
import { cutBody } from '../../../src/store/blocks/cut.ts';
import { bodyOf } from '../../../src/store/blocks/read.ts';
import { type Database, openDatabase, type Statement } from '../../../src/store/driver.ts';
import { listCalls, loadTotals } from '../../../src/store/queries.ts';
import { leastOf } from '../../support/async.ts';
import { aCapture } from '../../support/captures.ts';
import { useSinkHouse } from '../../support/sink-house.ts';

const house = useSinkHouse();
const sqlite = (): Promise<SqliteSink> => house.opened(createSqliteSink({ path: house.database }, null, house.deps()));

function storedRequests(): number | undefined {
  const database = openDatabase(house.database, { readOnly: true });
  const { models } = loadTotals(database);
  database.close();
  return models[0]?.requests;
}

describe('sinks/sqlite', () => {
  it('stores calls and totals, and goes on counting in the next life', async () => {
    const first = await sqlite();
    for (let index = 0; index < 450; index += 1) first.write(aCapture({ id: `call_${index}` }));
    await first.flush();
    expect(storedRequests()).toBe(450);
    await house.closeAll();
    const second = await sqlite();
    second.write(aCapture({ id: 'again' }));
    await second.flush();
    expect(storedRequests()).toBe(451);
  });

  it('stores what calls sent and got, unless bodies are off', async () => {
    const canary = 'a sentence that stands in one body only';
    const parts = { request: cutBody(Buffer.from(canary), 'request'), response: null, arrivals: null };
    for (const bodies of [false, true]) {
      const sink = await house.opened(createSqliteSink({ path: house.database, bodies }, null, house.deps()));
      expect(sink.live.takesBodies).toBe(bodies);
      sink.write(aCapture({ id: `call_${bodies}` }, { parts }));
      await house.closeAll();
      expect(readFileSync(house.database).includes(canary)).toBe(bodies);
    }
    const database = openDatabase(house.database, { readOnly: true });
    expect([1, 2].map((call) => bodyOf(database, call, 'request')?.bytes.length)).toEqual([undefined, canary.length]);
    database.close();
  });

  it('describes a request by the one before it, also while calls in flight are kept beside them', async () => {
    const sink = await sqlite();
    const messages = Array.from({ length: 20 }, (_, turn) => ({ role: 'user', content: `${turn} `.repeat(600) }));
    for (const turns of [10, 11, 12]) {
      const body = Buffer.from(JSON.stringify({ messages: messages.slice(0, turns) }));
      const parts = { request: cutBody(body, 'request'), response: null, arrivals: null };
      sink.write(aCapture({ id: `call_${turns}` }, { parts }));
      await sink.flush();
      expect(sink.live.keep([{ id: `live_${turns}`, facts: null, parts: [] }])).toBe(true);
    }
    const database = openDatabase(house.database, { readOnly: true });
    const lists = database.prepare('SELECT base FROM call_blocks WHERE side = 0 ORDER BY call').all();
    expect(lists.map(({ base }) => base)).toEqual([null, 1, 2]);
    database.close();
  });

  it('commits by itself within a moment', async () => {
    const sink = await sqlite();
    sink.write(aCapture());
    await expect.poll(storedRequests, { interval: 10 }).toBe(1);
  });

  it('commits at once what somebody waits for, all calls of one turn together, and answers each', async () => {
    const sink = await sqlite();
    const answers: [number, boolean][] = [];
    sink.write(aCapture({ id: 'earlier' }));
    for (const index of [1, 2, 3])
      sink.write(aCapture({ id: `call_${index}` }), (is) => void answers.push([index, is]));
    expect(answers).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    expect(storedRequests()).toBe(4);
  });

  it('answers for a call that SQLite refuses, and for those that a full disk takes', async () => {
    const held: Database[] = [];
    const open = (path: string): Database => {
      const database = openDatabase(path);
      held.push(database);
      return database;
    };
    const sink = await house.opened(createSqliteSink({ path: house.database, open }, null, house.deps()));
    const answers: boolean[] = [];
    const heard = (stored: boolean): void => void answers.push(stored);
    sink.write(aCapture({ id: 'bad', host: {} as string }), heard);
    sink.write(aCapture({ id: 'good' }), heard);
    await sink.flush();
    expect(answers).toEqual([false, true]);
    held[0]?.exec('PRAGMA max_page_count = 1');
    const large = 'x'.repeat(100_000);
    for (const id of ['a', 'b']) sink.write(aCapture({ id, path: large }), heard);
    await sink.flush();
    expect(answers.slice(2)).toEqual([false, false]);
  });

  it('tries again soon for whoever waits while another program holds the database', async () => {
    const options = { path: house.database, isAwaited: true };
    const sink = await house.opened(createSqliteSink(options, null, house.deps()));
    const other = openDatabase(house.database);
    const heardAfter = await leastOf(400, async () => {
      other.exec('BEGIN EXCLUSIVE');
      const answers: boolean[] = [];
      sink.write(aCapture({ id: `call_${performance.now()}` }), (stored) => void answers.push(stored));
      await sink.flush();
      expect(answers).toEqual([]);
      other.exec('ROLLBACK');
      const began = performance.now();
      await expect.poll(() => answers, { interval: 5 }).toEqual([true]);
      return performance.now() - began;
    });
    // The pause for those whom nobody waits for is 500 ms.
    expect(heardAfter).toBeLessThan(400);
    other.close();
  });

  it('loses no other call to one that SQLite refuses', async () => {
    const sink = await sqlite();
    for (let index = 0; index < 40; index += 1) {
      sink.write(aCapture({ id: `call_${index}`, ...(index % 20 === 5 ? { host: {} as string } : {}) }));
    }
    await sink.flush();
    expect(storedRequests()).toBe(38);
    expect(house.counters.get('dropped', 'reason="row_refused",sink="sqlite"')).toBe(2);
  });

  it('lets other programs write between two turns of the loop, however many calls come', async () => {
    const sink = await sqlite();
    const other = openDatabase(house.database, { busyTimeoutMs: 0 });
    for (let turn = 0; turn < 3; turn += 1) {
      for (let index = 0; index < 100; index += 1) sink.write(aCapture({ id: `call_${turn}_${index}` }));
      await new Promise((resolve) => setImmediate(resolve));
      other.exec('BEGIN IMMEDIATE; ROLLBACK');
    }
    other.close();
    await sink.flush();
    expect(storedRequests()).toBe(300);
  });

  it('waits in memory while another program holds the database, then writes all', async () => {
    const sink = await sqlite();
    const other = openDatabase(house.database);
    other.exec('BEGIN EXCLUSIVE');
    sink.write(aCapture({ id: 'a' }));
    const began = performance.now();
    await sink.flush();
    // A connection that waits as others do would take 5 s.
    expect(performance.now() - began).toBeLessThan(4000);
    sink.write(aCapture({ id: 'b' }));
    other.exec('ROLLBACK');
    await expect.poll(() => listCalls(other, {}, 10).calls.map(({ id }) => id)).toEqual(['b', 'a']);
    other.close();
    expect(house.dropped('sqlite')).toBe(0);
  });

  it('loses nothing at its end to another program that holds the database for a moment', async () => {
    const sink = await sqlite();
    const other = openDatabase(house.database);
    other.exec('BEGIN EXCLUSIVE');
    sink.write(aCapture({ id: 'a' }));
    await sink.flush();
    const closed = house.closeAll();
    await new Promise((resolve) => setImmediate(resolve));
    other.exec('ROLLBACK');
    await closed;
    expect(listCalls(other, {}, 10).calls.map(({ id }) => id)).toEqual(['a']);
    expect(house.dropped('sqlite')).toBe(0);
    other.close();
  });

  it('begins again after a disk that failed between the beginning of a transaction and its first row', async () => {
    let isFailing = false;
    const open = (path: string): Database => {
      const database = openDatabase(path);
      const prepare = (sql: string): Statement => {
        const statement = database.prepare(sql);
        if (sql !== 'PRAGMA data_version') return statement;
        const get = (): ReturnType<Statement['get']> => {
          if (isFailing) throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
          return statement.get();
        };
        return { run: () => statement.run(), all: () => statement.all(), iterate: () => statement.iterate(), get };
      };
      return { exec: (sql) => database.exec(sql), close: () => database.close(), prepare };
    };
    const sink = await house.opened(createSqliteSink({ path: house.database, open }, null, house.deps()));
    isFailing = true;
    sink.write(aCapture());
    await sink.flush();
    isFailing = false;
    await sink.flush();
    expect(storedRequests()).toBe(1);
    expect(house.dropped('sqlite')).toBe(0);
  });

  it('counts what a full disk takes, warns once, and recovers', async () => {
    const held: Database[] = [];
    const open = (path: string): Database => {
      const database = openDatabase(path);
      held.push(database);
      return database;
    };
    const sink = await house.opened(createSqliteSink({ path: house.database, open }, null, house.deps()));
    sink.write(aCapture({ id: 'before' }));
    await sink.flush();
    // SQLite's own way to have a disk that is full: no page more than now.
    held[0]?.exec('PRAGMA max_page_count = 1');
    for (let index = 0; index < 3; index += 1) {
      for (let call = 0; call < 50; call += 1)
        sink.write(aCapture({ id: `lost_${index}_${call}`, agent: 'x'.repeat(5000) }));
      await sink.flush();
    }
    expect(house.counters.get('dropped', 'reason="disk_full",sink="sqlite"')).toBe(150);
    expect(house.warnings).toHaveLength(1);
    held[0]?.exec('PRAGMA max_page_count = 1000000');
    sink.write(aCapture({ id: 'after' }));
    await sink.flush();
    expect(storedRequests()).toBe(2);
  });

  it('keeps calls in memory while its folder is gone, says so once, and writes them when it is back', async () => {
    const sink = await sqlite();
    const folder = dirname(house.database);
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, '');
    for (const id of ['a', 'b', 'c']) {
      house.now += 1000;
      sink.write(aCapture({ id }));
      await sink.flush();
    }
    expect(house.warnings.filter((fields) => 'error' in fields)).toEqual([
      { file: house.database, error: expect.stringContaining('ENOTDIR') },
    ]);
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
    await sink.flush();
    expect(storedRequests()).toBe(3);
    expect(house.dropped('sqlite')).toBe(0);
  });

  it('refuses a file that is no database when it opens, with a clear line', () => {
    mkdirSync(dirname(house.database));
    writeFileSync(house.database, 'this is no database, but it is long enough to be taken for one'.repeat(20));
    expect(() => createSqliteSink({ path: house.database }, null, house.deps()).open()).toThrow(/not a database/);
  });

  it('ends the trace of a run that has ended, after its queued calls', async () => {
    const sink = await sqlite();
    sink.write(aCapture({ run_id: 'run_1' }));
    sink.endTrace('run_1');
    await sink.flush();
    const reader = openDatabase(house.database, { readOnly: true });
    await expect.poll(() => reader.prepare('SELECT status FROM traces').get()?.['status']).toBe('completed');
    reader.close();
  });

  it('ends at its start what an earlier life left running', async () => {
    const first = await sqlite();
    first.write(aCapture({ session_id: 's', started_at: '2026-11-20T00:00:00.000Z' }));
    await house.closeAll();
    expect(first.name).toBe('sqlite');
    await sqlite();
    const reader = openDatabase(house.database, { readOnly: true });
    expect(reader.prepare('SELECT status, ended_at FROM traces').get()).toMatchObject({
      status: 'completed',
      ended_at: '2026-11-20T00:00:00.000Z',
    });
    reader.close();
  });
});
