import { Hono } from 'hono';
import { expect, describe, it } from 'vitest';
import { modeRoutes } from '../../../src/admin/mode-routes.ts';
import type { ModeAnswer, ModeState } from '../../../src/core/ports.ts';

const STATE: ModeState = { mode: 'compare', target_url: 'http://t', model: null, guarded: false };

/** The app, and what was asked of the net thread. */
function served(answer: ModeAnswer): { app: Hono; asked: unknown[] } {
  const app = new Hono();
  const asked: unknown[] = [];
  const mode = (change: unknown): Promise<ModeAnswer> => {
    asked.push(change);
    return Promise.resolve(answer);
  };
  modeRoutes(app, { net: { mode } });
  return { app, asked };
}

describe('admin/mode-routes', () => {
  it('tells the mode without a change', async () => {
    const { app, asked } = served({ state: STATE });
    expect(await (await app.request('/api/mode')).json()).toEqual(STATE);
    expect(asked).toEqual([null]);
  });

  it('hands a change on, and gives what came of it', async () => {
    const { app, asked } = served({ state: STATE });
    const answer = await app.request('/api/mode', { method: 'PUT', body: '{"mode":"compare"}' });
    expect([answer.status, await answer.json()]).toEqual([200, STATE]);
    expect(asked).toEqual([{ mode: 'compare' }]);
  });

  it.each([400, 403] as const)('gives a refusal with its status: %i', async (status) => {
    const { app } = served({ refused: { status, type: 'mode_not_allowed', message: 'no' } });
    const answer = await app.request('/api/mode', { method: 'PUT', body: '{"mode":"passthrough"}' });
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error: { type: 'mode_not_allowed', message: 'no' } },
    ]);
  });

  it.each(['', 'null', '{'])('never takes the body %j for a question', async (body) => {
    const { app, asked } = served({ state: STATE });
    await app.request('/api/mode', { method: 'PUT', body });
    expect(asked).toEqual(['no JSON']);
  });
});
