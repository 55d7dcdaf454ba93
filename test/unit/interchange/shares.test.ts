import { describe, expect, it } from 'vitest';
import { readConversation } from '../../../src/interchange/conversation/request.ts';
import { shareOut, type Shares } from '../../../src/interchange/conversation/shares.ts';
import { answerView, ViewBuilder } from '../../../src/interchange/conversation/view.ts';

const NO_USAGE = { input_tokens: null, output_tokens: null, reasoning_tokens: null };

function shared(
  body: unknown,
  usage: Partial<typeof NO_USAGE> | Record<string, number>,
  newFrom = 0,
): [ViewBuilder, Shares] {
  const view = new ViewBuilder();
  readConversation(body, view);
  return [
    view,
    shareOut({ messages: view.messages, tools: view.tools, answer: null, newFrom }, { ...NO_USAGE, ...usage }),
  ];
}

const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };

describe('interchange/conversation/shares', () => {
  it('gives each text its share of what the provider counted, by its length', () => {
    const [view, shares] = shared(
      {
        system: 'x'.repeat(100),
        messages: [
          { role: 'user', content: 'y'.repeat(200) },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'ab', input: '{"a":1}x' }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'z'.repeat(90) }] },
        ],
      },
      { input_tokens: 800 },
      2,
    );
    expect(shares).toMatchObject({
      input: { system: 200, user: 400, tool_calls: 20, tool_results: 180, tools: 0, media: 0 },
      new: 200,
      output: null,
    });
    expect(view.messages.map(({ tokens }) => tokens)).toEqual([200, 400, 20, 180]);
  });

  it('gives pictures what the texts leave', () => {
    const body = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(1000) }, IMAGE, IMAGE] }],
    };
    const [view, shares] = shared(body, { input_tokens: 3270 });
    expect(shares.input).toMatchObject({ user: 270, media: 3000 });
    expect(view.messages[0]?.parts.map(({ tokens }) => tokens)).toEqual([270, 1500, 1500]);
  });

  it('counts pictures in results of tools as pictures', () => {
    const content = [{ type: 'text', text: 'x'.repeat(100) }, IMAGE];
    const body = { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content }] }] };
    const [view, shares] = shared(body, { input_tokens: 1027 });
    expect(shares.input).toMatchObject({ tool_results: 27, media: 1000 });
    expect(view.messages[0]?.tokens).toBe(1027);
  });

  it('says nothing where nothing was stated', () => {
    const [view, shares] = shared({ messages: [{ role: 'user', content: 'Hi' }] }, {});
    expect(shares).toEqual({ input: null, new: null, output: null });
    expect(view.messages[0]?.tokens).toBeNull();
  });

  it('gives thoughts the reasoning that is stated, however little of it can be read', () => {
    const answer = answerView({
      text: 'x'.repeat(30),
      thinking: 'y',
      toolCalls: [{ id: 'a', name: 'zz', input: '12345678' }],
    });
    const view = { messages: [], tools: [], answer, newFrom: null };
    expect(shareOut(view, { input_tokens: null, output_tokens: 140, reasoning_tokens: 100 })).toEqual({
      input: null,
      new: null,
      output: { text: 30, thinking: 100, tool_calls: 10 },
    });
    expect(shareOut(view, { input_tokens: null, output_tokens: 41, reasoning_tokens: null }).output).toEqual({
      text: 30,
      thinking: 1,
      tool_calls: 10,
    });
  });
});
