import { describe, expect, it } from 'vitest';
import { aCall, aTracker, type Message, user } from '../../support/conversations.ts';

const item = (text: string): Message => ({ input: [user(text)] });

describe('session/states', () => {
  it('says no title again that was purged from the store, and gives the next calls their place all the same', () => {
    const { tracker, place, store } = aTracker();
    const openai = { provider: 'openai', host: 'api.openai.com' };
    const first = place(aCall(item('my secret plan'), { text: 'a' }, { ...openai, responseId: 'resp_1' }));
    expect(first.part?.session.title).toBe('my secret plan');
    const id = first.part?.session.id ?? '';
    const stored = store.sessions.get(id);
    if (stored !== undefined)
      store.sessions.set(id, { ...stored, facts: { ...stored.facts, title: null, title_rank: 1000 } });
    tracker.forgetTitles();
    const next = place(aCall(item('go on'), { text: 'b' }, { ...openai, previousResponse: 'resp_1' }));
    expect(next.part?.session).toMatchObject({ id, title: null });
    expect(next.facts?.turn).toBe(2);
  });
});
