import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { Calls } from '../../src/admin/calls.ts';
import type { CallRecord } from '../../src/core/capture.ts';
import { bodiesOf } from '../../src/store/blocks/call-bodies.ts';
import { cutBody } from '../../src/store/blocks/cut.ts';
import { CallWriter } from '../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../src/store/driver.ts';
import { aCapture, aMessage } from './captures.ts';
import { putEmptyDatabase } from './empty-database.ts';

export interface CallStore {
  folder: string;
  database: Database;
  calls: Calls;
  /** A call with these bodies; null = not stored. The answer is a stream. */
  add(over?: Partial<CallRecord>, bodies?: { request?: string | null; response?: string | null }): void;
}

/** A database of calls, new for each test. Call it once at the top of a test file. */
export function useCallStore(): CallStore {
  const store = {
    add(over = {}, { request = null, response = null } = {}) {
      const capture = aCapture(over, {
        request: aMessage('POST /v1/messages HTTP/1.1', null, { headers: [['Content-Type', 'application/json']] }),
        response: aMessage('HTTP/1.1 200 OK', null, { headers: [['Content-Type', 'text/event-stream']] }),
        parts: {
          request: request === null ? null : cutBody(Buffer.from(request), 'request'),
          response: response === null ? null : cutBody(Buffer.from(response), 'stream'),
          arrivals: null,
        },
      });
      const writer = new CallWriter(store.database);
      writer.begin();
      writer.add({ record: capture.record, costNanos: capture.costNanos, log: null }, bodiesOf(capture));
      writer.commit();
    },
  } as CallStore;
  beforeEach(() => {
    store.folder = mkdtempSync(join(tmpdir(), 'llm-proxy-calls-'));
    const file = join(store.folder, 'calls.db');
    putEmptyDatabase(file);
    store.database = openDatabase(file);
    store.calls = new Calls(file);
  });
  afterEach(() => {
    store.calls.close();
    store.database.close();
    rmSync(store.folder, { recursive: true, force: true });
  });
  return store;
}
