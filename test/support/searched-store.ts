import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '../../src/core/capture.ts';
import { bodiesOf } from '../../src/store/blocks/call-bodies.ts';
import { type BodyForm, cutBody } from '../../src/store/blocks/cut.ts';
import { removeBodies } from '../../src/store/blocks/remove.ts';
import { CallWriter } from '../../src/store/call-writer.ts';
import { type Database, openDatabase } from '../../src/store/driver.ts';
import { aCapture } from './captures.ts';
import { putEmptyDatabase } from './empty-database.ts';

/** A database in a folder of its own, written as the recorder does. */
export class SearchedStore {
  readonly folder = mkdtempSync(join(tmpdir(), 'llm-proxy-search-'));
  readonly db = join(this.folder, 'llm-proxy.db');
  readonly indexFile = join(this.folder, 'search.db');
  readonly database: Database;
  readonly writer: CallWriter;
  #calls = 0;

  constructor() {
    putEmptyDatabase(this.db);
    this.database = openDatabase(this.db);
    this.writer = new CallWriter(this.database);
  }

  /** One call; null = that body was not kept. @returns its number */
  add(
    request: string | null,
    response: string | null,
    over: Partial<CallRecord> = {},
    form: BodyForm = 'document',
  ): number {
    this.writer.begin();
    const seq = this.addOpen(request, response, over, form);
    this.writer.commit();
    return seq;
  }

  /** Into the open transaction. */
  addOpen(
    request: string | null,
    response: string | null,
    over: Partial<CallRecord> = {},
    form: BodyForm = 'document',
  ): number {
    this.#calls += 1;
    const id = `call_${String(this.#calls).padStart(6, '0')}`;
    const started = new Date(Date.parse('2026-11-21T10:00:00.000Z') + this.#calls * 1000).toISOString();
    const capture = aCapture(
      { id, started_at: started, ...over },
      {
        parts: {
          request: request === null ? null : cutBody(Buffer.from(request), 'request'),
          response: response === null ? null : cutBody(Buffer.from(response), form),
          arrivals: null,
        },
      },
    );
    this.writer.add({ record: capture.record, costNanos: capture.costNanos, log: null }, bodiesOf(capture));
    return Number(this.database.prepare('SELECT seq FROM llm_calls WHERE id = ?').get(capture.record.id)?.['seq']);
  }

  /** As retention does. */
  remove(...calls: readonly number[]): void {
    this.database.exec('BEGIN IMMEDIATE');
    removeBodies(this.database, calls);
    for (const call of calls) this.database.prepare('DELETE FROM llm_calls WHERE seq = ?').run(call);
    this.database.exec('COMMIT');
    this.writer.blocks.forget();
  }

  close(): void {
    this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A request of the Messages API. */
export function asking(...texts: readonly string[]): string {
  const messages = texts.map((text, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: text }));
  return JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 100, messages });
}

/** An answer of it. */
export function answering(text: string): string {
  return JSON.stringify({ id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'text', text }] });
}

/** The same, streamed in pieces of a few characters. */
export function streaming(text: string, size = 3): string {
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
  return pieces
    .map((piece) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }))
    .map((event) => `event: content_block_delta\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}
