import { describe, expect, it } from 'vitest';
import { aCall, assistant, aTracker, type Message, toolResult, toolUse, user } from '../../support/conversations.ts';

const TASK = 'Find every place where the parser gives up, and list them.';

const item = (text: string): Message => ({ input: [user(text)] });

describe('session/tracker', () => {
  it('continues a conversation whose request repeats messages and answer', () => {
    const { place } = aTracker();
    const one = aCall({ messages: [user('hi')] }, { text: 'Hello there.' });
    const first = place(one);
    const two = aCall({ messages: [user('hi'), assistant('Hello there. '), user('bye')] }, { text: 'Bye.' });
    const second = place(two);
    expect(second.sessionId).toBe(first.sessionId);
    expect(first.facts).toMatchObject({ follows: null, turn: 1, messages: 1, new_messages: 1, changes: null });
    expect(second.facts).toMatchObject({
      follows: { call: one.id, how: 'continues' },
      turn: 2,
      messages: 3,
      new_messages: 1,
      changes: { parts: [], first_message: null },
    });
    expect(second.part?.edges).toMatchObject([{ from: one.id, to: two.id, type: 'continues' }]);
  });

  it('keeps two conversations with equal first messages apart by their answers', () => {
    const { place } = aTracker();
    const one = place(aCall({ messages: [user('hi')] }, { text: 'Hello.' }));
    const other = place(aCall({ messages: [user('hi')] }, { text: 'Good day.' }));
    expect(other.sessionId).not.toBe(one.sessionId);
    const otherNext = place(aCall({ messages: [user('hi'), assistant('Good day.'), user('x')] }, { text: 'x' }));
    const oneNext = place(aCall({ messages: [user('hi'), assistant('Hello.'), user('x')] }, { text: 'y' }));
    expect([oneNext.sessionId, otherNext.sessionId]).toEqual([one.sessionId, other.sessionId]);
  });

  it('begins a new session in doubt: equal messages, equal answers, one pool of connections', () => {
    const { place } = aTracker();
    const calls = [1, 2, 2].map((connection) =>
      place(aCall({ messages: [user('hi')] }, { text: 'Hello.' }, { connection })),
    );
    const next = place(
      aCall({ messages: [user('hi'), assistant('Hello.'), user('x')] }, { text: 'x' }, { connection: 1 }),
    );
    expect(calls.map(({ sessionId }) => sessionId)).not.toContain(next.sessionId);
    expect(next.facts?.follows).toBeNull();
  });

  it('tells equal conversations of two programs by their connections, and by their runs', () => {
    for (const over of [{ connection: 7 }, { run: 'run_b', connection: 9 }]) {
      const { place } = aTracker();
      place(aCall({ messages: [user('hi')] }, { text: 'Hello.' }, { connection: 5, run: 'run_a' }));
      const mine = place(aCall({ messages: [user('hi')] }, { text: 'Hello.' }, { run: 'run_b', ...over }));
      const next = place(
        aCall({ messages: [user('hi'), assistant('Hello.'), user('x')] }, { text: 'x' }, { run: 'run_b', ...over }),
      );
      expect(next.sessionId).toBe(mine.sessionId);
    }
  });

  it.each([
    ['key', { key: 'k2' }],
    ['program', { client: 'other/1.0' }],
    ['host', { host: 'api.example.com' }],
    ['provider', { provider: 'other' }],
  ])('never goes on from a call with another %s', (_, over) => {
    const { place } = aTracker();
    const first = place(aCall({ messages: [user(TASK)] }, { text: 'Here they are.' }));
    const next = place(aCall({ messages: [user(TASK), assistant('Here they are.'), user('x')] }, { text: 'x' }, over));
    expect(next.sessionId).not.toBe(first.sessionId);
  });

  it('takes the client at its word: same name, same session; other name, other session', () => {
    const { place } = aTracker();
    const first = place(aCall({ messages: [user('a')] }, { text: 'b' }, { clientSession: 's1' }));
    const second = place(aCall({ messages: [user('c')] }, { text: 'd' }, { clientSession: 's1' }));
    const other = place(
      aCall({ messages: [user('a'), assistant('b'), user('x')] }, { text: 'd' }, { clientSession: 's2' }),
    );
    const elsewhere = place(aCall({ messages: [user('a')] }, { text: 'b' }, { clientSession: 's1', host: 'other' }));
    expect([first, second, other, elsewhere].map(({ sessionId }) => sessionId)).toEqual(['s1', 's1', 's2', 's1']);
    const [a, b, c, d] = [first, second, other, elsewhere].map(({ part }) => part?.session.id);
    expect(a).toBe(b);
    expect(new Set([a, c, d]).size).toBe(3);
  });

  it('matches results to the tool calls that asked for them, each once', () => {
    const { place } = aTracker();
    const tools = [{ name: 'Read' }];
    const asked = [toolUse('toolu_000000000001', 'Read'), toolUse('toolu_000000000002', 'Read')];
    const one = aCall(
      { tools, messages: [user(TASK)] },
      { tools: asked.map((tool) => ({ id: String(tool['id']), name: 'Read' })) },
    );
    place(one);
    const results = [toolResult('toolu_000000000001', 'ok'), toolResult('toolu_000000000002', 'no such file', true)];
    const history = [user(TASK), assistant(asked), ...results];
    const two = aCall({ tools, messages: history }, { tools: [{ id: 'toolu_000000000003', name: 'Read' }] });
    const second = place(two);
    expect(second.facts).toMatchObject({
      turn: 2,
      new_messages: 2,
      tool_results: [
        { id: 'toolu_000000000001', name: 'Read', call: one.id, is_error: false },
        { id: 'toolu_000000000002', name: 'Read', call: one.id, is_error: true },
      ],
      tool_errors: 1,
      tool_streak: 2,
      tool_retries: 1,
      session_tool_calls: 3,
    });
    expect(second.part?.edges.map(({ type }) => type)).toEqual(['continues', 'tool_result']);
    const third = place(
      aCall(
        {
          tools,
          messages: [
            ...history,
            assistant([toolUse('toolu_000000000003', 'Read')]),
            toolResult('toolu_000000000003', 'ok'),
          ],
        },
        { text: 'Done.' },
      ),
    );
    expect(third.facts).toMatchObject({
      turn: 3,
      tool_results: [{ id: 'toolu_000000000003', name: 'Read', call: two.id, is_error: false }],
      tool_errors: 0,
      error_recovered: true,
      tool_streak: 0,
      tool_retries: 0,
    });
  });

  it('recognises a retry after a failure, with the turn of what it retries', () => {
    const { place } = aTracker();
    const one = aCall({ messages: [user(TASK)] }, null);
    const first = place(one);
    const again = place(aCall({ messages: [user(TASK)] }, { text: 'Here.' }));
    expect(again.sessionId).toBe(first.sessionId);
    expect(again.facts).toMatchObject({ follows: { call: one.id, how: 'retries' }, turn: 1, new_messages: 0 });
    const next = place(aCall({ messages: [user(TASK), assistant('Here.'), user('go on')] }, { text: 'ok' }));
    expect(next.sessionId).toBe(first.sessionId);
    expect(next.facts?.turn).toBe(2);
  });

  it('does not take the greeting of a stranger for a retry', () => {
    const { place } = aTracker();
    const first = place(aCall({ messages: [user('hi')] }, null));
    expect(place(aCall({ messages: [user('hi')] }, { text: 'Hello.' })).sessionId).not.toBe(first.sessionId);
  });

  it('takes two equal requests that were both answered for two', () => {
    const { place } = aTracker();
    const first = place(aCall({ messages: [user(TASK)] }, { text: 'One.' }));
    expect(place(aCall({ messages: [user(TASK)] }, { text: 'Two.' })).sessionId).not.toBe(first.sessionId);
  });

  it('forks where an earlier message was edited: a session of its own, or the one that the client names', () => {
    for (const clientSession of [null, 's1']) {
      const { place } = aTracker();
      const over = { clientSession };
      const one = aCall({ messages: [user('hi')] }, { text: 'Hello.' }, over);
      const first = place(one);
      const start = [user('hi'), assistant('Hello.')];
      place(aCall({ messages: [...start, user('first try')] }, { text: 'No.' }, over));
      const fork = place(aCall({ messages: [...start, user('second try')] }, { text: 'Yes.' }, over));
      expect(fork.facts?.follows).toEqual({ call: one.id, how: 'forks' });
      if (clientSession === null) {
        expect(fork.sessionId).not.toBe(first.sessionId);
        expect(fork.parentSessionId).toBe(first.sessionId);
      } else expect(fork.sessionId).toBe('s1');
    }
  });

  it('follows a compaction: the summary that was asked for begins the next request', () => {
    for (const clientSession of [null, 's1']) {
      const { place } = aTracker();
      const over = { clientSession };
      const history: Message[] = [user(TASK)];
      const begun = place(aCall({ tools: [], messages: history }, { text: 'One.' }, over));
      for (const text of ['One.', 'Two.']) {
        history.push(assistant(text), user(`and then? ${text}`));
        place(aCall({ tools: [], messages: history }, { text: text === 'One.' ? 'Two.' : 'Three.' }, over));
      }
      history.push(assistant('Three.'), user('Summarise the conversation.'));
      const words = Array.from({ length: 60 }, (_, index) => `point ${index} was settled`).join('; ');
      const summary = aCall(
        { messages: history },
        { text: `<analysis>let me think</analysis>\n<summary>\n${words}\n</summary>` },
        over,
      );
      place(summary);
      const next = place(
        aCall({ messages: [user(`This session is being continued. Summary:\n${words}\n`)] }, { text: 'On.' }, over),
      );
      expect(next.facts?.follows).toEqual({ call: summary.id, how: 'compacts' });
      expect(next.sessionId).toBe(begun.sessionId);
    }
  });

  it('goes on with a history that was edited, and says from where on the cache was lost', () => {
    const { place } = aTracker();
    const ids = [1, 2, 3].map((number) => `toolu_00000000000${number}`);
    const usage = { input_tokens: 9000, cache_read_tokens: 0, cache_write_tokens: 9000 };
    const history: Message[] = [user(TASK)];
    const calls = [];
    for (const id of ids) {
      calls.push(aCall({ messages: [...history] }, { tools: [{ id, name: 'Read' }] }, { usage }));
      history.push(assistant([toolUse(id, 'Read')]), toolResult(id, `content of ${id}`));
    }
    const [first] = calls.map((call) => place(call));
    const edited = history.with(2, toolResult(ids[0] ?? '', '[cleared]'));
    const next = place(aCall({ messages: edited }, { text: 'Done.' }, { usage }));
    expect(next.sessionId).toBe(first?.sessionId);
    expect(next.facts).toMatchObject({
      follows: { call: calls[2]?.id, how: 'continues' },
      turn: 4,
      changes: { parts: ['messages'], first_message: 2, cache_missed_by: 'messages' },
    });
  });

  it.each([
    ['model', { model: 'model-2' }, { model: 'model-2' }],
    ['tools', { tools: [{ name: 'Other' }] }, {}],
    ['system', { system: 'Be long.' }, {}],
  ])('says that another %s is why the cache was not read', (part, body, over) => {
    const { place } = aTracker();
    const usage = { input_tokens: 9000, cache_read_tokens: 0, cache_write_tokens: 9000 };
    const same = { system: 'Be brief.', tools: [{ name: 'One' }] };
    place(aCall({ ...same, messages: [user(TASK)] }, { text: 'One.' }, { usage }));
    const next = place(
      aCall(
        { ...same, ...body, messages: [user(TASK), assistant('One.'), user('on')] },
        { text: 'x' },
        { usage, ...over },
      ),
    );
    expect(next.facts?.changes).toEqual({ parts: [part], first_message: null, cache_missed_by: part });
  });

  it('says expired after five minutes, and nothing when the cache was read', () => {
    const { place } = aTracker();
    const usage = { input_tokens: 9000, cache_read_tokens: 0, cache_write_tokens: 9000 };
    const history = [user(TASK), assistant('One.'), user('on')];
    const one = aCall({ messages: [user(TASK)] }, { text: 'One.' }, { usage });
    place(one);
    const read = { ...usage, cache_read_tokens: 8900 };
    const hit = place(
      aCall(
        { messages: history },
        { text: 'Two.' },
        { usage: read, startedAt: one.endedAt + 60_000, endedAt: one.endedAt + 61_000 },
      ),
    );
    expect(hit.facts?.changes?.cache_missed_by).toBeNull();
    const late = one.endedAt + 60 * 60_000;
    const missed = place(
      aCall(
        { messages: [...history, assistant('Two.'), user('on')] },
        { text: 'x' },
        { usage, startedAt: late, endedAt: late },
      ),
    );
    expect(missed.facts?.changes?.cache_missed_by).toBe('expired');
  });

  it('makes sub-agents child sessions, also those that run in parallel under the same name', () => {
    for (const clientSession of [null, 's1']) {
      const { place } = aTracker();
      const prompts = ['Read the lexer and report its states.', 'Read the printer and report its rules.'];
      const tasks = prompts.map((prompt, index) => ({
        id: `toolu_task0000000${index}`,
        name: 'Task',
        input: { prompt },
      }));
      const over = { clientSession };
      const main = aCall({ tools: [{ name: 'Task' }], messages: [user(TASK)] }, { tools: tasks }, over);
      const parent = place(main);
      const subs = prompts.map((prompt) => {
        const call = aCall(
          {
            messages: [
              user([
                { type: 'text', text: '<system-reminder>x</system-reminder>' },
                { type: 'text', text: prompt },
              ]),
            ],
          },
          { text: `Report on ${prompt}` },
          over,
        );
        return { call, placed: place(call) };
      });
      const sessions = subs.map(({ placed }) => placed.part?.session);
      expect(new Set([...sessions.map((session) => session?.id), parent.part?.session.id]).size).toBe(3);
      for (const { call, placed } of subs) {
        expect(placed.part?.session.parent_session_id).toBe(parent.part?.session.id);
        expect(placed.facts?.follows).toEqual({ call: main.id, how: 'delegates' });
        expect(placed.part?.edges).toMatchObject([{ from: main.id, to: call.id, type: 'delegates' }]);
      }
      const back = place(
        aCall(
          {
            tools: [{ name: 'Task' }],
            messages: [
              user(TASK),
              assistant(tasks.map(({ id, name, input }) => toolUse(id, name, input))),
              user(tasks.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'report' }))),
            ],
          },
          { text: 'Done.' },
          over,
        ),
      );
      expect(back.part?.session.id).toBe(parent.part?.session.id);
      expect(back.part?.edges.filter(({ type }) => type === 'tool_result').map(({ from }) => from)).toEqual([
        main.id,
        ...subs.map(({ call }) => call.id),
      ]);
    }
  });

  it('follows previous_response_id, and names a chain whose beginning was not seen', () => {
    const { place } = aTracker();
    const openai = { provider: 'openai', host: 'api.openai.com' };
    const one = aCall(item('hi'), { text: 'Hello.' }, { ...openai, responseId: 'resp_1' });
    const first = place(one);
    const second = place(
      aCall(item('go on'), { text: 'ok' }, { ...openai, previousResponse: 'resp_1', responseId: 'resp_2' }),
    );
    const third = place(
      aCall(item('go on'), { text: 'ok' }, { ...openai, previousResponse: 'resp_2', responseId: 'resp_3' }),
    );
    expect([second.sessionId, third.sessionId]).toEqual([first.sessionId, first.sessionId]);
    expect(second.facts?.follows).toEqual({ call: one.id, how: 'continues' });
    expect(third.facts?.turn).toBe(3);
    const unseen = [1, 2].map(() =>
      place(aCall(item('more'), { text: 'ok' }, { ...openai, previousResponse: 'resp_0' })),
    );
    expect(unseen[0]?.sessionId).toBe(unseen[1]?.sessionId);
    expect(unseen[0]?.sessionId).not.toBe(first.sessionId);
  });

  it('finds conversations again after a restart', () => {
    const { place, store } = aTracker();
    const one = aCall({ tools: [{ name: 'a' }], messages: [user('hi')] }, { text: 'Hello.' }, { responseId: 'resp_1' });
    const first = place(one);
    const named = place(aCall({ messages: [user('a')] }, { text: 'b' }, { clientSession: 's1' }));
    const { place: placeLater } = aTracker(store);
    const next = placeLater(aCall({ messages: [user('hi'), assistant('Hello.'), user('x')] }, { text: 'y' }));
    expect(next.sessionId).toBe(first.sessionId);
    expect(next.facts).toMatchObject({ turn: 2, follows: { call: one.id, how: 'continues' } });
    expect(next.part?.session.title).toBe('hi');
    const again = placeLater(
      aCall({ messages: [user('a'), assistant('b'), user('c')] }, { text: 'd' }, { clientSession: 's1' }),
    );
    expect(again.part?.session.id).toBe(named.part?.session.id);
    expect(again.facts?.turn).toBe(2);
    const chained = placeLater(aCall({ messages: [user('c')] }, { text: 'd' }, { previousResponse: 'resp_1' }));
    expect(chained.sessionId).toBe(first.sessionId);
  });

  it('keeps 500 interleaved conversations apart', () => {
    const { place } = aTracker();
    const histories = Array.from({ length: 500 }, () => [user('hi')]);
    const sessions = new Map<number, string>();
    for (let turn = 0; turn < 4; turn += 1) {
      for (const [index, history] of histories.entries()) {
        const text = `Answer ${turn} for ${index}.`;
        const placed = place(aCall({ messages: history }, { text }, { connection: index % 7 }));
        expect(placed.sessionId).toBe(turn === 0 ? placed.sessionId : sessions.get(index));
        sessions.set(index, placed.sessionId ?? '');
        history.push(assistant(text), user('and?'));
      }
    }
    expect(new Set(sessions.values()).size).toBe(500);
  });

  it('forgets the oldest, and holds no more than it may', () => {
    const { place, tracker } = aTracker(undefined, { fresh: 16, kept: 8, past: 8 });
    for (let index = 0; index < 400; index += 1) {
      const text = `Answer to ${index}.`;
      place(aCall({ messages: [user(`question ${index}`)] }, { text }));
      if (index % 3 === 0)
        place(aCall({ messages: [user(`question ${index}`), assistant(text), user('on')] }, { text: `More ${index}` }));
    }
    expect(tracker.size).toBeLessThanOrEqual(Math.ceil(32 * 1.125) + 3);
  });
});
