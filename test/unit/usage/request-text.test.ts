import { describe, expect, it } from 'vitest';
import { requestText } from '../../../src/usage/request-text.ts';
import { expectLinearTime } from '../../support/growth.ts';

function spoken(body: object): string[] | undefined {
  return requestText(JSON.stringify(body))?.spoken;
}

describe('usage/request-text', () => {
  it.each<[string, object, string[]]>([
    [
      'OpenAI chat',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'user', content: [{ type: 'text', text: 'b' }] },
        ],
      },
      ['a', 'b'],
    ],
    [
      'Responses',
      { instructions: 'i', input: [{ role: 'user', content: [{ type: 'input_text', text: 'a' }] }] },
      ['i', 'a'],
    ],
    ['Responses with a plain input', { input: 'a' }, ['a']],
    ['Anthropic', { system: [{ type: 'text', text: 's' }], messages: [{ role: 'user', content: 'a' }] }, ['s', 'a']],
    [
      'Gemini',
      { systemInstruction: { parts: [{ text: 's' }] }, contents: [{ parts: [{ text: 'a' }, { text: 'b' }] }] },
      ['s', 'a', 'b'],
    ],
    ['Code Assist', { model: 'm', request: { contents: [{ parts: [{ text: 'a' }] }] } }, ['a']],
    ['DashScope', { model: 'm', input: { messages: [{ role: 'user', content: 'a' }] } }, ['a']],
    ['a text completion', { prompt: ['a', 'b'], suffix: 'c' }, ['a', 'b', 'c']],
    ['embeddings', { input: ['a', 'b'] }, ['a', 'b']],
    ['Cohere v1', { preamble: 'p', message: 'a', chat_history: [{ role: 'USER', message: 'b' }] }, ['p', 'b', 'a']],
  ])('finds what a model reads in %s', (_, body, expected) => {
    expect(spoken(body)).toEqual(expected);
  });

  it('reads tools and schemas as JSON, and calls and results of tools as well', () => {
    const tools = [{ name: 'look', input_schema: { type: 'object' } }];
    const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'door' } };
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'open' }] };
    const messages = [
      { role: 'assistant', content: [call] },
      { role: 'user', content: [result] },
    ];
    expect(requestText(JSON.stringify({ tools, messages }))).toEqual({
      spoken: ['{"at":"door"}', 'open'],
      tools: [JSON.stringify(tools)],
      messages: 2,
      choices: 1,
    });
  });

  it.each<[string, object]>([
    ['an image by URL', { type: 'image_url', image_url: { url: 'https://host/cat.png' } }],
    ['an image in base64', { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo' } }],
    ['a data URL in an unknown place', { picture: 'data:image/png;base64,iVBORw0KGgo' }],
    ['inline data of Gemini', { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo' } }],
    ['audio', { type: 'input_audio', input_audio: { format: 'wav', data: 'UklGRg' } }],
    ['a signature', { type: 'thinking', thinking: '', signature: 'EqQBCgIYAhIM' }],
  ])('does not take %s for text', (_, part) => {
    expect(spoken({ messages: [{ role: 'user', content: [part] }] })).toEqual([]);
  });

  it.each(['previous_response_id', 'conversation', 'cachedContent'])('knows nothing when %s holds the rest', (key) => {
    expect(requestText(JSON.stringify({ input: 'a', [key]: 'x_1' }))).toBeNull();
    expect(requestText(JSON.stringify({ input: 'a', [key]: null }))).not.toBeNull();
  });

  it.each(['', '{', '[]', '"text"', 'null', '12'])('knows nothing of the body %j', (body) => {
    expect(requestText(body)).toBeNull();
  });

  it.each([
    [3, 3],
    [0, 1],
    [-1, 1],
    [1.5, 1],
    [1e9, 1],
    ['2', 1],
  ])('takes n=%j for %i answers', (n, choices) => {
    expect(requestText(JSON.stringify({ prompt: 'a', n }))?.choices).toBe(choices);
  });

  it('reads a body that is nested deeper than the stack', () => {
    const depth = 5000;
    expect(requestText(`{"messages":${'['.repeat(depth)}"a"${']'.repeat(depth)}}`)?.spoken).toEqual(['a']);
  });

  it('takes time in proportion to the messages', async () => {
    await expectLinearTime((count) => {
      const messages = Array.from({ length: count }, () => ({ role: 'user', content: 'hello there' }));
      const body = JSON.stringify({ messages });
      return () => requestText(body);
    }, 20_000);
  });
});
