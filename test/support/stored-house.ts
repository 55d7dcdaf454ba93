/** A database, log files and session files as the sinks of a recorder write them, for tests of what happens to them later. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach } from 'vitest';
import type { CallRecord, Capture } from '../../src/core/capture.ts';
import type { LifeSettings } from '../../src/core/ports.ts';
import { StoreLife } from '../../src/recorder/store-life.ts';
import { createSinks, type Sinks } from '../../src/sinks/index.ts';
import { cutBody } from '../../src/store/blocks/cut.ts';
import { decodeBlock } from '../../src/store/blocks/encoding.ts';
import type { Database } from '../../src/store/driver.ts';
import { aCapture, aMessage } from './captures.ts';
import { putEmptyDatabase } from './empty-database.ts';
import { type SinkHouse, useSinkHouse } from './sink-house.ts';

export const NO_LIMITS: LifeSettings['retention'] = {
  bodiesMaxAgeDays: 0,
  bodiesMaxTotalBytes: 0,
  recordsMaxAgeDays: 0,
  recordsMaxTotalBytes: 0,
};

export interface StoredHouse extends SinkHouse {
  sinks: Sinks;
  database: string;
  sessionFolder: string;
  /** @param text of the question and, after `re: `, of the answer */
  write(over: Partial<CallRecord>, text: string): void;
  flush(): Promise<void>;
  life(retention?: Partial<LifeSettings['retention']>): StoreLife;
  ask<T>(question: (database: Database) => T): T;
  count(table: string): number;
  /** Files below the folder whose name or bytes hold the word, and `block` where a stored block does. */
  holding(word: string): string[];
}

/** Call it once at the top of a test file. */
export function useStoredHouse(): StoredHouse {
  const house = useSinkHouse() as StoredHouse;
  beforeEach(async () => {
    putEmptyDatabase(house.database);
    house.sessionFolder = join(house.logs, 'sessions');
    house.sinks = createSinks(
      {
        console: null,
        logFiles: { folder: house.logs },
        sessionLog: { folder: house.sessionFolder, machine: 'user@host' },
        sqlite: { path: house.database },
      },
      house.deps(),
    );
    for (const sink of house.sinks.all) await house.opened(sink);
  });
  house.write = (over, text) => {
    const capture = captureOf(over, text);
    for (const sink of house.sinks.all) sink.write(capture);
  };
  house.flush = async () => {
    for (const sink of house.sinks.all) await sink.flush();
  };
  house.life = (retention = {}) => {
    const { log } = house.deps();
    return new StoreLife({
      retention: { ...NO_LIMITS, ...retention },
      sessionFolder: house.sessionFolder,
      path: house.database,
      use: (work) => storeOf(house).use(work),
      // The slices need a clock that goes.
      clock: { now: () => performance.now(), wall: () => house.now },
      log,
    });
  };
  house.ask = (question) => storeOf(house).ask(question);
  house.count = (table) =>
    house.ask((database) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']));
  house.holding = (word) => [
    ...filesWith(house.folder, word),
    ...(house.ask((database) => inBlocks(database, word)) ? ['block'] : []),
  ];
  return house;
}

function storeOf({ sinks }: StoredHouse): NonNullable<Sinks['store']> {
  if (sinks.store === null) throw new Error('there is no database');
  return sinks.store;
}

function captureOf(over: Partial<CallRecord>, text: string): Capture {
  const request = JSON.stringify({ model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: text }] });
  const response = JSON.stringify({ type: 'message', content: [{ type: 'text', text: `re: ${text}` }] });
  return aCapture(over, {
    request: aMessage('POST /v1/messages HTTP/1.1', request),
    response: aMessage('HTTP/1.1 200 OK', response),
    parts: {
      request: cutBody(Buffer.from(request), 'request'),
      response: cutBody(Buffer.from(response), 'document'),
      arrivals: null,
    },
    session: sessionOf(over, text),
  });
}

function sessionOf(
  { id, session_id: session = null, parent_session_id: parent = null }: Partial<CallRecord>,
  text: string,
): Capture['session'] {
  if (session === null) return null;
  const key = `ses_${session}`;
  return {
    session: {
      id: key,
      client_session_id: session,
      parent_session_id: parent === null ? null : `ses_${parent}`,
      title: text.slice(0, 100),
      title_rank: 1,
    },
    edges: [],
    tip: {
      slot: Number((id ?? '').replaceAll(/\D/g, '')) % 7,
      session: key,
      call: id ?? '',
      state: text.slice(0, 100),
    },
  };
}

function filesWith(folder: string, word: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.includes(word) || readFileSync(path).includes(word));
}

function inBlocks(database: Database, word: string): boolean {
  return database
    .prepare('SELECT encoding, data FROM blocks')
    .all()
    .some((row) => Buffer.from(decodeBlock(Number(row['encoding']), row['data'] as Uint8Array)).includes(word));
}
