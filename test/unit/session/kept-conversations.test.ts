import { describe, expect, it } from 'vitest';
import { aCall, aTracker, user } from '../../support/conversations.ts';

describe('session/tracker', () => {
  it('goes on from the last call of a conversation that the provider keeps, also after a restart', () => {
    const { place, store } = aTracker();
    const kept = { clientSession: 'conv_1', keptConversation: 'conv_1' };
    const tools = [{ name: 'look' }];
    const long = ['a', 'b', 'c', 'd'].map((text) => user(text));
    const one = aCall({ tools, input: long }, { tools: [{ id: 'call_of_a_tool_1', name: 'look' }] }, kept);
    place(one);
    const result = { type: 'function_call_output', call_id: 'call_of_a_tool_1', output: 'ok' };
    const two = aCall({ tools, input: [result] }, { text: 'Seen.' }, kept);
    const second = place(two);
    expect(second.facts).toMatchObject({ follows: { call: one.id, how: 'continues' }, turn: 2, new_messages: 1 });
    expect(second.facts?.tool_results).toMatchObject([{ name: 'look', call: one.id }]);
    const third = aTracker(store).place(aCall({ tools, input: [user('more')] }, { text: 'ok' }, kept));
    expect(third.facts).toMatchObject({ follows: { call: two.id, how: 'continues' }, turn: 3 });
    expect(third.sessionId).toBe('conv_1');
  });

  it('stays with the chain of answers when a request of it failed', () => {
    const { place } = aTracker();
    const one = aCall({ input: 'hi' }, { text: 'Hello.' }, { responseId: 'resp_1' });
    place(one);
    const failed = aCall({ input: 'go' }, null, { previousResponse: 'resp_1' });
    place(failed);
    const other = place(aCall({ input: 'no, this' }, { text: 'ok' }, { previousResponse: 'resp_1' }));
    expect(other.facts?.follows).toEqual({ call: one.id, how: 'continues' });
    const chain = aCall({ input: 'hi' }, { text: 'Hello.' }, { responseId: 'resp_2' });
    const first = place(chain);
    const tried = aCall({ input: 'go' }, null, { previousResponse: 'resp_2' });
    place(tried);
    const again = place(aCall({ input: 'go' }, { text: 'ok' }, { previousResponse: 'resp_2' }));
    expect(again.facts).toMatchObject({ follows: { call: tried.id, how: 'retries' }, turn: 2 });
    expect(again.sessionId).toBe(first.sessionId);
  });
});
