import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/core/log.ts';
import { takeOver } from '../../../src/recorder/take-over.ts';
import { type Database, openDatabase } from '../../../src/store/driver.ts';
import { LiveCallTables } from '../../../src/store/live-calls.ts';
import { migrate } from '../../../src/store/migrations.ts';
import { connectionInfo } from '../../support/exchanges.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const identity = { recorder: 'recorder_2', pid: 200 };

class Books {
  readonly recovered: string[] = [];
  readonly discarded: string[] = [];
  readonly bad = new Set<string>();
  flushes = 0;

  recover({ id }: { id: string }): Promise<void> {
    if (this.bad.has(id)) return Promise.reject(new Error('bad'));
    this.recovered.push(id);
    return Promise.resolve();
  }

  discard(id: string): void {
    this.discarded.push(id);
  }

  flush(): Promise<void> {
    this.flushes += 1;
    return Promise.resolve();
  }
}

describe('recorder/take-over', () => {
  let database: Database;
  let books: Books;
  beforeEach(() => {
    database = openDatabase(':memory:');
    migrate(database);
    books = new Books();
    const facts = {
      connection: connectionInfo(),
      wall: NOW,
      requestHead: '',
      responseHead: null,
      responseHeadAfter: null,
      after: 0,
      requestBytes: 0,
      responseBytes: 0,
      dropped: 0,
    };
    const tables = new LiveCallTables(database);
    tables.keep(
      ['call_a', 'call_b', 'call_c'].map((id) => ({ id, facts, parts: [] })),
      { recorder: 'recorder_1', pid: 100 },
      NOW,
    );
  });
  afterEach(() => database.close());

  const options = (isAlive: boolean) => ({
    ask: <T>(question: (asked: Database) => T): T => question(database),
    recorder: books,
    log: silentLogger,
    identity,
    isAlive: () => isAlive,
    wall: () => NOW,
    againMs: 1,
  });

  it('records what a dead recorder left, and has it stored when it is done', async () => {
    await takeOver(options(false));
    expect(books.recovered).toEqual(['call_a', 'call_b', 'call_c']);
    expect(books.flushes).toBe(1);
  });

  it('loses no other call to one that cannot be recorded, and tries that one never again', async () => {
    books.bad.add('call_b');
    database.exec(`UPDATE live_calls SET facts = '{' WHERE id = 'call_c'`);
    await takeOver(options(false));
    expect(books.recovered).toEqual(['call_a']);
    expect(books.discarded).toEqual(['call_b', 'call_c']);
  });

  it('asks again about recorders that seem to live', async () => {
    let lives = true;
    await takeOver({ ...options(true), isAlive: () => lives });
    expect(books.recovered).toEqual([]);
    lives = false;
    await vi.waitFor(() => expect(books.recovered).toHaveLength(3));
  });

  it('asks again when the store cannot be asked', async () => {
    let fails = true;
    const ask = <T>(question: (asked: Database) => T): T => {
      if (fails) throw new Error('not open');
      return question(database);
    };
    await takeOver({ ...options(false), ask });
    expect(books.recovered).toEqual([]);
    fails = false;
    await vi.waitFor(() => expect(books.recovered).toHaveLength(3));
  });
});
