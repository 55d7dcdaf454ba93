import { describe, expect, it } from 'vitest';
import { readMessage } from '../../../src/session/message.ts';
import type { ReadMessage } from '../../../src/session/scanned-message.ts';

const read = (value: unknown): ReadMessage => readMessage(Buffer.from(JSON.stringify(value)));

describe('session/message', () => {
  it.each<[string, unknown]>([
    [
      'chat',
      { role: 'assistant', content: 'Ok.', tool_calls: [{ id: 'id-1', function: { name: 'f', arguments: '{}' } }] },
    ],
    [
      'Anthropic',
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Ok.' },
          { type: 'tool_use', id: 'id-1', name: 'f', input: {} },
        ],
      },
    ],
    [
      'Bedrock Converse',
      { role: 'assistant', content: [{ text: 'Ok.' }, { toolUse: { toolUseId: 'id-1', name: 'f', input: {} } }] },
    ],
    [
      'Gemini',
      {
        role: 'model',
        parts: [{ text: 'thought', thought: true }, { text: 'Ok.' }, { functionCall: { id: 'id-1', name: 'f' } }],
      },
    ],
  ])('reads text and tool calls of the model in the dialect of %s', (_, message) => {
    expect(read(message)).toEqual({
      isModel: true,
      isUser: false,
      texts: ['Ok.'],
      toolCalls: [{ id: 'id-1', name: 'f' }],
      toolResults: [],
    });
  });

  it('takes a call of Gemini that is repeated as it was streamed for one', () => {
    const pieces = [{ name: 'f', willContinue: true }, { partialArgs: [], willContinue: true }, {}];
    expect(read({ role: 'model', parts: pieces.map((functionCall) => ({ functionCall })) }).toolCalls).toEqual([
      { id: null, name: 'f' },
    ]);
  });

  it('reads the items of the Responses API', () => {
    expect(read({ type: 'function_call', call_id: 'call_1', id: 'fc_1', name: 'f', arguments: '{}' })).toMatchObject({
      isModel: true,
      toolCalls: [{ id: 'call_1', name: 'f' }],
    });
    expect(read({ type: 'reasoning', summary: [] }).isModel).toBe(true);
    expect(read({ type: 'function_call_output', call_id: 'call_1', output: 'x' })).toMatchObject({
      isModel: false,
      isUser: true,
      toolResults: [{ id: 'call_1', name: null, isError: null }],
    });
    expect(read('hi')).toMatchObject({ isUser: true, texts: ['hi'] });
  });

  it.each<[string, unknown, ReadMessage['toolResults'][number]]>([
    ['chat', { role: 'tool', tool_call_id: 'id-1', content: 'x' }, { id: 'id-1', name: null, isError: null }],
    [
      'Anthropic',
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'id-1', content: 'x' }] },
      { id: 'id-1', name: null, isError: false },
    ],
    [
      'Anthropic, an error',
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'id-1', is_error: true }] },
      { id: 'id-1', name: null, isError: true },
    ],
    [
      'Bedrock Converse',
      { role: 'user', content: [{ toolResult: { toolUseId: 'id-1', status: 'error' } }] },
      { id: 'id-1', name: null, isError: true },
    ],
    [
      'Gemini',
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { error: 'no' } } }] },
      { id: null, name: 'f', isError: true },
    ],
    [
      'Gemini, by older libraries',
      { role: 'function', parts: [{ functionResponse: { name: 'f', response: { error: 'no' } } }] },
      { id: null, name: 'f', isError: true },
    ],
    ['Ollama', { role: 'tool', tool_name: 'f', content: 'x' }, { id: null, name: 'f', isError: null }],
  ])('reads the result of a tool in the dialect of %s', (_, message, result) => {
    expect(read(message)).toMatchObject({ isModel: false, isUser: true, toolResults: [result] });
  });

  it('looks for the ids of a message that is too long to be parsed', () => {
    const image = { type: 'image', data: 'A'.repeat(100_000) };
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true, content: [image] };
    expect(read({ role: 'user', content: [result, { type: 'text', text: 'Look: "ä"' }] })).toMatchObject({
      isUser: true,
      toolResults: [{ id: 'toolu_1', isError: true }],
      texts: ['Look: "ä"'],
    });
    const call = { type: 'tool_use', id: 'toolu_2', name: 'f', input: { text: 'x'.repeat(100_000) } };
    expect(read({ role: 'assistant', content: [call] })).toMatchObject({
      isModel: true,
      toolCalls: [{ id: 'toolu_2' }],
    });
  });

  it.each(['', '{', 'null', '[]', '1', '{"role":5,"content":{"a":[]}}', '{"content":[null,1,[[]]]}'])(
    'reads nothing out of %j, and does not throw',
    (text) => {
      expect(readMessage(Buffer.from(text))).toMatchObject({
        isModel: false,
        texts: [],
        toolCalls: [],
        toolResults: [],
      });
    },
  );
});
