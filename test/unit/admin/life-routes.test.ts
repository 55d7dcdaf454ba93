import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Calls } from '../../../src/admin/calls.ts';
import { lifeRoutes } from '../../../src/admin/life-routes.ts';
import { Live } from '../../../src/admin/live.ts';
import type { PurgeTarget } from '../../../src/core/ports.ts';
import { emptyPurge } from '../../../src/core/purge.ts';
import { aRecord } from '../../support/captures.ts';
import { asking, SearchedStore } from '../../support/searched-store.ts';

const OURS = 'ses_01a1fe4199e8ab1cde92279e101565';
let store: SearchedStore;
let calls: Calls;
let live: Live;
let app: Hono;
let asked: PurgeTarget[];
/** What the recorder would delete. */
let doomed: string[];

beforeEach(() => {
  store = new SearchedStore();
  calls = new Calls(store.db);
  live = new Live(() => {});
  asked = [];
  doomed = [];
  app = new Hono();
  lifeRoutes(app, {
    calls,
    live,
    search: null,
    recorder: () => ({
      prune: () => Promise.reject(new Error('not asked')),
      pin: () => Promise.reject(new Error('not asked')),
      purge: (target) => {
        asked.push(target);
        for (const id of doomed) store.database.prepare('DELETE FROM llm_calls WHERE id = ?').run(id);
        return Promise.resolve(emptyPurge());
      },
    }),
  });
});
afterEach(() => {
  calls.close();
  store.close();
});

const purge = (target: object): Promise<Response> =>
  Promise.resolve(app.request('/api/purge', { method: 'POST', body: JSON.stringify(target) }));

function session(id: string, name: string | null): void {
  const sums = store.database
    .prepare(`SELECT name FROM pragma_table_info('sessions') WHERE type = 'INTEGER' AND name <> 'title_rank'`)
    .all()
    .map((row) => String(row['name']));
  const columns = ['id', 'client_session_id', 'provider', 'host', 'started_at', 'last_call_at', ...sums];
  store.database
    .prepare(
      `INSERT INTO sessions (${columns.join(', ')}) VALUES (?, ?, 'p', 'h', '2026', '2026'${', 0'.repeat(sums.length)})`,
    )
    .run(id, name);
}

describe('admin/life-routes', () => {
  it('sends no call that was purged to those who come back, sub-agents included', async () => {
    for (const id of ['call_1', 'call_2', 'call_3']) {
      store.add(asking(id), null, { id, session_id: id === 'call_3' ? 'other' : 'theirs' });
      live.push(aRecord({ id, session_id: id === 'call_2' ? 'of the agent' : 'theirs' }));
    }
    doomed = ['call_1', 'call_2'];
    expect((await purge({ session: OURS })).status).toBe(200);
    const seen: string[] = [];
    live.subscribe(0, (event) => {
      if (event.event === 'call') seen.push(event.data.id);
    });
    expect(seen).toEqual(['call_3']);
  });

  it('takes the beginning of our name for a session, and leaves names of clients as they are', async () => {
    session(OURS, null);
    // Also one whose name stands somewhere in ours.
    session('ses_99ab1c', '9');
    for (const given of ['01a1fe4199', 'ses_01a1', '9', 'nobody']) await purge({ session: given });
    expect(asked.map(({ id }) => id)).toEqual([OURS, OURS, '9', 'nobody']);
  });
});
