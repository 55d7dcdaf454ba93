import { describe, expect, it } from 'vitest';
import { repriceQueryOf } from '../../../src/admin/calls.ts';
import { type AdminDeps, createAdminApp } from '../../../src/admin/server.ts';
import type { RepriceQuery } from '../../../src/core/ports.ts';

const TOKEN = 't'.repeat(32);

function post(body: unknown, asked: RepriceQuery[]): Promise<Response> {
  const recorder = {
    reprice: (query: RepriceQuery) => {
      asked.push(query);
      return Promise.resolve({ models: [], next_cursor: null });
    },
  };
  // What the route does not touch is not there.
  const app = createAdminApp({
    access: { token: TOKEN, host: '127.0.0.1', allowedHosts: [] },
    recorder: () => recorder,
  } as unknown as AdminDeps);
  const headers = { host: '127.0.0.1', authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return Promise.resolve(app.request('http://127.0.0.1/api/prices/reprice', init));
}

describe('admin/server POST /api/prices/reprice', () => {
  it('asks the recorder, by filters that mean something', async () => {
    const asked: RepriceQuery[] = [];
    const answer = await post({ since: '2026-11-20', provider: 'openai', dry_run: true, cursor: 'abc' }, asked);
    expect(await answer.json()).toEqual({ models: [], next_cursor: null });
    expect(asked).toEqual([{ since: '2026-11-20T00:00:00.000Z', provider: 'openai', dryRun: true, cursor: 'abc' }]);
  });

  it.each([{ since: 'soon' }, { model: 5 }, [], null])('refuses %j', async (body) => {
    const asked: RepriceQuery[] = [];
    expect((await post(body, asked)).status).toBe(400);
    expect(asked).toEqual([]);
  });
});

describe('admin/calls repriceQueryOf', () => {
  it('takes no word for a dry run that might be none', () => {
    expect(repriceQueryOf({})).toEqual({ dryRun: false, cursor: null });
    expect(() => repriceQueryOf({ dry_run: 'yes' })).toThrow(/dry_run/);
  });
});
